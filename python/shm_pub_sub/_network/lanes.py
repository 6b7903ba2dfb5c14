"""Many records of fixed size at once: each byte of a record is a lane through all of them.

A record's map has the same bytes everywhere but for its numbers, so that a lane is a slice with a
step, copied in C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .cbor import FALSE, TRUE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from .cbor import Buffer

WIDEST: Final = 1 << 13
"""Bytes of the largest map that has lanes: names may be long, and thousands may be in a record."""
TOGETHER: Final = 1 << 16
"""Bytes of maps that are written or read at once: they stay in the processor's cache."""

_NEGATIVE: Final = 0x20
"""The difference between the heads of ints from 0 on and below."""
_ALL_OR_NONE: Final = bytes(255 if n & 0x80 else 0 for n in range(256))
_FLAGS: Final = bytes(TRUE if n else FALSE for n in range(256))
_IS_TRUE: Final = bytes(n == TRUE for n in range(256))


class Constant(NamedTuple):
    """Bytes that are the same in all records."""

    data: bytes


class Plain(NamedTuple):
    """Bytes as they are in memory: first, then on by step."""

    first: int
    size: int
    step: int = 1


class Flag(NamedTuple):
    """A bool."""

    first: int


class Signed(NamedTuple):
    """An int with its head, which says whether it is negative."""

    first: int
    size: int
    head: int


Lane = Constant | Plain | Flag | Signed


def width_of(lanes: Sequence[Lane]) -> int:
    """Return the bytes of the map that the lanes are."""
    return sum(map(_width_of, lanes))


def _width_of(lane: Lane) -> int:
    if isinstance(lane, Constant):
        return len(lane.data)
    return 1 if isinstance(lane, Flag) else lane.size + isinstance(lane, Signed)


class Lanes:
    """The maps of records, whose bytes lanes are in order."""

    def __init__(self, size: int, lanes: Sequence[Lane]) -> None:
        self._size = size
        """Bytes of a record in memory."""
        self._constants: list[tuple[int, int]] = []
        """Place in the map, and the byte."""
        self._plain: list[tuple[int, int]] = []
        """Place in the map, and in memory."""
        self._flags: list[tuple[int, int]] = []
        self._signed: list[tuple[int, int, list[tuple[int, int]]]] = []
        """Place of the head, the head, and the bytes from the most significant one on."""
        template = bytearray()
        for lane in lanes:
            at = len(template)
            if isinstance(lane, Constant):
                self._constants += [(at + n, byte) for n, byte in enumerate(lane.data)]
                template += lane.data
            elif isinstance(lane, Plain):
                self._plain += [(at + n, lane.first + n * lane.step) for n in range(lane.size)]
                template += bytes(lane.size)
            elif isinstance(lane, Flag):
                self._flags.append((at, lane.first))
                template.append(FALSE)
            else:
                last = lane.first + lane.size - 1
                own = [(at + 1 + n, last - n) for n in range(lane.size)]
                self._signed.append((at, lane.head, own))
                template += bytes((lane.head,)) + bytes(lane.size)
        self._parts = sum(not isinstance(lane, Constant) for lane in lanes)
        self._template = bytes(template)
        self.width = len(template)
        """Bytes of a map."""

    def pay(self, count: int) -> bool:
        """Report whether so many records are faster by lanes than by fields."""
        return 5 * count * self._parts > self.width

    def write(self, raw: Buffer, count: int) -> list[Buffer]:
        """Return the maps of records side by side."""
        each = max(1, TOGETHER // self.width)
        view, size = memoryview(raw), self._size
        return [
            self._written(bytes(view[at * size : (at + each) * size]), min(each, count - at))
            for at in range(0, count, each)
        ]

    def _written(self, raw: bytes, count: int) -> bytearray:
        size, width = self._size, self.width
        maps = bytearray(self._template * count)
        for at, source in self._plain:
            maps[at::width] = raw[source::size]
        for at, source in self._flags:
            maps[at::width] = raw[source::size].translate(_FLAGS)
        for at, head, own in self._signed:
            negative = raw[own[0][1] :: size].translate(_ALL_OR_NONE)
            if 255 not in negative:
                for place, source in own:
                    maps[place::width] = raw[source::size]
                continue
            flip = int.from_bytes(negative, "little")
            maps[at::width] = negative.translate(_heads(head))
            for place, source in own:
                lane = int.from_bytes(raw[source::size], "little") ^ flip
                maps[place::width] = lane.to_bytes(count, "little")
        return maps

    def read(self, maps: memoryview, memory: bytearray, count: int) -> bool:
        """Write the records of such maps to memory; return False if they are others."""
        each = max(1, TOGETHER // self.width)
        size, width = self._size, self.width
        for at in range(0, count, each):
            own = min(each, count - at)
            records = self._read(bytes(maps[at * width : (at + own) * width]), own)
            if records is None:
                return False
            memory[at * size : (at + own) * size] = records
        return True

    def _read(self, maps: bytes, count: int) -> bytearray | None:
        size, width = self._size, self.width
        for at, byte in self._constants:
            if maps[at::width].count(byte) != count:
                return None
        memory = bytearray(size * count)
        for at, source in self._plain:
            memory[source::size] = maps[at::width]
        for at, source in self._flags:
            lane = maps[at::width]
            if lane.count(TRUE) + lane.count(FALSE) != count:
                return None
            memory[source::size] = lane.translate(_IS_TRUE)
        for at, head, own in self._signed:
            heads = maps[at::width]
            negative = heads.count(head | _NEGATIVE)
            if heads.count(head) + negative != count or max(maps[own[0][0] :: width]) & 0x80:
                return None
            flip = int.from_bytes(heads.translate(_flips(head)), "little") if negative else 0
            for place, source in own:
                lane = maps[place::width]
                if flip:
                    lane = (int.from_bytes(lane, "little") ^ flip).to_bytes(count, "little")
                memory[source::size] = lane
        return memory


def _heads(head: int) -> bytes:
    """Return the table that makes heads of 0 and 255."""
    return bytes((head,)) * 255 + bytes((head | _NEGATIVE,))


def _flips(head: int) -> bytes:
    """Return the table that makes 255 of the heads of negative ints, and 0 of others."""
    negative = head | _NEGATIVE
    return bytes(negative) + b"\xff" + bytes(255 - negative)
