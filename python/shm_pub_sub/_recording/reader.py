"""Reads topics' values from the MCAP files of any program, complete or truncated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .._described import spec_of_descriptor
from .._errors import RecordingError
from .._messages.channels import Foreign, Found, message_from
from . import mcap_format
from .in_order import Piece, in_order
from .mcap_chunks import Chunk, RawMessage
from .mcap_file import EXPECTED, McapFile, NoMcapError
from .parts import parts_of
from .tracks import Channel, Schema, Track, Value

MOST_OPEN = 64
"""Parts that stay open; more are opened for each of their chunks."""
BATCH = 1000
"""Most values of a batch."""
BATCH_BYTES = 1 << 22
"""Bytes at which a batch ends."""


_new: Callable[..., Any] = tuple.__new__  # a third of the time of Value()


class Part:
    """A file, and the numbers of its channels in the recording."""

    def __init__(self, file: McapFile, numbers: dict[int, int], repeats_until: int) -> None:
        self.file, self.numbers = file, numbers
        self.repeats_until = repeats_until

    def messages(self, chunk: Chunk, numbers: Mapping[int, int]) -> list[RawMessage]:
        """Return a chunk's messages of these channels, but for those of the part before."""
        messages = self.file.messages(chunk, numbers)
        first, last = chunk.start_ns, chunk.end_ns
        for message in messages:
            if not first <= message.time_ns <= last:
                # By the chunk's times it would be played too late, or never.
                raise self.file.error(
                    f"a message of time {message.time_ns} in the chunk at byte {chunk.place}, "
                    f"whose times are {first} to {last}",
                    EXPECTED,
                )
        if self.repeats_until >= 0:
            return [each for each in messages if each.publish_ns > self.repeats_until]
        return messages


