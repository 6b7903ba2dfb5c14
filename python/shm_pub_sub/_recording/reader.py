"""Reads topics' values from an MCAP file of any program, complete or truncated."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from . import mcap_format
from .mcap_file import EXPECTED, Chunk, McapFile

USUAL_BUFFERS = 3
"""If the recording has no buffer_num."""


class Track(NamedTuple):
    """A channel: the values of one publisher of a topic."""

    topic: str
    type: type
    buffer_num: int


class Value(NamedTuple):
    time_ns: int
    """Since the epoch."""
    channel: int
    value: Any


class Recording:
    """An MCAP file's topics and values.

    Raises RecordingError if the file is no MCAP file, and OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = McapFile(path)
        self.complete = self._file.complete
        """Whether the file is complete; False if its recorder was killed."""
        self.counts = self._file.counts
        """Number of values per channel."""
        self.tracks: dict[int, Track] = {}
        self.others: dict[str, str] = {}
        """Topics whose messages are no bool, int or float, with the reason."""
        self.without_value: Counter[str] = Counter()
        """Number of messages without a value per topic, among those read by batches()."""
        try:
            self.lost = self._lost()
            """Number of values lost per topic; None if the file does not have it."""
        except BaseException:
            self.close()
            raise
        self.left_out = self._file.metadata.get(mcap_format.LEFT_OUT, {})
        """Topics that could not be recorded, with the reason."""
        self._name_tracks()

    def close(self) -> None:
        self._file.close()

    @property
    def start_ns(self) -> int:
        """When the first message was published."""
        return min((chunk.start_ns for chunk in self._file.chunks), default=0)

    @property
    def end_ns(self) -> int:
        return max((chunk.end_ns for chunk in self._file.chunks), default=0)

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    def batches(
        self, channels: Collection[int], start_ns: int, end_ns: int
    ) -> Iterator[list[Value]]:
        """Yield the channels' values from start_ns until before end_ns, ordered by time.

        Raises RecordingError if the file is damaged.
        """
        pending: list[Value] = []
        for chunk in sorted(self._file.chunks):
            if chunk.end_ns < start_ns:
                continue
            if chunk.start_ns >= end_ns:
                break
            ready = bisect_left(pending, chunk.start_ns, key=itemgetter(0))
            if ready:
                yield pending[:ready]
            pending = pending[ready:]
            pending += self._values(chunk, channels, start_ns, end_ns)
            pending.sort(key=itemgetter(0))
        yield pending

    def _values(
        self, chunk: Chunk, channels: Collection[int], start_ns: int, end_ns: int
    ) -> Iterator[Value]:
        first, last = chunk.start_ns, chunk.end_ns
        for time_ns, channel, data in self._file.messages(chunk, channels):
            if not first <= time_ns <= last:
                # By the chunk's times it would be played too late, or never.
                raise self._file.error(
                    f"a message of time {time_ns} in the chunk at byte {chunk.place}, whose times "
                    f"are {first} to {last}",
                    EXPECTED,
                )
            if start_ns <= time_ns < end_ns:
                value = self._decode(channel, data)
                if value is None:
                    self.without_value[self.tracks[channel].topic] += 1
                else:
                    yield Value(time_ns, channel, value)

    def _decode(self, channel: int, data: bytes) -> Any:
        track = self.tracks[channel]
        try:
            return mcap_format.decode(data, track.type)
        except ValueError as error:
            raise self._file.error(
                f"a message of {track.topic!r}, {data[:60]!r}", str(error)
            ) from None

    def _lost(self) -> dict[str, int] | None:
        found = self._file.metadata.get(mcap_format.LOST)
        if found is None:
            return None
        try:
            return {topic: int(count) for topic, count in found.items()}
        except ValueError:
            raise self._file.error(
                f"metadata {mcap_format.LOST} without numbers", EXPECTED
            ) from None

    def _name_tracks(self) -> None:
        file = self._file
        for number, channel in file.channels.items():
            schema = file.schemas.get(channel.schema_id)
            try:
                if channel.message_encoding != mcap_format.MESSAGE_ENCODING:
                    raise ValueError(f"found messages in {channel.message_encoding!r}")
                if schema is None:
                    raise ValueError("found messages without a schema")
                kind = mcap_format.type_of(schema.name, schema.encoding, schema.data)
            except ValueError as why:
                self.others[channel.topic] = str(why)
                continue
            buffers = channel.metadata.get("buffer_num", "")
            # int() accepts only some thousand digits; 30 are refused as well.
            buffer_num = int(buffers[:30]) if buffers.isdecimal() else USUAL_BUFFERS
            self.tracks[number] = Track(channel.topic, kind, buffer_num)
        for number in sorted(file.counts.keys() - file.channels.keys()):
            self.others[f"channel {number}"] = "found messages, but no record of their channel"
