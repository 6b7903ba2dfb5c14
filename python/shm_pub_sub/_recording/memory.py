"""Memory of the last values, for snapshots: packed, so that the ring's views are not kept."""

from __future__ import annotations

import struct
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .clock import Offsets

if TYPE_CHECKING:
    from .clock import Step
    from .taken import Source

Value = tuple[Any, int, int, Any]
"""Source, sequence, CLOCK_MONOTONIC in ns, value."""

BLOCK = 1 << 20
"""Bytes of a block; a value of LARGE bytes has one of its own."""
LARGE = 1 << 16
SPARE = 8
"""A part of the memory, this fraction at most, is buffers to be used again: the first use of a new
one costs more than the copy."""
BATCH = 1000
"""Values of a block that are unpacked at a time."""

# Number of the source, sequence, time, and the value's length or its type, then the value.
_head = struct.Struct("<IQqq")
_NUMBERS: dict[type, tuple[int, struct.Struct]] = {
    float: (-1, struct.Struct("<IQqqd")),
    int: (-2, struct.Struct("<IQqqq")),
    bool: (-3, struct.Struct("<IQqq?")),
}
_number = {-1: struct.Struct("<d"), -2: struct.Struct("<q"), -3: struct.Struct("<?")}


class Block:
    """Values that came one after the other, with one clock."""

    __slots__ = (
        "_numbers",
        "buffer",
        "end",
        "first_ns",
        "last_ns",
        "offsets",
        "sources",
        "step",
        "uses",
        "view",
    )

    def __init__(self, buffer: bytearray, offsets: Offsets) -> None:
        self.buffer, self.view, self.offsets = buffer, memoryview(buffer), offsets
        self.step: Step | None = None
        """What happened to the clock since the block before."""
        self.end = 0
        self.first_ns, self.last_ns = 1 << 62, -(1 << 62)
        self.sources: list[Source] = []
        self._numbers: dict[Source, int] = {}
        self.uses = 1
        """Of the memory, and of the snapshots that have it."""

    def put(self, value: Value, kind: type, length: int) -> None:
        """Add a value; there is room for it. length: of its bytes; 0 for a number."""
        source, sequence, time_ns, content = value
        number = self._numbers.get(source)
        if number is None:
            number = self._numbers[source] = len(self.sources)
            self.sources.append(source)
        place = self.end
        if kind in _NUMBERS:
            code, packer = _NUMBERS[kind]
            packer.pack_into(self.view, place, number, sequence, time_ns, code, content)
            self.end = place + packer.size
        else:
            _head.pack_into(self.view, place, number, sequence, time_ns, length)
            place += _head.size
            self.end = place + length
            self.view[place : self.end] = content
        if time_ns < self.first_ns:
            self.first_ns = time_ns
        if time_ns > self.last_ns:
            self.last_ns = time_ns

    def values(self, start_ns: int, end_ns: int) -> Iterator[list[Value]]:
        """Return its values with start_ns < time <= end_ns. Others than numbers are views of it."""
        data, place, found = self.view.toreadonly(), 0, []
        while place < self.end:
            number, sequence, time_ns, length = _head.unpack_from(data, place)
            place += _head.size
            value: Any
            if length >= 0:
                value = data[place : place + length]
                place += length
            else:
                kind = _number[length]
                (value,) = kind.unpack_from(data, place)
                place += kind.size
            if start_ns < time_ns <= end_ns:
                found.append((self.sources[number], sequence, time_ns, value))
                if len(found) >= BATCH:
                    yield found
                    found = []
        if found:
            yield found


class Kept(NamedTuple):
    """The blocks of a snapshot, the oldest first; release() each."""

    blocks: deque[Block]
    start_ns: int
    """Exclusive."""
    end_ns: int
    """Inclusive."""
    missing_ns: int
    """Values of so many ns after the start were dropped."""


