"""Writes all values: to one file, or to parts, each begun when the one before is full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .part import Part

if TYPE_CHECKING:
    from .clock import Clock, Offsets, Step
    from .parts import Parts
    from .receiver import Receiver

LOOK_AT_DISK = 64 << 20
"""Bytes after which the space on the disk is looked at again, at most."""
PIECES = 50
"""A batch is divided into pieces of this fraction of a part: a part may lack one of its size."""
OVERHEAD = 70
"""Bytes of a number's message, or around a value's bytes, with the index."""


class Splitter:
    """Writes values to the files of a recording.

    Args:
        split_size: Bytes of a part, at most; a part has one value at least.
        split_ns: Nanoseconds after whose first value a part is full.

    Raises OSError; DiskFullError.
    """

    def __init__(
        self,
        parts: Parts,
        receiver: Receiver,
        clock: Clock,
        split_size: int | None = None,
        split_ns: int | None = None,
    ) -> None:
        self._parts, self._receiver, self._clock = parts, receiver, clock
        self._split_size, self._split_ns = split_size, split_ns
        self._start = clock.now_ns
        self._values: Counter[str] = Counter()  # of finished files
        self._nbytes = 0
        self._lost_before: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._next_look = 0
        self._end_ns: int | None = None
        self._part: Part | None = None
        self._open()

    @property
    def values(self) -> Counter[str]:
        """The number of values by topic, in all files."""
        return self._values + Counter(self._part.values if self._part else {})

    @property
    def nbytes(self) -> int:
        """Bytes written to all files."""
        return self._nbytes + (self._part.nbytes if self._part else 0)

    def add(self, batch: Sequence[Any]) -> None:
        """Write a batch."""
        for portion, offsets in self._clock.portions(batch):
            for piece, nbytes in _pieces(portion, self._split_size):
                self._add(piece, nbytes, offsets)
        if self.nbytes >= self._next_look:
            self._make_room()

    def _add(self, rest: Sequence[Any], nbytes: int, offsets: Offsets) -> None:
        while rest:
            part = self._part or self._open()
            if self._split_size is not None and part.is_full(self._split_size - nbytes):
                self._finish()
                continue
            if self._split_ns is not None and self._end_ns is None:
                self._end_ns = max(rest[0][2], self._start) + self._split_ns
            now, rest = _until(rest, self._end_ns)
            if now:
                part.add(now, offsets, self._start)
            if rest:
                self._finish()

    def step(self, step: Step) -> None:
        if self._part is not None:
            self._part.step(step)

    def tick(self) -> None:
        """Have everything in the file; called twice a second."""
        if self._part is None:
            return
        self._note(self._part)
        self._part.flush()
        if self._end_ns is not None and self._clock.now_ns > self._end_ns:
            self._finish()  # nothing comes that would
        self._make_room()

    def finish(self) -> None:
        """Finish the last file, after all values."""
        if self._part is not None:
            self._finish()

    def close(self) -> None:
        """Close the last file as it is."""
        if self._part is not None:
            self._part.close()

    def _open(self) -> Part:
        writer, about = self._parts.open(self._split_size or 0)
        self._part = Part(writer, about, self._clock.renew())
        self._lost_before = self._lost
        self._end_ns = None
        return self._part

    def _finish(self) -> None:
        part = self._part
        assert part is not None
        self._note(part, every_topic=True)
        part.finish()
        self._part = None
        self._values += Counter(part.values)
        self._nbytes += part.nbytes
        self._parts.add(part.path)

    def _note(self, part: Part, every_topic: bool = False) -> None:
        self._lost = dict(self._receiver.lost)
        lost = {name: n - self._lost_before.get(name, 0) for name, n in self._lost.items()}
        part.note(
            {name: number for name, number in lost.items() if number or every_topic},
            self._receiver.left_out.reasons.copy(),
        )

    def _make_room(self) -> None:
        self._parts.make_room(max(self._split_size or 0, self._part.nbytes if self._part else 0))
        self._next_look = self.nbytes + min(LOOK_AT_DISK, self._parts.spare // 2)


def _pieces(batch: Sequence[Any], split_size: int | None) -> Iterator[tuple[Sequence[Any], int]]:
    """Divide a batch, so that a part ends close to its size; yield each piece with its bytes."""
    if split_size is None:
        yield batch, 0
        return
    most, first, nbytes = split_size // PIECES, 0, 0
    for place, (_, _, _, value) in enumerate(batch):
        added = OVERHEAD + (0 if type(value) in (float, int, bool) else len(value))
        if nbytes and nbytes + added > most:
            yield batch[first:place], nbytes
            first, nbytes = place, 0
        nbytes += added
    if nbytes:
        yield batch[first:], nbytes


def _until(batch: Sequence[Any], end_ns: int | None) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the values before a time, and the others."""
    if end_ns is None or all(value[2] < end_ns for value in batch):
        return batch, []
    before = [value for value in batch if value[2] < end_ns]
    return before, [value for value in batch if value[2] >= end_ns]
