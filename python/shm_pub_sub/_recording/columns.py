"""Values of fixed size, read a chunk at a time with numpy: a tenth of what a loop takes.

The messages of such a channel differ only in their values. Where the file's index has them all,
they are taken out of a chunk in one go, and checked. Everything else is left to Recording.batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcap.opcode import Opcode

from .mcap_chunks import WRONG, unpacked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .mcap_chunks import Chunk
    from .mcap_file import McapFile
    from .reader import Part, Recording

LARGE = 1 << 16
"""Bytes of a value from which on copies cost more than a loop."""
_FIELDS = [("opcode", "u1"), ("length", "<u8"), ("channel", "<u2"), ("sequence", "<u4")]
_TIMES = [("log_time", "<u8"), ("publish_time", "<u8")]
_HEADER = 9  # bytes of a record before its content
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
    import numpy

    index = part.file.index(chunk)
    if index is None:
        raise _OtherError
    content = part.file.content(chunk)
    places, channels = _places(content, index, part.file)
    for own, column in zip(numbers, found, strict=True):
        chosen = places[numpy.isin(channels, own)]
        if len(chosen):
            column.add(content, chosen, chunk, span, part.repeats_until)


def _places(content: memoryview, index: dict[int, memoryview], file: McapFile) -> tuple[Any, Any]:
    """Return where the messages of a chunk are, and their channels, by its index.

    Raises _OtherError unless reading one record after the other finds the same messages.
    """
    import numpy

    places = numpy.concatenate([numpy.frombuffer(each, "<u8")[1::2] for each in index.values()])
    counts = [each.nbytes // 16 for each in index.values()]
    channels = numpy.repeat(numpy.array([*index], "u2"), counts)
    room = len(content) - _HEADER - _PREFIX
    if int(places.max()) > room:
        raise _OtherError
    order = places.argsort(kind="stable")
    places, channels = places[order].astype("int64"), channels[order]
    heads = numpy.ndarray(room + 1, _FIELDS[:3], content, strides=(1,))[places]
    lengths = heads["length"]
    if not (
        (heads["opcode"] == Opcode.MESSAGE).all()
        and (heads["channel"] == channels).all()
        and int(lengths.min()) >= _PREFIX
        and int(lengths.max()) <= len(content)
    ):
        raise _OtherError
    ends = numpy.concatenate([[0], places + lengths.astype("int64") + _HEADER])
    starts = numpy.concatenate([places, [len(content)]])
    if (ends > starts).any():
        raise _OtherError
    others: list[int] = []
    for n in numpy.flatnonzero(ends < starts):  # definitions, which are to be the same everywhere
        try:
            unpacked(content[ends[n] : starts[n]], {}, file.define, others)
        except WRONG:
            raise _OtherError from None
    if others:
        raise _OtherError
    return places, channels


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
        places: Any,
        chunk: Chunk,
        span: tuple[int, int],
        repeats_until: int,
    ) -> None:
        """Take the messages at these places; raise _OtherError if they are not as expected."""
        numpy = self._numpy
        size = len(content) - self._record.itemsize
        if size < 0 or int(places[-1]) > size:
            raise _OtherError
        rows = numpy.ndarray(size + 1, self._record, content, strides=(1,))[places]
        data, log = rows["data"], rows["log_time"]
        if not (
            (rows["length"] == _PREFIX + self._length).all()
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