class Memory:
    """The values of the last seconds, in at most so many bytes; beyond that the oldest are dropped.

    Blocks that a snapshot has count until it releases them, which may be in another thread.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped_ns = -(1 << 62)
        """Values up to here were dropped for lack of memory."""
        self._blocks: deque[Block] = deque()
        """Full ones, by the time of their last value: that of small values may begin long before
        those of large ones, and end after them."""
        self._open: Block | None = None
        """Of small values, with room for more."""
        self._size = max(min(BLOCK, limit // 16), 1 << 12)
        self._nbytes = 0
        self._spare: list[bytearray] = []
        self._offsets = Offsets(0, 0)
        self._step: Step | None = None
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers."""
        return self._nbytes

    @property
    def first_ns(self) -> int | None:
        """The time of the oldest value; None if there is none."""
        blocks = [*self._blocks, self._open] if self._open else self._blocks
        return min((block.first_ns for block in blocks), default=None)

    def add(self, batch: Sequence[Value], offsets: Offsets) -> None:
        """Keep copies of the values of a batch."""
        if self._open is not None and self._open.offsets != offsets:
            self._close()
        self._offsets = offsets
        for value in batch:
            kind = type(value[3])
            length = 0 if kind in _NUMBERS else len(value[3])
            needed = _head.size + (length or 8)
            if length >= LARGE:
                block = self._new(needed, value[2])
                if block is not None:
                    block.put(value, kind, length)
                    self._append(block)
                continue
            block = self._open
            if block is None or block.end + needed > len(block.view):
                self._close()
                block = self._open = self._new(self._size, value[2])
            if block is not None:
                block.put(value, kind, length)

    def step(self, step: Step) -> None:
        """Note that the clock was set: the next values are in another block."""
        self._close()
        self._step = step

    def drop(self, until_ns: int) -> None:
        """Drop blocks all of whose values are from before."""
        while self._blocks and self._blocks[0].last_ns <= until_ns:
            self.release(self._blocks.popleft())

    def take(self, start_ns: int, end_ns: int) -> Kept:
        """Return the values with start_ns < time <= end_ns; they stay until they are released."""
        self._close()
        with self._lock:
            blocks = [b for b in self._blocks if b.first_ns <= end_ns and b.last_ns > start_ns]
            for block in blocks:
                block.uses += 1
        missing = max(0, min(self.dropped_ns, end_ns) - start_ns)
        return Kept(deque(blocks), start_ns, end_ns, missing)

    def release(self, block: Block) -> None:
        """Give up a block."""
        with self._lock:
            block.uses -= 1
            if block.uses:
                return
            size = len(block.view)
            if sum(map(len, self._spare)) + size <= self.limit // SPARE:
                self._spare.append(block.buffer)
            else:
                self._nbytes -= size

    def _new(self, size: int, time_ns: int) -> Block | None:
        """Begin a block; None if there is no room for it, whatever is dropped."""
        buffer = self._buffer(size)
        if buffer is None:
            self.dropped_ns = max(self.dropped_ns, time_ns)
            return None
        return Block(buffer, self._offsets)

    def _append(self, block: Block) -> None:
        block.step, self._step = self._step, None
        self._blocks.append(block)

    def _close(self) -> None:
        if self._open is not None:
            self._append(self._open)
        self._open = None

    def _buffer(self, size: int) -> bytearray | None:
        if size > self.limit:
            return None  # whatever is dropped
        with self._lock:
            for number, spare in enumerate(self._spare):
                if len(spare) == size:
                    return self._spare.pop(number)
        while self._nbytes + size > self.limit:
            with self._lock:
                if self._spare:
                    self._nbytes -= len(self._spare.pop(0))
                    continue
            if not self._blocks:
                if self._open is None:
                    return None
                self._close()
            oldest = self._blocks.popleft()
            self.dropped_ns = max(self.dropped_ns, oldest.last_ns)
            reusable = oldest.uses == 1 and len(oldest.view) == size
            self.release(oldest)
            if reusable:
                return self._buffer(size)
        with self._lock:
            self._nbytes += size
        return bytearray(size)
