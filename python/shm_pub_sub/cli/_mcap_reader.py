"""Reading topics' values from an MCAP file, of ours or another program's, whole or cut off.

The file is gone through from record to record, past the chunks' contents: the summary at its end,
which a recorder that was killed did not write, is not needed.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left
from collections import Counter
from io import BytesIO
from operator import itemgetter
from typing import NamedTuple

from mcap import records
from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode

from . import _mcap
from ._mcap import MAGIC, RecordingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from typing import Any

_header = struct.Struct("<BQ")  # opcode and length
_message = struct.Struct("<HIQQ")  # channel, sequence, log_time and publish_time
_times = struct.Struct("<QQ")  # at the beginning of a chunk: those of the first and last message
_index = struct.Struct("<HI")  # channel, bytes of 16 each for a message

EXPECTED = "expected a file as it was written"
USUAL_BUFFERS = 3
"""For recordings that do not say it."""


class Track(NamedTuple):
    """A channel whose values are a topic's: what one publisher published."""

    topic: str
    type: type
    buffer_num: int


class Value(NamedTuple):
    time_ns: int
    """Since the epoch."""
    channel: int
    value: Any


class _Chunk(NamedTuple):
    start_ns: int
    end_ns: int
    place: int
    length: int


class Recording:
    """An MCAP file's topics and values.

    Raises RecordingError where the file is no MCAP file, and OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tracks: dict[int, Track] = {}
        self.counts: Counter[int] = Counter()
        """How many values each channel has."""
        self.others: dict[str, str] = {}
        """Topics with messages that are no bool, int or float, and what they are instead."""
        self.lost: dict[str, int] | None = None
        """How many values of each topic the recorder lost; None where the file does not say."""
        self.complete = False
        """Whether the file has its end."""
        self._schemas: dict[int, records.Schema] = {}
        self._chunks: list[_Chunk] = []
        self._loose: list[tuple[int, int, bytes]] = []
        self._channels: dict[int, records.Channel] = {}
        self._file = path.open("rb")
        try:
            self._scan()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    @property
    def start_ns(self) -> int:
        """When the first message was published."""
        return min(chunk.start_ns for chunk in self._chunks) if self._chunks else 0

    @property
    def end_ns(self) -> int:
        return max(chunk.end_ns for chunk in self._chunks) if self._chunks else 0

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    def batches(
        self, channels: Collection[int], start_ns: int, end_ns: int
    ) -> Iterator[list[Value]]:
        """Yield the channels' values from start_ns to before end_ns, in the order of time.

        Raises RecordingError for what is damaged.
        """
        pending: list[Value] = []
        for chunk in sorted(self._chunks):
            if chunk.end_ns < start_ns:
                continue
            if chunk.start_ns >= end_ns:
                break
            ready = bisect_left(pending, chunk.start_ns, key=itemgetter(0))
            if ready:
                yield pending[:ready]
            pending = pending[ready:]
            pending += (
                Value(time_ns, channel, self._decode(channel, data))
                for time_ns, channel, data in self._messages(chunk)
                if channel in channels and start_ns <= time_ns < end_ns
            )
            pending.sort(key=itemgetter(0))
        yield pending

    def _decode(self, channel: int, data: bytes) -> Any:
        track = self.tracks[channel]
        try:
            return _mcap.decode(data, track.type)
        except (ValueError, TypeError, AttributeError) as error:
            raise self._error(f"a message of {track.topic!r}, {data[:60]!r}", str(error)) from None

    def _messages(self, chunk: _Chunk) -> Iterator[tuple[int, int, bytes]]:
        """Yield time, channel and data of a chunk's messages."""
        if chunk.length == 0:
            yield from self._loose
            return
        content, place = self._content(chunk), 0
        try:
            while place < len(content):
                opcode, length = _header.unpack_from(content, place)
                place += _header.size
                end = place + length
                if opcode == Opcode.MESSAGE:
                    channel, _, log_time, _ = _message.unpack_from(content, place)
                    yield log_time, channel, content[place + _message.size : end]
                elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                    self._define(opcode, content[place:end])
                place = end
        except struct.error:
            raise self._damaged(chunk) from None

    def _content(self, chunk: _Chunk) -> bytes:
        self._file.seek(chunk.place)
        raw = self._file.read(chunk.length)
        try:
            record = records.Chunk.read(ReadDataStream(BytesIO(raw)))
            content = _decompress(record)
        except Exception:  # whatever the three libraries raise
            raise self._damaged(chunk) from None
        if record.uncompressed_crc not in (0, zlib.crc32(content)):
            raise self._damaged(chunk)
        return content

    def _scan(self) -> None:
        """Go through the file's records."""
        file = self._file
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(len(MAGIC)) != MAGIC:
            raise self._error("no MCAP file", "expected one, as `shm-pub-sub record` writes them")
        place = len(MAGIC)
        while place + _header.size <= size and not self.complete:
            opcode, length = _header.unpack(file.read(_header.size))
            place += _header.size
            if opcode == 0 or place + length > size:
                break  # cut off
            try:
                self._read_record(opcode, place, length)
            except (struct.error, ValueError, EndOfFile):
                raise self._error(f"a damaged record at byte {place}", EXPECTED) from None
            self.complete = opcode == Opcode.FOOTER
            place += length
            file.seek(place)
        if self._loose:
            times = [time_ns for time_ns, _, _ in self._loose]
            self._chunks.append(_Chunk(min(times), max(times), 0, 0))
        if not self.complete or not self._channels or not self.counts:
            everything = map(self._messages, self._chunks)
            self.counts = Counter(channel for chunk in everything for _, channel, _ in chunk)
        self._name_tracks()

    def _read_record(self, opcode: int, place: int, length: int) -> None:
        read = self._file.read
        if opcode == Opcode.CHUNK:
            start_ns, end_ns = _times.unpack(read(_times.size))
            self._chunks.append(_Chunk(start_ns, end_ns, place, length))
        elif opcode == Opcode.MESSAGE_INDEX:
            channel, nbytes = _index.unpack(read(_index.size))
            self.counts[channel] += nbytes // 16
        elif opcode == Opcode.MESSAGE:
            channel, _, time_ns, _ = _message.unpack(read(_message.size))
            self._loose.append((time_ns, channel, read(length - _message.size)))
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            self._define(opcode, read(length))
        elif opcode == Opcode.METADATA:
            found = records.Metadata.read(ReadDataStream(BytesIO(read(length))))
            if found.name == _mcap.LOST:
                self.lost = {topic: int(count) for topic, count in found.metadata.items()}

    def _define(self, opcode: int, content: bytes) -> None:
        stream = ReadDataStream(BytesIO(content))
        if opcode == Opcode.SCHEMA:
            schema = records.Schema.read(stream)
            self._schemas[schema.id] = schema
        else:
            channel = records.Channel.read(stream)
            self._channels[channel.id] = channel

    def _name_tracks(self) -> None:
        for channel in self._channels.values():
            schema = self._schemas.get(channel.schema_id)
            encoding = schema.encoding if schema is not None else ""
            kind = None
            if schema is not None and channel.message_encoding == _mcap.MESSAGE_ENCODING:
                kind = _mcap.type_of(encoding, schema.data)
            if kind is None:
                what = f"{channel.message_encoding} messages"
                self.others[channel.topic] = f"{what} of schema {schema.name}" if schema else what
                continue
            buffers = channel.metadata.get("buffer_num", "")
            # Refused as it is with fewer digits, of which int() takes thousands only.
            buffer_num = int(buffers[:30]) if buffers.isdecimal() else USUAL_BUFFERS
            self.tracks[channel.id] = Track(channel.topic, kind, buffer_num)

    def _damaged(self, chunk: _Chunk) -> RecordingError:
        return self._error(f"a damaged chunk at byte {chunk.place}", EXPECTED)

    def _error(self, found: str, expected: str) -> RecordingError:
        return RecordingError(f"read {str(self.path)!r}: found {found}; {expected}")


def _decompress(chunk: records.Chunk) -> bytes:
    if chunk.compression == "zstd":
        import zstandard  # noqa: PLC0415 - only what the file needs

        return zstandard.decompress(chunk.data, chunk.uncompressed_size)
    if chunk.compression == "lz4":
        import lz4.frame  # type: ignore[import-untyped]  # noqa: PLC0415

        content: bytes = lz4.frame.decompress(chunk.data)
        return content
    return chunk.data
