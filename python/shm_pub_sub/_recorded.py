"""Recordings in programs: the values of each topic, read when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._arguments import short_repr
from ._errors import RecordingError, TopicNotFoundError, TopicTypeError, TopicValueError
from ._patterns import matched, unmatched
from ._recorded_values import Channels, Source
from ._text import counted, listed, printable, short_type, table

if TYPE_CHECKING:
    from ._recording.reader import Recording

MOST_SECONDS = 1e9


class Recorded:
    """The values of one topic of a recording, which `read_recording` returns.

    Iterating yields the time and the value of each, in the order of the recording, and keeps none
    of them: `for time_ns, value in recorded`. Values are as `Subscriber(name)` reads them.
    `len()` is their number.
    """

    def __init__(self, channels: Any, lost: int | None) -> None:
        self._channels: Channels = channels
        self._lost = lost

    @property
    def topic(self) -> str:
        """The topic's name."""
        return self._channels.topic

    @property
    def type_name(self) -> str:
        """The type in full, such as "float" or "uint8[480,640,3]"; several if it changed."""
        return self._channels.type_name

    @property
    def unit(self) -> str:
        """The unit of its values, if the publisher gave one."""
        return str(self.metadata.get("unit", ""))

    @property
    def metadata(self) -> dict[str, Any]:
        """What the publisher said about the topic, as of `TopicInfo.metadata`."""
        return self._channels.metadata

    @property
    def lost(self) -> int | None:
        """The number of values that the recorder lost in the whole recording; None if unknown."""
        return self._lost

    @property
    def time_ns(self) -> Any:
        """When each value was published, in ns since 1970: int64[n]; a list without numpy.

        That is the time of measurement if the publisher gave one.
        """
        return self._channels.load().time_ns

    @property
    def values(self) -> Any:
        """All values, read when first asked for.

        bool, int and float topics, and scalars: an array[n]. Arrays of a fixed shape: one
        array[n, *shape]. Records whose fields have fixed sizes: a structured array[n]. Anything
        else, and everything without numpy: a list of values.
        """
        return self._channels.load().values

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a row for each value, indexed by time in UTC.

        Its columns are those of `Subscriber.to_pandas`: "value", or one for each field of a record
        and each element of a short array. Raises ImportError without pandas, which the extra
        `notebook` brings.
        """
        from ._frame import frame, frame_of_array
        from ._spec import Spec

        spec, values = self._channels.spec, self.values
        if spec is None:
            return frame(Spec("bytes", bytes, b""), self.time_ns, values)  # one column of objects
        made = frame if isinstance(values, list) else frame_of_array
        return made(spec, self.time_ns, values)

    def __len__(self) -> int:
        return len(self._channels)

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        return iter(self._channels)

    def __repr__(self) -> str:
        what = f"{short_type(self.type_name)}, {counted(len(self), 'value')}"
        return f"<Recorded {short_repr(self.topic)}: {printable(what)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from . import _html
        from ._metadata import shown

        def show() -> str:
            rows: dict[str, object] = {"topic": self.topic, "type": self.type_name}
            rows |= {"values": f"{len(self):,}", "lost": "-" if self.lost is None else self.lost}
            about = shown(self.metadata)
            return _html.fields(rows | {part: "; ".join(lines) for part, lines in about.items()})

        return _html.safely(show, self)


class RecordedTopics(dict[str, Recorded]):
    """The topics of a recording by name, which `read_recording` returns. It prints as a table."""

    start_ns: int
    """When the recording begins, in ns since 1970."""
    seconds: float
    """Its length, from the first value to the last."""
    complete: bool
    """Whether its recorder finished it; False if it was killed, or still records."""
    not_read: dict[str, str]
    """Topics that are in the file but cannot be read, and topics not recorded; with the reason."""

    def __repr__(self) -> str:
        if not self:
            return "{}"
        return table([_HEADING, *self._rows()], right=(2, 3))

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                printable(topic),
                short_type(one.type_name),
                f"{len(one):,}",
                "-" if one.lost is None else f"{one.lost:,}",
                printable(one.unit),
            )
            for topic, one in self.items()
        ]

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from . import _html

        return _html.safely(lambda: _html.table(_HEADING, self._rows(), right=(2, 3)), self)


_HEADING = ("topic", "type", "values", "lost", "unit")


def read_recording(
    path: str | os.PathLike[str],
    topics: str | Iterable[str] | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
) -> RecordedTopics:
    """Return the topics of a recording, by name, whose values are read when they are asked for.

    Needs the package mcap, which the extra `record` brings; with numpy, values come as arrays.

    Args:
        path: The MCAP file, of any program. If there is no such file but there are its parts, as
            `record` writes with --split-size, they are read as one.
        topics: Names, or shell patterns of names; all topics if None.
        start: Leave out what is before this time, in seconds from the recording's beginning.
        end: Leave out what is from this time on, in seconds from the recording's beginning.

    Raises:
        TopicNotFoundError: A name is of no topic in the recording (a LookupError).
        RecordingError: The file is no MCAP file, or damaged, or mcap is not installed, or a topic
            that is named cannot be read (a RuntimeError). Damage of values is found when they are
            read.
        OSError: The file cannot be opened or read.
        TopicTypeError: An argument has a type that is not accepted (a TypeError).
        TopicValueError: start or end is negative or no finite number (a ValueError).
    """
    where = _path(path)
    words = _words(topics)
    first, last = _seconds("start", start), _seconds("end", end)
    from ._recording import mcap_format

    mcap_format.check_installed()
    from ._recording.reader import Recording

    recording = Recording(where, keep_open=False)
    start_ns, end_ns = recording.start_ns, recording.end_ns + 1
    span = (
        start_ns if first is None else start_ns + round(first * 1e9),
        end_ns if last is None else min(end_ns, start_ns + round(last * 1e9)),
    )
    return _topics(recording, words, Source(recording, *span))


def _topics(recording: Recording, words: list[str] | None, source: Source) -> RecordedTopics:
    numbers: dict[str, list[int]] = {}
    for number, track in recording.tracks.items():
        numbers.setdefault(track.topic, []).append(number)
    not_read = recording.left_out | recording.others
    names = sorted(numbers)
    if words is not None:
        everything = sorted({*names, *not_read})
        _check_there(recording, words, everything)
        chosen = matched(words, everything) if words else []
        for name in words:
            if name in recording.others and name not in numbers:
                raise RecordingError(
                    f"read {str(recording.path)!r}: topic {short_repr(name)}: "
                    f"{recording.others[name]}; expected values of a topic"
                )
        names = [name for name in names if name in chosen]
    found = RecordedTopics()
    for name in names:
        lost = None if recording.lost is None else recording.lost.get(name, 0)
        found[name] = Recorded(Channels(source, sorted(numbers[name])), lost)
    found.start_ns, found.seconds = recording.start_ns, recording.seconds
    found.complete, found.not_read = recording.complete, not_read
    return found


def _check_there(recording: Recording, words: list[str], there: list[str]) -> None:
    """Raise TopicNotFoundError if a name, which is no pattern, is of no topic."""
    for word in unmatched(words, there):
        if set("*?[").isdisjoint(word):
            raise TopicNotFoundError(
                f"read {str(recording.path)!r}: found no topic {short_repr(word)}; expected one "
                f"of {listed(there) or 'those that it has, which are none'}"
            )


def _path(given: object) -> Path:
    try:
        path = os.fsdecode(os.fspath(given))  # type: ignore[call-overload]
    except TypeError:
        raise TopicTypeError(
            f"read_recording: found the path {short_repr(given)}; expected a str or a Path"
        ) from None
    if "\0" in path:
        raise TopicValueError(f"read_recording: found {short_repr(path)} with a NUL; expected none")
    return Path(os.path.abspath(path))  # the program may change its directory


def _words(given: object) -> list[str] | None:
    if given is None:
        return None
    words = [given] if isinstance(given, str) else given
    try:
        found = [*words]  # type: ignore[misc]
    except TypeError:
        found = [None]
    if not all(isinstance(word, str) for word in found):
        raise TopicTypeError(
            f"read_recording: found topics {short_repr(given)}; expected names of topics"
        )
    return found


def _seconds(what: str, given: object) -> float | None:
    if given is None:
        return None
    try:
        seconds = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise TopicTypeError(
            f"read_recording: found {what} {short_repr(given)}; expected seconds, or None"
        ) from None
    if not 0 <= seconds <= MOST_SECONDS:
        raise TopicValueError(
            f"read_recording: found {what} {short_repr(given)}; expected 0 or more seconds from "
            "the recording's beginning"
        )
    return seconds
