"""The messages of an MCAP file's chunks: found, checked, decompressed and unpacked.

The mcap package takes 7 to 18 us to read a message, and `play` has 10, so messages are unpacked
here. Their data are views of their chunk.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode

header = struct.Struct("<BQ")  # opcode and length
message = struct.Struct("<HIQQ")  # channel, sequence, log_time and publish_time
times = struct.Struct("<QQ")  # of the first and last message, at the start of a chunk
index = struct.Struct("<HI")  # channel, bytes of 16 each for a message
_chunk = struct.Struct("<QQQII")  # times, uncompressed size and checksum, length of the compression
_length = struct.Struct("<Q")

MOST = 1 << 30
"""Most bytes of a chunk, and of a message outside chunks: a file may claim any number, and a sparse
one seem to have it."""

WRONG = (struct.error, ValueError, EndOfFile, LookupError, OverflowError)
"""Exceptions of unpacking a damaged record."""

DEFINITIONS = (Opcode.SCHEMA, Opcode.CHANNEL)


class RawMessage(NamedTuple):
    """A message as it is in the file."""

    time_ns: int
    """log_time: since the epoch."""
    publish_ns: int
    sequence: int
    channel: int
    data: memoryview


class Chunk(NamedTuple):
    """Messages that are stored together, and the range of their times."""

    start_ns: int
    end_ns: int
    place: int
    length: int
    bare: bool
    """Whether they are outside chunks, one after the other."""
    channels: frozenset[int] | None = None
    """The channels that it has messages of; None if they are not known."""
    size: int = 0
    """The number of its messages, if its channels are known."""


class Unsupported(Exception):
    """A chunk that is not read: what was found, and what was expected."""


_new: Callable[..., Any] = tuple.__new__


def unpacked(
    content: memoryview,
    numbers: Mapping[int, int] | None,
    define: Callable[[int, memoryview], object],
    channels: list[int],
) -> list[RawMessage]:
    """Return a chunk's messages: those of the channels in `numbers`, with their numbers there.

    None stands for all. Appends the channel of every message to `channels`, and calls define with
    the opcode and content of each schema and channel. Raises one of WRONG.
    """
    found: list[RawMessage] = []
    place, size, prefix = 0, len(content), message.size
    while place + 9 <= size:
        opcode, length = header.unpack_from(content, place)
        place += 9
        end = place + length
        if end > size:
            raise ValueError
        if opcode == Opcode.MESSAGE:
            if length < prefix:
                raise ValueError
            channel, sequence, time_ns, publish_ns = message.unpack_from(content, place)
            channels.append(channel)
            number = channel if numbers is None else numbers.get(channel)
            if number is not None:
                data = content[place + prefix : end]
                found.append(_new(RawMessage, (time_ns, publish_ns, sequence, number, data)))
        elif opcode in DEFINITIONS:
            define(opcode, content[place:end])
        place = end
    if place != size:
        raise ValueError
    return found


def content_of(record: memoryview) -> memoryview:
    """Return the records in a chunk, given the chunk's content.

    Its size is what the chunk states, whatever the compressed data say. Raises one of WRONG if it
    is damaged, and Unsupported.
    """
    _, _, size, checksum, length = _chunk.unpack_from(record)
    place = _chunk.size + length
    compression = bytes(record[_chunk.size : place]).decode()
    (nbytes,) = _length.unpack_from(record, place)
    data = record[place + _length.size :][:nbytes]
    if len(data) != nbytes:
        raise EndOfFile
    if compression not in _DECOMPRESS:
        raise Unsupported(f"compressed as {compression!r}", "expected zstd, lz4 or none")
    if size > MOST:
        raise Unsupported(f"that states {size} bytes", f"expected {MOST} at most")
    try:
        content = _DECOMPRESS[compression](data, size)
    except Exception:  # the libraries raise different ones
        raise ValueError from None
    if len(content) != size or checksum not in (0, zlib.crc32(content)):
        raise ValueError
    return content


def _from_zstd(data: memoryview, size: int) -> memoryview:
    import zstandard

    stated = zstandard.get_frame_parameters(data).content_size
    if stated not in (size, zstandard.CONTENTSIZE_UNKNOWN):
        raise ValueError
    return memoryview(zstandard.decompress(data, size))


def _from_lz4(data: memoryview, size: int) -> memoryview:
    import lz4.frame  # type: ignore[import-untyped]

    decompressor = lz4.frame.LZ4FrameDecompressor()
    content = decompressor.decompress(data, max_length=size + 1)
    if not decompressor.eof:
        raise ValueError
    return memoryview(content)


_DECOMPRESS: dict[str, Callable[[memoryview, int], memoryview]] = {
    "": lambda data, _: data,
    "zstd": _from_zstd,
    "lz4": _from_lz4,
}
