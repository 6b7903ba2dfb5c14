"""Reads the records of an MCAP file, complete or truncated.

It scans all records and skips the contents of chunks, so it needs no summary, which a killed
recorder does not write.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from mcap import records
from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode

from .._errors import RecordingError
from . import mcap_chunks, mcap_format
from .mcap_chunks import DEFINITIONS, MOST, WRONG, Chunk, RawMessage
from .mcap_format import MAGIC

_header = mcap_chunks.header
_message = mcap_chunks.message

EXPECTED = "expected an undamaged file"
_BLOCK = 1 << 20
MOST_DEFINED = 1 << 28
"""Most bytes of schemas, channels and metadata, all together."""
_AFTER_INDEX = (Opcode.CHUNK, Opcode.MESSAGE, Opcode.FOOTER)
"""Records at which the last chunk's index has ended. Damage may look like any other."""
_LAST_COUNTS = (mcap_format.LOST, mcap_format.LEFT_OUT)
"""Metadata of which a recorder writes newer ones: only the last is kept."""


class NoMcapError(RecordingError):
    """The file does not begin as an MCAP file does."""


class McapFile:
    """The records of a file; reads messages on demand, from any thread.

    keep_open: Keep the file open, so that it may be removed meanwhile; otherwise it is opened again
        for each chunk.

    Raises RecordingError if it is no MCAP file or damaged, and OSError.
    """

    def __init__(self, path: Path, keep_open: bool = True) -> None:
        self.path = path
        self.channels: dict[int, records.Channel] = {}
        self.schemas: dict[int, records.Schema] = {}
        self.notes: list[tuple[str, dict[str, str]]] = []
        """The metadata records, by name."""
        self.attachments: list[tuple[int, int]] = []
        """Place and length of each one's content."""
        self.chunks: list[Chunk] = []
        """The chunks with messages, and runs of messages outside chunks."""
        self.counts: Counter[int] = Counter()
        """Number of messages per channel."""
        self.complete = False
        """Whether the file has a footer."""
        self._defined = 0  # bytes of schemas, channels and metadata
        self._file: BinaryIO | None = _opened(path)
        try:
            _Scan(self, self._file).run()
            self._look_into_chunks()
        except BaseException:
            self.close()
            raise
        if not keep_open:
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def messages(self, chunk: Chunk, numbers: Mapping[int, int] | None = None) -> list[RawMessage]:
        """Return a chunk's messages, in the order of the file.

        numbers: The channels that are wanted, and the numbers that they get; all if None.

        Raises RecordingError if the chunk is damaged or its index has other messages, and OSError.
        """
        content = self.content(chunk)
        channels: list[int] = []
        try:
            messages = mcap_chunks.unpacked(content, numbers, self.define, channels)
        except WRONG:
            raise self.error(f"a damaged chunk at byte {chunk.place}", EXPECTED) from None
        indexed = {*channels} if chunk.channels is None else chunk.channels
        if indexed != {*channels} or chunk.size not in (0, len(channels)):
            # By a wrong index, chunks are passed over that have messages of a channel.
            what = f"a chunk at byte {chunk.place} whose index has other messages"
            raise self.error(what, EXPECTED)
        return messages

    def content(self, chunk: Chunk) -> memoryview:
        """Return the records in a chunk. Raises as messages() does."""
        record = self.read(chunk.place, chunk.length)
        try:
            return record if chunk.bare else mcap_chunks.content_of(record)
        except WRONG:
            raise self.error(f"a damaged chunk at byte {chunk.place}", EXPECTED) from None
        except mcap_chunks.Unsupported as error:
            found, expected = error.args
            raise self.error(f"a chunk at byte {chunk.place} {found}", expected) from None

    def index(self, chunk: Chunk) -> dict[int, memoryview] | None:
        """Return where a chunk's messages are: of each channel, pairs of time and place, as u64.

        None if that is not known of all its channels.
        """
        found: dict[int, memoryview] = {}
        place, head = chunk.place + chunk.length, _header.size + mcap_chunks.index.size
        while not chunk.bare and found.keys() != chunk.channels:
            try:
                start = self.read(place, head)
                opcode, length = _header.unpack_from(start)
                channel, nbytes = mcap_chunks.index.unpack_from(start, _header.size)
                if opcode != Opcode.MESSAGE_INDEX or channel in found or nbytes % 16:
                    return None
                if nbytes:
                    found[channel] = self.read(place + head, nbytes)
            except (RecordingError, struct.error, OverflowError):
                return None  # it ends here, or is damaged
            place += _header.size + length
        return None if chunk.bare else found

    def read(self, place: int, length: int) -> memoryview:
        """Return a part of the file."""
        if length > MOST:
            raise self.error(f"{length} bytes at byte {place}", f"expected {MOST} at most")
        buffer = memoryview(bytearray(length))
        done = 0
        with self._descriptor() as fd:
            while done < length:
                got = os.preadv(fd, [buffer[done:]], place + done)
                if not got:
                    raise self.error(f"an end at byte {place + done}", "expected it to stay")
                done += got
        return buffer.toreadonly()

    def define(self, opcode: int, content: memoryview) -> None:
        """Add a schema or channel. The summary and every chunk may repeat it."""
        known = len(self.schemas) + len(self.channels)
        if opcode == Opcode.SCHEMA:
            schema = records.Schema.read(Record(content))
            if self.schemas.setdefault(schema.id, schema) != schema:
                raise self.error(f"two schemas {schema.id}", "expected one with each number")
        else:
            channel = records.Channel.read(Record(content))
            if self.channels.setdefault(channel.id, channel) != channel:
                raise self.error(f"two channels {channel.id}", "expected one with each number")
        if known < len(self.schemas) + len(self.channels):
            self.take(len(content))

    def take(self, nbytes: int) -> None:
        """Count so many bytes of schemas, channels or metadata, which stay in memory."""
        self._defined += nbytes
        if self._defined > MOST_DEFINED:
            what = f"more than {MOST_DEFINED} bytes of schemas, channels and metadata"
            raise self.error(what, "expected less")

    def error(self, found: str, expected: str) -> RecordingError:
        return RecordingError(f"read {str(self.path)!r}: found {found}; {expected}")

    @contextmanager
    def _descriptor(self) -> Iterator[int]:
        if self._file is not None:
            yield self._file.fileno()
        else:
            with _opened(self.path) as file:
                yield file.fileno()

    def _look_into_chunks(self) -> None:
        """Count the messages of chunks without an index, drop empty chunks, find missing channels.

        A chunk without messages has the times 0, which must not count as a start.
        """
        chunks = []
        for chunk in self.chunks:
            looked = chunk
            if chunk.channels is None or not 0 < chunk.start_ns <= chunk.end_ns:
                found = self.messages(chunk)
                if not found:
                    continue
                times = [message.time_ns for message in found]
                if chunk.channels is None:
                    self.counts.update(message.channel for message in found)
                looked = chunk._replace(
                    start_ns=min(times),
                    end_ns=max(times),
                    channels=frozenset(message.channel for message in found),
                    size=len(found),
                )
            chunks.append(looked)
        self.chunks = chunks
        for chunk in chunks:
            if self._described():
                break
            self.messages(chunk, {})

    def _described(self) -> bool:
        """Report whether all channels with messages, and their schemas, are known."""
        return all(
            number in self.channels and self.channels[number].schema_id in {0, *self.schemas}
            for number in self.counts
        )


