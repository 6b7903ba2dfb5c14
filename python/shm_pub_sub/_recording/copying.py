"""Copies messages of recordings to another one, undecoded and in bounded memory."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from heapq import merge
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from mcap import records

from .._errors import RecordingError
from . import mcap_format
from .mcap_chunks import WRONG
from .mcap_file import EXPECTED, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from .mcap_chunks import RawMessage
    from .mcap_writer import McapWriter
    from .reader import Recording
    from .tracks import Schema

MOST = 0xFFFF
"""Channels that a file can have."""
EACH = 1000
"""Messages between two calls of copy()'s function."""

_COMPRESSION = 28
"""Where in a chunk the length of the compression's name is."""

OURS = (mcap_format.LOST, mcap_format.LEFT_OUT, mcap_format.RECORDING, mcap_format.REPEATS)
"""Metadata of a recording as a whole, which are written again or not at all."""


class Source(NamedTuple):
    """The channels of a recording that are copied, from start_ns until before end_ns."""

    recording: Recording
    channels: Collection[int]
    start_ns: int
    end_ns: int


def copy(
    sources: Sequence[Source], writer: McapWriter, each: Callable[[int], object] = bool
) -> Counter[str]:
    """Write the sources' messages, ordered by time, and finish the file.

    Channels stay apart, whatever their topics. Metadata and attachments are copied as they are.
    Calls `each` with the number of messages so far, now and then.

    Returns the number of messages by topic. Raises RecordingError if a recording is damaged, or one
    file has no room for all channels, and OSError.
    """
    _write_metadata(sources, writer)
    numbers = _add_channels(sources, writer)
    for source in sources:
        for attachment in source.recording.attachments():
            writer.add_attachment(_attachment(source.recording, attachment))
    add, number = writer.add_message, 0
    for number, (position, message) in enumerate(_in_order(sources), 1):
        time_ns, publish_ns, sequence, channel, data = message
        add(numbers[position][channel], sequence, time_ns, publish_ns, (data,))
        if number % EACH == 0:
            each(number)
    writer.finish()
    copied: Counter[str] = Counter()
    for source, added in zip(sources, numbers, strict=True):
        for old, new in added.items():
            copied[source.recording.channels[old].topic] += writer.counts[new]
    return copied


def is_compressed(recording: Recording) -> bool:
    """Report whether all chunks are compressed, those of large messages too."""
    chunks = [(part.file, chunk) for part in recording.files for chunk in part.file.chunks]
    return bool(chunks) and all(
        not chunk.bare and any(file.read(chunk.place + _COMPRESSION, 4)) for file, chunk in chunks
    )


def overlapping(recordings: Sequence[Recording]) -> list[str]:
    """Return the topics of which several recordings have channels at the same time."""
    found: Counter[str] = Counter()
    for n, one in enumerate(recordings):
        topics = {channel.topic for channel in one.channels.values()}
        for other in recordings[:n]:
            if one.start_ns <= other.end_ns and other.start_ns <= one.end_ns:
                found.update(topics & {channel.topic for channel in other.channels.values()})
    return sorted(found)


def profile_of(sources: Sequence[Source]) -> str:
    """Return the profile of a file with these messages: ros2 if it has no others."""
    channels = (one.recording.channels[number] for one in sources for number in one.channels)
    return "ros2" if all(channel.encoding == "cdr" for channel in channels) else ""


def _in_order(sources: Sequence[Source]) -> Iterator[tuple[int, RawMessage]]:
    """Yield the messages of all sources by time, each with its source's position."""
    streams = [zip(repeat(n), _messages(source)) for n, source in enumerate(sources)]
    return streams[0] if len(streams) == 1 else merge(*streams, key=lambda item: item[1][0])


def _messages(source: Source) -> Iterator[RawMessage]:
    return source.recording.raw_messages(source.channels, source.start_ns, source.end_ns)


def _attachment(recording: Recording, content: memoryview) -> records.Attachment:
    try:
        found: records.Attachment = records.Attachment.read(Record(content))
        end = 32 + len(found.name.encode()) + len(found.media_type.encode()) + len(found.data)
        (checksum,) = struct.unpack_from("<I", content, end)
        if checksum not in (0, zlib.crc32(content[:end])):
            raise ValueError
    except WRONG:
        raise RecordingError(
            f"read {str(recording.path)!r}: found a damaged attachment; {EXPECTED}"
        ) from None
    return found


def _write_metadata(sources: Sequence[Source], writer: McapWriter) -> None:
    lost: Counter[str] = Counter()
    left_out: dict[str, str] = {}
    known = False
    for recording, channels, *_ in sources:
        for name, metadata in recording.notes:
            if name not in OURS:
                writer.add_metadata(name, metadata)
        topics = {recording.channels[number].topic for number in channels}
        if recording.lost is not None:
            known = True
            lost.update({t: n for t, n in recording.lost.items() if t in topics})
        left_out |= recording.left_out
    if known:
        writer.add_metadata(mcap_format.LOST, {topic: str(n) for topic, n in lost.items()})
    if left_out:
        writer.add_metadata(mcap_format.LEFT_OUT, left_out)


def _add_channels(sources: Sequence[Source], writer: McapWriter) -> list[dict[int, int]]:
    """Add all channels, and each different schema once; return the new numbers, by the old ones."""
    schemas: dict[Schema | None, int] = {None: 0}
    numbers: list[dict[int, int]] = []
    total = sum(len(source.channels) for source in sources)
    if total > MOST:
        raise RecordingError(f"found {total} channels; expected at most {MOST} in a file")
    for recording, channels, *_ in sources:
        added: dict[int, int] = {}
        for number in sorted(channels):
            channel = recording.channels[number]
            schema = channel.schema
            if schema is not None and schema not in schemas:
                schemas[schema] = writer.add_schema(*schema)
            added[number] = writer.add_channel(
                channel.topic, channel.encoding, schemas[schema], channel.metadata
            )
        numbers.append(added)
    return numbers
