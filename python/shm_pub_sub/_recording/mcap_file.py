"""Reads the records of an MCAP file, complete or truncated.

It scans all records and skips the contents of chunks, so it needs no summary, which a killed
recorder does not write. The mcap package takes 7 to 18 us to read a message, and `play` has 10. So
messages are unpacked here, and other records by the package.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections import Counter
from collections.abc import Container, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mcap import records
from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode

from .mcap_format import MAGIC, RecordingError

_header = struct.Struct("<BQ")  # opcode and length
_message = struct.Struct("<HIQQ")  # channel, sequence, log_time and publish_time
_times = struct.Struct("<QQ")  # of the first and last message, at the start of a chunk
_index = struct.Struct("<HI")  # channel, bytes of 16 each for a message

COMPRESSIONS = ("", "zstd", "lz4")
EXPECTED = "expected an undamaged file"
_WRONG = (struct.error, ValueError, EndOfFile, LookupError, OverflowError)
"""Exceptions of unpacking a damaged record."""
_BLOCK = 1 << 20


class Chunk(NamedTuple):
    """Messages that are stored together, and the range of their times."""

    start_ns: int
    end_ns: int
    place: int
    length: int
    """0 for the messages outside chunks."""


class McapFile:
    """The records of a file; reads messages on demand.

    Raises RecordingError if it is no MCAP file or damaged, and OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channels: dict[int, records.Channel] = {}
        self.schemas: dict[int, records.Schema] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        """By name; the last record of a name."""
        self.chunks: list[Chunk] = []
        """The chunks with messages."""
        self.counts: Counter[int] = Counter()
        """Number of messages per channel."""
        self.complete = False
        """Whether the file has a footer."""
        self._indexed: set[int] = set()  # places of chunks with a message index
        self._loose: list[tuple[int, int, int, int]] = []  # time, channel, place, length
        self._data_end = (0, 0)  # place and checksum
        self._file = _opened(path)
        try:
            self._scan()
            self._look_into_chunks()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def messages(
        self, chunk: Chunk, channels: Container[int] | None = None
    ) -> Iterator[tuple[int, int, bytes]]:
        """Yield time, channel and data of a chunk's messages, of all or of some channels."""
        if chunk.length == 0:
            for time_ns, channel, place, length in self._loose:
                if channels is None or channel in channels:
                    self._file.seek(place)
                    yield time_ns, channel, self._file.read(length)
            return
        content, place = self._content(chunk), 0
        size, wrong = len(content), False
        while place + _header.size <= size:
            opcode, length = _header.unpack_from(content, place)
            place += _header.size
            end = place + length
            if end > size:
                break
            if opcode == Opcode.MESSAGE:
                if length < _message.size:
                    break
                channel, _, log_time, _ = _message.unpack_from(content, place)
                if channels is None or channel in channels:
                    yield log_time, channel, content[place + _message.size : end]
            elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
                try:
                    self._define(opcode, content[place:end])
                except _WRONG:
                    wrong = True
                    break
            place = end
        if wrong or place != size:
            raise self.damaged(chunk)

    def damaged(self, chunk: Chunk) -> RecordingError:
        return self.error(f"a damaged chunk at byte {chunk.place}", EXPECTED)

    def error(self, found: str, expected: str) -> RecordingError:
        return RecordingError(f"read {str(self.path)!r}: found {found}; {expected}")

    def _scan(self) -> None:
        file = self._file
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(len(MAGIC)) != MAGIC:
            raise self.error("no MCAP file", "expected one, such as `shm-pub-sub record` writes")
        place = len(MAGIC)
        while place + _header.size <= size and not self.complete:
            opcode, length = _header.unpack(file.read(_header.size))
            place += _header.size
            if opcode == 0 or place + length > size:
                break  # truncated
            try:
                self._read_record(opcode, place, length)
            except _WRONG:
                raise self.error(f"a damaged record at byte {place}", EXPECTED) from None
            self.complete = opcode == Opcode.FOOTER
            place += length
            file.seek(place)
        if self._loose:
            self._check_data()
            times = [time_ns for time_ns, *_ in self._loose]
            self.chunks.append(Chunk(min(times), max(times), 0, 0))
            self._indexed.add(0)
            self.counts.update(channel for _, channel, *_ in self._loose)

    def _read_record(self, opcode: int, place: int, length: int) -> None:
        read = self._file.read
        if opcode == Opcode.CHUNK:
            start_ns, end_ns = _times.unpack(read(_times.size))
            self.chunks.append(Chunk(start_ns, end_ns, place, length))
        elif opcode == Opcode.MESSAGE_INDEX:
            channel, nbytes = _index.unpack(read(_index.size))
            if nbytes % 16 or _index.size + nbytes > length:
                raise ValueError
            if nbytes:
                self.counts[channel] += nbytes // 16
                self._indexed.add(self.chunks[-1].place)
        elif opcode == Opcode.MESSAGE:
            if length < _message.size:
                raise ValueError
            channel, _, time_ns, _ = _message.unpack(read(_message.size))
            self._loose.append((time_ns, channel, place + _message.size, length - _message.size))
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            self._define(opcode, read(length))
        elif opcode == Opcode.METADATA:
            about = records.Metadata.read(_Record(read(length)))
            self.metadata[about.name] = about.metadata
        elif opcode == Opcode.DATA_END:
            found = records.DataEnd.read(_Record(read(length)))
            self._data_end = (place - _header.size, found.data_section_crc)

    def _define(self, opcode: int, content: bytes) -> None:
        """Add a schema or channel. The summary and every chunk may repeat it."""
        if opcode == Opcode.SCHEMA:
            schema = records.Schema.read(_Record(content))
            if self.schemas.setdefault(schema.id, schema) != schema:
                raise self.error(f"two schemas {schema.id}", "expected one with each number")
        else:
            channel = records.Channel.read(_Record(content))
            if self.channels.setdefault(channel.id, channel) != channel:
                raise self.error(f"two channels {channel.id}", "expected one with each number")

    def _check_data(self) -> None:
        """Check the checksum of messages outside chunks; each chunk has its own."""
        left, expected = self._data_end
        if not expected:
            return
        checksum = 0
        self._file.seek(0)
        while left:
            block = self._file.read(min(left, _BLOCK))
            checksum, left = zlib.crc32(block, checksum), left - len(block)
        if checksum != expected:
            raise self.error("a wrong checksum", EXPECTED)

    def _look_into_chunks(self) -> None:
        """Count the messages of chunks without an index, drop empty chunks, find missing channels.

        A chunk without messages has the times 0, which must not count as a start.
        """
        chunks = []
        for chunk in self.chunks:
            looked = chunk
            if chunk.place not in self._indexed or not 0 < chunk.start_ns <= chunk.end_ns:
                found = [(time_ns, channel) for time_ns, channel, _ in self.messages(chunk)]
                if not found:
                    continue
                if chunk.place not in self._indexed:
                    self.counts.update(channel for _, channel in found)
                start_ns, end_ns = min(found)[0], max(found)[0]
                looked = chunk._replace(start_ns=start_ns, end_ns=end_ns)
            chunks.append(looked)
        self.chunks = chunks
        for chunk in chunks:
            if self._described():
                break
            for _ in self.messages(chunk, ()):
                pass

    def _described(self) -> bool:
        """Report whether all channels with messages, and their schemas, are known."""
        return all(
            number in self.channels and self.channels[number].schema_id in {0, *self.schemas}
            for number in self.counts
        )

    def _content(self, chunk: Chunk) -> bytes:
        self._file.seek(chunk.place)
        try:
            record = records.Chunk.read(_Record(self._file.read(chunk.length)))
        except _WRONG:
            raise self.damaged(chunk) from None
        if record.compression not in COMPRESSIONS:
            raise self.error(
                f"a chunk at byte {chunk.place} compressed as {record.compression!r}",
                "expected zstd, lz4 or none",
            )
        try:
            content = _decompress(record)
        except Exception:  # the libraries raise different ones
            raise self.damaged(chunk) from None
        if len(content) != record.uncompressed_size or record.uncompressed_crc not in (
            0,
            zlib.crc32(content),
        ):
            raise self.damaged(chunk)
        return content


class _Record(ReadDataStream):
    """A record's content; a string that exceeds it is an error instead of being cut."""

    def __init__(self, content: bytes) -> None:
        super().__init__(BytesIO(content))

    def read(self, length: int) -> bytes:
        data: bytes = super().read(length)
        if len(data) != length:
            raise EndOfFile
        return data


def _opened(path: Path) -> BinaryIO:
    """Open a regular file; a pipe would block, and cannot seek."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise RecordingError(
            f"read {str(path)!r}: found no regular file; expected one, because `play` seeks in it"
        )
    return path.open("rb")


def _decompress(chunk: records.Chunk) -> bytes:
    if chunk.compression == "zstd":
        import zstandard

        return zstandard.decompress(chunk.data, chunk.uncompressed_size)
    if chunk.compression == "lz4":
        import lz4.frame  # type: ignore[import-untyped]

        content: bytes = lz4.frame.decompress(chunk.data)
        return content
    return chunk.data
