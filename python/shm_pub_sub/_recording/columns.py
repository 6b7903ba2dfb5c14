"""Values of fixed size, read a chunk at a time with numpy: a tenth of what a loop takes.

The messages of such a channel differ only in their values. Where the file's index has them all,
they are taken out of a chunk in one go, and checked. Everything else is left to Recording.batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcap.opcode import Opcode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .mcap_chunks import Chunk
    from .reader import Part, Recording

LARGE = 1 << 16
"""Bytes of a value from which on copies cost more than a loop."""
_FIELDS = [("opcode", "u1"), ("length", "<u8"), ("channel", "<u2"), ("sequence", "<u4")]
_TIMES = [("log_time", "<u8"), ("publish_time", "<u8")]
_PREFIX = 22  # bytes of a message before its data


class Plain(NamedTuple):
    """Channels whose messages are a prefix, the same in all, and so many bytes of the value."""

    channels: Collection[int]
    prefix: bytes
    size: int


class Columns(NamedTuple):
    publish_ns: Any
    """int64 of each value, in the order of the recording."""
    values: Any
    """uint8[n, size]."""


class _OtherError(Exception):
    """The messages are not as expected: a loop has to read them, and says what is wrong."""


def columns(
    recording: Recording, wanted: Sequence[Plain], start_ns: int, end_ns: int
) -> list[Columns] | None:
    """Return the values from start_ns until before end_ns, as batches() would order them.

    None if a loop is needed. Raises as batches() does.
    """
    import numpy

    found = [_Column(each, numpy) for each in wanted]
    try:
        for part in recording.files:
            numbers = [
                [theirs for theirs, ours in part.numbers.items() if ours in each.channels]
                for each in wanted
            ]
            every = {number for each in numbers for number in each}
            for chunk in sorted(part.file.chunks):
                among = chunk.channels is None or not chunk.channels.isdisjoint(every)
                if among and start_ns <= chunk.end_ns and chunk.start_ns < end_ns:
                    _read(part, chunk, numbers, found, (start_ns, end_ns))
        return [each.columns() for each in found]
    except _OtherError:
        return None


def _read(
    part: Part, chunk: Chunk, numbers: list[list[int]], found: list[_Column], span: tuple[int, int]
) -> None:
    index = part.file.index(chunk)
    if index is None:
        raise _OtherError
    content = part.file.content(chunk)
    for own, column in zip(numbers, found, strict=True):
        pairs = [index[number] for number in own if number in index]
        if pairs:
            column.add(content, pairs, own, chunk, span, part.repeats_until)


class _Column:
    """The values of one topic so far."""

    def __init__(self, plain: Plain, numpy: Any) -> None:
        self._numpy = numpy
        self._size = plain.size
        self._prefix = numpy.frombuffer(plain.prefix, numpy.uint8)
        self._length = len(plain.prefix) + plain.size
        data = ("data", "u1", (self._length,))
        self._record = numpy.dtype([*_FIELDS, *_TIMES, data])
        self._log: list[Any] = []
        self._publish: list[Any] = []
        self._values: list[Any] = []

    def add(
        self,
        content: memoryview,
        pairs: Sequence[memoryview],
        channels: Collection[int],
        chunk: Chunk,
        span: tuple[int, int],
        repeats_until: int,
    ) -> None:
        """Take the messages that an index has, and raise _OtherError if they are others."""
        numpy = self._numpy
        places = numpy.concatenate([numpy.frombuffer(each, "<u8")[1::2] for each in pairs])
        places.sort()
        size = len(content) - self._record.itemsize
        if size < 0 or int(places[-1]) > size:
            raise _OtherError
        rows = numpy.ndarray(size + 1, self._record, content, strides=(1,))[places]
        data, log = rows["data"], rows["log_time"]
        if not (
            (rows["opcode"] == Opcode.MESSAGE).all()
            and (rows["length"] == _PREFIX + self._length).all()
            and numpy.isin(rows["channel"], [*channels]).all()
            and (data[:, : len(self._prefix)] == self._prefix).all()
            and chunk.start_ns <= int(log.min())
            and int(log.max()) <= chunk.end_ns
            and int(max(log.max(), rows["publish_time"].max())) < 2**63
        ):
            raise _OtherError
        publish = rows["publish_time"].astype("int64")
        publish = numpy.where(publish == 0, log.astype("int64"), publish)  # others may not write it
        values = data[:, len(self._prefix) :]
        keep = (log >= span[0]) & (log < span[1])
        if repeats_until >= 0:
            keep &= rows["publish_time"] > repeats_until
        self._log.append(log[keep])
        self._publish.append(publish[keep])
        self._values.append(values[keep])

    def columns(self) -> Columns:
        numpy = self._numpy
        if not self._log:
            return Columns(numpy.zeros(0, "int64"), numpy.zeros((0, self._size), "u1"))
        log, publish = numpy.concatenate(self._log), numpy.concatenate(self._publish)
        values = numpy.concatenate(self._values)
        if (log[1:] < log[:-1]).any():
            order = log.argsort(kind="stable")
            publish, values = publish[order], values[order]
        return Columns(publish, values)