class Recording:
    """The topics and values of an MCAP file, or of all parts of a recording.

    path: The file; if there is none, but parts of a recording of that name (run_0.mcap, run_1.mcap,
        ...), these.
    keep_open: Keep the files open; otherwise each is opened for every chunk.

    Raises RecordingError if a file is no MCAP file or damaged, and OSError.
    """

    def __init__(self, path: Path, keep_open: bool = True) -> None:
        self.path = path
        self._keep_open = keep_open
        self.parts: list[Path] = []
        """The files that are read."""
        self.channels: dict[int, Channel] = {}
        """All channels of all parts. A channel that several parts have is one."""
        self.counts: Counter[int] = Counter()
        """Number of messages per channel."""
        self.tracks: dict[int, Track] = {}
        self.others: dict[str, str] = {}
        """Topics whose messages are not read, with the reason."""
        self.without_value: Counter[str] = Counter()
        """Number of messages without a value per topic, among those read by batches()."""
        self.complete = True
        """Whether all files are complete; False if their recorder was killed, or still writes."""
        self.notes: list[tuple[str, dict[str, str]]] = []
        """The metadata records of all parts, by name."""
        self.lost: dict[str, int] | None = None
        """Number of values lost per topic; None if the file does not have it."""
        self.left_out: dict[str, str] = {}
        """Topics that could not be recorded, with the reason."""
        self.files: list[Part] = []
        self._next = 1  # greater than every channel's number
        try:
            self._open()
            chunks = [chunk for part in self.files for chunk in part.file.chunks]
            self.start_ns = min((chunk.start_ns for chunk in chunks), default=0)
            """The time of the first message."""
            self.end_ns = max((chunk.end_ns for chunk in chunks), default=0)
            """The time of the last message."""
            self._name_tracks()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for part in self.files:
            part.file.close()

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    def batches(
        self, channels: Collection[int], start_ns: int, end_ns: int
    ) -> Iterator[list[Value]]:
        """Yield the channels' values from start_ns until before end_ns, ordered by time.

        A batch has at most BATCH values and about BATCH_BYTES. Raises RecordingError if a file is
        damaged, and OSError.
        """
        channels = self.tracks.keys() & channels
        decode = {number: self.tracks[number].message.decode for number in channels}
        batch: list[Value] = []
        nbytes = 0
        for messages in self._in_order(channels, start_ns, end_ns):
            for time_ns, publish_ns, sequence, channel, data in messages:
                try:
                    value = decode[channel](data)
                except ValueError as why:
                    raise self._damaged(channel, data, why) from None
                if value is None:
                    self.without_value[self.tracks[channel].topic] += 1
                    continue
                batch.append(_new(Value, (time_ns, publish_ns, sequence, channel, value)))
                nbytes += data.nbytes
                if len(batch) >= BATCH or nbytes >= BATCH_BYTES:
                    yield batch
                    batch, nbytes = [], 0
            if batch:
                yield batch
                batch, nbytes = [], 0

    def raw_messages(
        self, channels: Collection[int], start_ns: int, end_ns: int
    ) -> Iterator[RawMessage]:
        """Yield the channels' messages undecoded, as batches() does."""
        for messages in self._in_order(channels, start_ns, end_ns):
            yield from messages

    def attachments(self) -> Iterator[memoryview]:
        """Yield the contents of the attachment records."""
        for part in self.files:
            for place, length in part.file.attachments:
                yield part.file.read(place, length)

    def _open(self) -> None:
        names = [self.path]
        if not self.path.exists():
            names = parts_of(self.path) or names
        lost: dict[str, int] = {}
        for name in names:
            try:
                file = McapFile(name, keep_open=self._keep_open and len(names) <= MOST_OPEN)
            except (NoMcapError, FileNotFoundError) as error:
                # The recorder may have been killed at a part's beginning, and it removes old ones.
                begun = isinstance(error, NoMcapError) and name == names[-1]
                if len(names) == 1 or not (begun or isinstance(error, FileNotFoundError)):
                    raise
                self.complete = self.complete and not begun
                continue
            self._add(file, lost)
        if not self.files:
            raise FileNotFoundError(2, "No such file or directory", str(self.path))

    def _add(self, file: McapFile, lost: dict[str, int]) -> None:
        notes = dict(file.notes)
        numbers = self._number(file)
        before = self.parts and self.parts[-1].name
        about = notes.get(mcap_format.RECORDING, {})
        repeats = -1
        if before and about.get("previous") == before:
            repeats = _integer(about.get("repeats_until"), -1)
        self.parts.append(file.path)
        self.files.append(Part(file, numbers, repeats))
        self.complete = self.complete and file.complete
        self.notes += file.notes
        self.left_out |= notes.get(mcap_format.LEFT_OUT, {})
        repeated = notes.get(mcap_format.REPEATS, {}) if repeats >= 0 else {}
        for theirs, ours in numbers.items():
            source = file.channels[theirs].metadata.get("source", "")
            count = file.counts[theirs] - _integer(repeated.get(source), 0)
            if count > 0:
                self.counts[ours] += count
        for topic, count in _lost(file, notes).items():
            lost[topic] = lost.get(topic, 0) + count
        if mcap_format.LOST in notes:
            self.lost = lost

    def _number(self, file: McapFile) -> dict[int, int]:
        """Return the recording's numbers of a file's channels; equal ones of two files are one."""
        known = {_key(channel): number for number, channel in self.channels.items()}
        numbers: dict[int, int] = {}
        for number, found in file.channels.items():
            about = file.schemas.get(found.schema_id)
            schema = None if about is None else Schema(about.name, about.encoding, about.data)
            channel = Channel(found.topic, found.message_encoding, found.metadata, schema)
            ours = known.pop(_key(channel), None)
            if ours is None:
                ours = number if number not in self.channels else self._next
                self._next = max(self._next, ours + 1)
                self.channels[ours] = channel
            numbers[number] = ours
        for number in sorted(file.counts.keys() - file.channels.keys()):
            self.others[f"channel {number}"] = "found messages, but no record of their channel"
        return numbers

    def _in_order(
        self, channels: Collection[int], start_ns: int, end_ns: int
    ) -> Iterator[list[RawMessage]]:
        pieces = []
        for part in self.files:
            numbers = {theirs: ours for theirs, ours in part.numbers.items() if ours in channels}
            for chunk in part.file.chunks:
                if chunk.channels is None or not chunk.channels.isdisjoint(numbers):
                    read = partial(part.messages, chunk, numbers)
                    pieces.append(Piece(chunk.start_ns, chunk.end_ns, read))
        return in_order(pieces, start_ns, end_ns)

    def _damaged(self, channel: int, data: memoryview, why: ValueError) -> RecordingError:
        found = f"a message of {self.tracks[channel].topic!r}, {bytes(data[:60])!r}"
        return self._error(found, why)

    def _error(self, found: str, why: object) -> RecordingError:
        return RecordingError(f"read {str(self.path)!r}: found {found}; {why}")

    def _name_tracks(self) -> None:
        """Find the topics' types; those of other programs may need to read all their messages."""
        scanned: dict[int, Foreign] = {}
        for number, channel in self.channels.items():
            try:
                if channel.schema is None:
                    raise ValueError(f"found messages in {channel.encoding!r} without a schema")
                found = message_from(channel.metadata, *channel.schema, channel.encoding)
            except ValueError as why:
                self.others[channel.topic] = str(why)
                continue
            if isinstance(found, Found):
                self._add_track(number, found)
            else:
                scanned[number] = found
        if scanned:
            self._scan(scanned)

    def _scan(self, scanned: dict[int, Foreign]) -> None:
        refused: set[int] = set()
        for message in self.raw_messages(scanned, self.start_ns, self.end_ns + 1):
            number = message.channel
            try:
                if number not in refused:
                    scanned[number].scan(message.data)
            except ValueError as why:
                self.others[self.channels[number].topic] = str(why)
                refused.add(number)
        for number in scanned.keys() - refused:
            try:
                self._add_track(number, scanned[number].found())
            except ValueError as why:
                self.others[self.channels[number].topic] = str(why)

    def _add_track(self, number: int, found: Found) -> None:
        descriptor, metadata, message, buffer_num, views, loans, retain = found
        kept = (metadata, buffer_num, views, loans, retain, message)
        type_name = str(spec_of_descriptor(descriptor))
        self.tracks[number] = Track(self.channels[number].topic, descriptor, type_name, *kept)


def _key(channel: Channel) -> tuple[Any, ...]:
    return (*channel[:2], tuple(sorted(channel.metadata.items())), channel.schema)


def _integer(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 30 else otherwise


def _lost(file: McapFile, notes: Mapping[str, dict[str, str]]) -> dict[str, int]:
    try:
        return {topic: int(count) for topic, count in notes.get(mcap_format.LOST, {}).items()}
    except ValueError:
        raise file.error(f"metadata {mcap_format.LOST} without numbers", EXPECTED) from None
