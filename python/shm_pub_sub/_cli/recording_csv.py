"""The table that `recording csv` writes: a line for each value, a column for each field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from shm_pub_sub import RecordingError
from shm_pub_sub._described import spec_of_descriptor
from shm_pub_sub._paths import Selected
from shm_pub_sub._raw_values import value_of

from .lines import any_cell, heading, seconds, text_cell
from .output import log
from .parts import Parts

if TYPE_CHECKING:
    from shm_pub_sub._recording.reader import Recording
    from shm_pub_sub._recording.tracks import Track, Value


class Channel:
    """How values of one channel become cells. Raises PathError if they do not fit a table."""

    glance: Callable[[Any], Any] | None = staticmethod(lambda value: value)

    def __init__(self, selected: Selected, track: Track) -> None:
        self.name = track.topic
        self.descriptor = track.descriptor
        parts = Parts(selected, (), as_table=True)
        self.trouble = parts.accept(self)  # type: ignore[arg-type]
        self.columns = [] if self.trouble else parts.column_names(self.name)
        self._make = value_of(spec_of_descriptor(track.descriptor))

    def cells(self, value: Any) -> tuple[Any, ...]:
        assert self.glance is not None
        found: tuple[Any, ...] = self.glance(self._make(value))
        return found


class Table:
    """The lines of the selected topics of a recording, or of parts of their values.

    Raises RecordingError if none fits a table.
    """

    def __init__(self, recording: Recording, selected: Selected) -> None:
        self._recording = recording
        names = sorted({track.topic for track in recording.tracks.values()})
        chosen = {*selected.of(names)}
        self.refused = False
        """Whether topics are left out that were not chosen by a pattern."""
        self._channels: dict[int, Channel] = {}
        troubles: dict[str, None] = {}  # once, however often the publisher was restarted
        for number, track in sorted(recording.tracks.items(), key=lambda item: item[1].topic):
            if track.topic in chosen:
                channel = Channel(selected, track)
                if channel.trouble:
                    troubles[f"{track.topic} is left out: {channel.trouble}"] = None
                    self.refused = self.refused or track.topic in selected.names
                else:
                    self._channels[number] = channel
        for trouble in troubles:
            log(trouble)
        if not self._channels:
            raise RecordingError(
                f"csv {str(recording.path)!r}: found no topic that fits a table; select parts "
                "of values; `recording info` lists the topics"
            )
        columns = (name for channel in self._channels.values() for name in channel.columns)
        self._header = [*dict.fromkeys(columns)]

    def lines(self) -> Iterator[list[str]]:
        """Yield the lines in pieces, the heading first."""
        yield [heading(self._header)]
        recording, channels = self._recording, self._channels
        begin = {number: self._begin(channel) for number, channel in channels.items()}
        end = recording.end_ns + 1
        for batch in recording.batches(channels, recording.start_ns, end):
            yield [self._line(value, *begin[value.channel]) for value in batch]

    def _begin(self, channel: Channel) -> tuple[str, Channel, list[int]]:
        """Return what lines of a channel have in common: the topic, and where its columns are."""
        places = [self._header.index(name) for name in channel.columns]
        return text_cell(channel.name), channel, places

    def _line(self, value: Value, topic: str, channel: Channel, places: list[int]) -> str:
        time_ns, publish_ns, sequence, _, raw = value
        try:
            cells = channel.cells(raw)
        except ValueError as error:
            raise RecordingError(
                f"read {str(self._recording.path)!r}: {channel.name}: {error}"
            ) from None
        row = [""] * len(self._header)
        for place, cell in zip(places, cells, strict=True):
            row[place] = any_cell(cell)
        return f"{seconds(publish_ns or time_ns)},{topic},{sequence},{','.join(row)}\n"