class _Scan:
    """Finds a file's records."""

    def __init__(self, found: McapFile, file: BinaryIO) -> None:
        self._found, self._file = found, file
        self._indexed: Counter[int] = Counter()  # the last chunk's messages, by channel
        self._stated: dict[int, int] = {}  # the messages by channel, as the summary has them
        self._sets: dict[frozenset[int], frozenset[int]] = {}
        self._bare = False  # whether there are messages outside chunks
        self._data_end = (0, 0)  # place and checksum

    def run(self) -> None:
        found, file = self._found, self._file
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(len(MAGIC)) != MAGIC:
            error = found.error("no MCAP file", "expected one, such as `shm-pub-sub record` writes")
            raise NoMcapError(str(error))
        place = len(MAGIC)
        while place + _header.size <= size and not found.complete:
            opcode, length = _header.unpack(file.read(_header.size))
            place += _header.size
            if opcode == 0 or place + length > size:
                break  # truncated
            if opcode in _AFTER_INDEX:
                self._end_index()
            try:
                self._read_record(opcode, place, length)
            except WRONG:
                raise found.error(f"a damaged record at byte {place}", EXPECTED) from None
            found.complete = opcode == Opcode.FOOTER
            place += length
            file.seek(place)
        # Without a footer, the last chunk's index may be missing in part.
        if self._stated and found.counts != Counter(self._stated):
            self._forget_index()
        if self._bare:
            self._check_data()

    def _read_record(self, opcode: int, place: int, length: int) -> None:
        found, read = self._found, self._file.read
        if opcode == Opcode.CHUNK:
            start_ns, end_ns = mcap_chunks.times.unpack(read(mcap_chunks.times.size))
            found.chunks.append(Chunk(start_ns, end_ns, place, length, bare=False))
        elif opcode == Opcode.MESSAGE_INDEX:
            channel, nbytes = mcap_chunks.index.unpack(read(mcap_chunks.index.size))
            if nbytes % 16 or mcap_chunks.index.size + nbytes > length or found.chunks[-1].bare:
                raise ValueError
            if nbytes:
                self._indexed[channel] += nbytes // 16
        elif opcode == Opcode.MESSAGE:
            self._add_bare(place, length, *_message.unpack(read(_message.size)))
        elif opcode in DEFINITIONS:
            found.define(opcode, memoryview(self._content(place, length)))
        elif opcode == Opcode.METADATA:
            about = records.Metadata.read(Record(self._content(place, length)))
            if about.name in _LAST_COUNTS:
                found.notes = [note for note in found.notes if note[0] != about.name]
            else:
                found.take(length)
            found.notes.append((about.name, about.metadata))
        elif opcode == Opcode.ATTACHMENT:
            found.attachments.append((place, length))
        elif opcode == Opcode.STATISTICS:
            statistics = records.Statistics.read(Record(self._content(place, length)))
            self._stated = statistics.channel_message_counts
        elif opcode == Opcode.DATA_END:
            end = records.DataEnd.read(Record(self._content(place, length)))
            self._data_end = (place - _header.size, end.data_section_crc)

    def _content(self, place: int, length: int) -> bytes:
        if length > MOST_DEFINED:
            self._found.take(length)
        return self._file.read(length)

    def _end_index(self) -> None:
        """Note what is in the last chunk: all its index is read."""
        if self._indexed:
            found = self._found
            found.counts.update(self._indexed)
            channels = frozenset(self._indexed)
            channels = self._sets.setdefault(channels, channels)
            size = self._indexed.total()
            found.chunks[-1] = found.chunks[-1]._replace(channels=channels, size=size)
            self._indexed = Counter()

    def _forget_index(self) -> None:
        """Have all chunks looked into: their index is damaged."""
        found = self._found
        found.counts.clear()
        found.chunks = [chunk._replace(channels=None, size=0) for chunk in found.chunks]

    def _add_bare(
        self, place: int, length: int, channel: int, _sequence: int, time_ns: int, _publish: int
    ) -> None:
        """Add a message outside chunks to the run of those before it."""
        if length < _message.size:
            raise ValueError
        found, self._bare = self._found, True
        found.counts[channel] += 1
        place, end = place - _header.size, place + length
        start_ns = end_ns = time_ns
        channels, size = frozenset((channel,)), 1
        if found.chunks:
            run = found.chunks[-1]
            if run.bare and run.place + run.length == place and end - run.place <= _BLOCK:
                del found.chunks[-1]
                place = run.place
                start_ns, end_ns = min(run.start_ns, time_ns), max(run.end_ns, time_ns)
                channels |= run.channels or channels
                size += run.size
        channels = self._sets.setdefault(channels, channels)
        found.chunks.append(Chunk(start_ns, end_ns, place, end - place, True, channels, size))

    def _check_data(self) -> None:
        """Check the checksum of messages outside chunks; each chunk has its own."""
        left, expected = self._data_end
        if not expected:
            return
        checksum = 0
        self._file.seek(0)
        while left:
            block = self._file.read(min(left, _BLOCK))
            if not block:
                break
            checksum, left = zlib.crc32(block, checksum), left - len(block)
        if checksum != expected:
            raise self._found.error("a wrong checksum", EXPECTED)


class Record(ReadDataStream):
    """A record's content; a string that exceeds it is an error instead of being cut."""

    def __init__(self, content: bytes | memoryview) -> None:
        super().__init__(BytesIO(content))

    def read(self, length: int) -> bytes:
        data: bytes = super().read(length)
        if len(data) != length:
            raise EndOfFile
        return data


def _opened(path: Path) -> BinaryIO:
    """Open a regular file; a pipe would block, and cannot seek."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise RecordingError(f"read {str(path)!r}: expected a regular file, not a pipe or device")
    return path.open("rb")
