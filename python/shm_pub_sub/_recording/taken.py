"""Values as they are taken of topics, and the memory that they hold until they are written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from threading import Lock
from typing import Any

from .._errors import ShmError, TopicTypeError, WaitTimeoutError
from .._followed import Topic
from .._topics import NUMBERS, TopicInfo, inspect_typed

TURN = 2000
"""Most values taken of a topic before the next topic's turn."""
OVERHEAD = 200
"""Bytes of a value in a batch, besides its contents."""
LARGE = 1 << 16
"""Bytes of a value whose topic waits first when memory gets scarce."""
KEPT = 64 << 20
"""Bytes of free buffers that are kept."""
PAGES = 1 << 16
"""Bytes by which the sizes of buffers differ: values of similar size share them."""
ALL = 1 << 62
"""Greater than any sequence number."""


class Source:
    """One publisher of a topic: one channel of a recording."""

    def __init__(
        self, name: str, descriptor: str, known: TopicInfo, number: int, garbage: Counter[str]
    ) -> None:
        self.name = name
        self.descriptor = descriptor
        self.number = number
        """Counts the publishers of a recording, from 1."""
        self.garbage = garbage
        """Where values that cannot be encoded are counted, by topic."""
        self.info = known
        self.is_certain = False
        """Whether the info is this publisher's: the topic may be gone, or be another by now."""
        try:
            info, found = inspect_typed(name)
        except ShmError:
            return
        if found == descriptor:
            self.info, self.is_certain = info, True


class Batch(list[Any]):
    """Tuples of source, sequence, CLOCK_MONOTONIC in ns and value, and the memory they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.nbytes = 0
        """What it counts towards the memory that may wait to be written."""
        self.pins: list[Taken] = []
        """Topics with a value here that is a view of shared memory."""
        self.buffers: list[bytearray] = []
        """What values lie in that are copies."""


class Buffers:
    """Memory for copies, used again: new memory costs more than the copy. For all threads."""

    def __init__(self) -> None:
        self._free: dict[int, list[bytearray]] = defaultdict(list)
        self._lock, self._nbytes = Lock(), 0

    def copy(self, view: memoryview) -> tuple[memoryview, bytearray]:
        """Return a copy, and the buffer it lies in."""
        size = len(view)
        capacity = -(-size // PAGES) * PAGES
        with self._lock:
            free = self._free[capacity]
            buffer = free.pop() if free else None
            self._nbytes -= capacity if buffer else 0
        if buffer is None:
            buffer = bytearray(capacity)
        copy = memoryview(buffer)[:size]
        copy[:] = view
        return copy.toreadonly(), buffer

    def put_back(self, buffers: list[bytearray]) -> None:
        with self._lock:
            for buffer in buffers:
                if self._nbytes + len(buffer) > KEPT:
                    self._free.clear()  # of sizes that are no longer used, perhaps
                    self._nbytes = 0
                self._free[len(buffer)].append(buffer)
                self._nbytes += len(buffer)


class Taken:
    """The state of taking a topic's values: the publisher and the last sequence number.

    Args:
        topic: What is followed; its subscriber is a raw one.
        descriptor: The type's.
        lost: How many values were lost before.
        from_first: Whether those before the first one that is received are lost.
        new_source: Makes a source of the topic.
        buffers: For values that must not stay in shared memory.
    """

    def __init__(
        self,
        topic: Topic,
        descriptor: str,
        lost: int,
        from_first: bool,
        new_source: Callable[[], Source],
        buffers: Buffers,
    ) -> None:
        self.topic = topic
        self.time_ns = 0
        self.is_large = False
        """Whether a value was."""
        self.is_held_back = False
        """Whether it was not taken when it was its turn, as too much waits to be written."""
        self.is_pinned = False
        """Whether a value in shared memory waits to be written. The writer's thread resets it."""
        self._from_first = from_first
        self._lost_before = lost
        self._new_source, self._buffers = new_source, buffers
        self._source: Source | None = None
        self._sequence = self._lost = 0
        self.take = self._take_numbers if descriptor in NUMBERS else self._take_raw
        """Add unread values to a batch: at most TURN, and until it has so many bytes more.

        Raises TopicTypeError if all values are taken and the next publisher has another type.
        """

    @property
    def lost(self) -> int:
        """Values that were overwritten before they were taken."""
        count: int = self._lost_before + self.topic.subscriber.lost
        return count

    def _take_numbers(self, batch: Batch, room: int) -> None:
        """Take them, up to the one that was the newest at the start.

        A read that finds nothing costs as much as several values.
        """
        subscriber = self.topic.subscriber
        try:
            newest = subscriber.sample()
        except TopicTypeError:  # the previous publisher may have left values
            newest = None
        end = ALL if newest is None else newest.sequence
        before = len(batch)
        try:
            for _ in range(min(TURN, room // OVERHEAD + 1)):
                value, sequence, self.time_ns, _age = subscriber.recv_sample(0)
                lost = subscriber.lost
                due = self._sequence + 1 + lost - self._lost
                if self._source is None or sequence != due:
                    self._begin_source(sequence, lost)
                self._sequence, self._lost = sequence, lost
                batch.append((self._source, sequence, self.time_ns, value))
                if sequence >= end:
                    break
        except WaitTimeoutError:
            pass
        finally:
            batch.nbytes += OVERHEAD * (len(batch) - before)

    def _take_raw(self, batch: Batch, room: int) -> None:
        subscriber = self.topic.subscriber
        until = batch.nbytes + room
        try:
            for _ in range(TURN):
                value, sequence, self.time_ns, _age = subscriber.recv_sample(0)
                lost = subscriber.lost
                # As for numbers: a method for both makes those 9 % slower.
                due = self._sequence + 1 + lost - self._lost
                if self._source is None or sequence != due:
                    self._begin_source(sequence, lost)
                self._sequence, self._lost = sequence, lost
                if type(value) is memoryview:
                    value = self._held(value, batch)
                batch.append((self._source, sequence, self.time_ns, value))
                batch.nbytes += OVERHEAD + len(value)
                if batch.nbytes >= until:
                    return
        except WaitTimeoutError:
            pass

    def _begin_source(self, sequence: int, lost: int) -> None:
        """Note that the values from this one on are another publisher's."""
        if self._source is None and self._from_first:
            self._lost_before += sequence - 1 - lost
        self._source = self._new_source()

    def _held(self, view: memoryview, batch: Batch) -> memoryview:
        """Return a value that may wait, and note the memory that it holds.

        A view in shared memory may if it is the topic's only one: the others are for its readers.
        """
        self.is_large |= len(view) >= LARGE
        if type(view.obj) is bytes:
            return view  # of this process, as no view was free
        if self.is_pinned:
            copy, buffer = self._buffers.copy(view)
            batch.buffers.append(buffer)
            return copy
        self.is_pinned = True
        batch.pins.append(self)
        return view
