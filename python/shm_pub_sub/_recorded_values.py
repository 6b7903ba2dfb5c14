"""Reads the values of a recording's topics: one by one, or all of them into arrays."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ._described import spec_of_descriptor
from ._errors import RecordingError
from ._numpy import numpy_or_none
from ._raw_values import dtype_of, value_of

if TYPE_CHECKING:
    from ._recording.columns import Plain
    from ._recording.reader import Recording
    from ._recording.tracks import Value
    from ._spec import Spec

SMALL = 64
"""Bytes of a value up to which topics are loaded together: passing over it costs as much."""

_CODES = {"bool": "b", "int": "q", "float": "d"}


class Channels:
    """The channels of one topic: those of its publishers, one after the other."""

    def __init__(self, source: Source, numbers: Sequence[int]) -> None:
        self.source, self.numbers = source, numbers
        tracks = [source.recording.tracks[number] for number in numbers]
        self.specs = {
            n: spec_of_descriptor(t.descriptor) for n, t in zip(numbers, tracks, strict=True)
        }
        self.topic = tracks[0].topic
        self.metadata = tracks[-1].metadata
        self.type_name = ", ".join(dict.fromkeys(track.type_name for track in tracks))
        self.count: int | None = None
        """The number of values, once it is known."""
        self.loaded: Loaded | None = None
        source.known.add(self)

    @property
    def spec(self) -> Spec | None:
        """The type, if all publishers' is the same."""
        specs = {spec.descriptor: spec for spec in self.specs.values()}
        return next(iter(specs.values())) if len(specs) == 1 else None

    @property
    def is_small(self) -> bool:
        return all(s.is_number or s.kind == "scalar" for s in self.specs.values())

    def __len__(self) -> int:
        if self.loaded is not None:
            return len(self.loaded.time_ns)
        if self.count is None:
            self.source.count(self)
        return self.count or 0

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """Yield time and value of each, decoding some in advance."""
        make = self.makers()
        for batch in self.source.batches(self.numbers):
            for value in batch:
                try:
                    yield _time(value), make[value.channel](value.value)
                except ValueError as error:
                    raise self.source.damaged(self.topic, error) from None

    def makers(self) -> dict[int, Callable[[Any], Any]]:
        """Return the functions that make a channel's values: arrays if numpy is installed."""
        if not self.is_small:
            numpy_or_none()
        return {number: value_of(spec) for number, spec in self.specs.items()}

    def load(self) -> Loaded:
        """Return all values, read when first asked for."""
        if self.loaded is None:
            self.source.load(self)
            assert self.loaded is not None
        return self.loaded


class Source:
    """A recording, or a part of it: from start_ns until before end_ns."""

    def __init__(self, recording: Recording, start_ns: int, end_ns: int) -> None:
        self.recording = recording
        self.known: WeakSet[Channels] = WeakSet()
        self._span = start_ns, end_ns

    def batches(self, numbers: Sequence[int]) -> Iterator[list[Value]]:
        return self.recording.batches(numbers, *self._span)

    def count(self, wanted: Channels) -> None:
        """Count the values of a topic, by the files' index if that says it."""
        self._together(wanted, self._count)

    def _count(self, together: Sequence[Channels]) -> None:
        found = self.recording.counts
        if not self._counts_hold():
            found = Counter()
            numbers = [number for channels in together for number in channels.numbers]
            for batch in self.batches(numbers):
                found.update([value.channel for value in batch])
        for channels in together:
            channels.count = sum(found[number] for number in channels.numbers)

    def load(self, wanted: Channels) -> None:
        """Load the values of a topic."""
        self._together(wanted, self._load)

    def _load(self, loading: Sequence[Channels]) -> None:
        plain = [(each, found) for each in loading if (found := _plain(each, self.recording))]
        if plain and numpy_or_none() is not None:
            from ._recording.columns import columns

            read = columns(self.recording, [found for _, found in plain], *self._span)
            for (channels, _), own in zip(plain, read or [], strict=bool(read)):
                channels.loaded = _from_columns(channels, *own)
        self._load_each([each for each in loading if each.loaded is None])

    def _load_each(self, loading: Sequence[Channels]) -> None:
        """Load values one by one."""
        loaders = [_loader(channels) for channels in loading]
        numbered = zip(loading, loaders, strict=True)
        loader_of = {number: own for channels, own in numbered for number in channels.numbers}
        for batch in self.batches([*loader_of]) if loader_of else ():
            values: dict[Loaded, list[Value]] = {own: [] for own in loaders}
            for value in batch:
                values[loader_of[value.channel]].append(value)
            for own, taken in values.items():
                try:
                    own.add(taken)
                except (ValueError, OverflowError) as error:  # the latter of times, which are u64
                    raise self.damaged(own.topic, error) from None
        for channels, own in zip(loading, loaders, strict=True):
            channels.loaded = own

    def _together(self, wanted: Channels, read: Callable[[list[Channels]], None]) -> None:
        """Read a topic, if it is small in one pass with all in use that are small."""
        others = [each for each in self.known if each.is_small and each is not wanted]
        try:
            read([wanted, *others] if wanted.is_small else [wanted])
        except RecordingError:
            read([wanted])  # another one may be damaged

    def damaged(self, topic: str, error: Exception) -> RecordingError:
        return RecordingError(f"read {str(self.recording.path)!r}: {topic}: {error}")

    def _counts_hold(self) -> bool:
        """Report whether the files' index says how many values there are."""
        first_ns, end_ns = self._span
        recording = self.recording
        return (
            (first_ns <= recording.start_ns and recording.end_ns < end_ns)
            and all(recording.channels[n].encoding != "json" for n in recording.tracks)
            and not any("repeats_until" in metadata for _, metadata in recording.notes)
        )


class Loaded:
    """All values of a topic. This one keeps them as a list."""

    def __init__(self, channels: Channels) -> None:
        self.topic = channels.topic
        self._times = array("q")
        self._values: list[Any] = []
        self._make = channels.makers()

    def add(self, values: Sequence[Value]) -> None:
        """Take values of these channels. Raises ValueError if they are none of their types."""
        make = self._make
        self._values += [make[each.channel](each.value) for each in values]
        self._add_times(values)

    def _add_times(self, values: Sequence[Value]) -> None:
        self._times.extend(map(_time, values))

    @property
    def time_ns(self) -> Any:
        """When each was published: numpy's int64, or a list without numpy."""
        numpy = numpy_or_none()
        return self._times.tolist() if numpy is None else numpy.frombuffer(self._times, "int64")

    @property
    def values(self) -> Any:
        return self._values


class _Numbers(Loaded):
    """Of bools, ints or floats."""

    def __init__(self, channels: Channels, spec: Spec) -> None:
        super().__init__(channels)
        self._kind = spec.kind
        self._numbers = array(_CODES[spec.kind])

    def add(self, values: Sequence[Value]) -> None:
        self._numbers.extend([each.value for each in values])
        self._add_times(values)

    @property
    def values(self) -> Any:
        numpy = numpy_or_none()
        if numpy is None:
            found = self._numbers.tolist()
            return [*map(bool, found)] if self._kind == "bool" else found
        dtype = {"bool": "?", "int": "int64", "float": "float64"}[self._kind]
        return numpy.frombuffer(self._numbers, dtype)


class _Arrays(Loaded):
    """Of a type of fixed size, as numpy has them."""

    def __init__(self, channels: Channels, time_ns: Any, values: Any) -> None:
        super().__init__(channels)
        self._time_ns, self._array = time_ns, values

    @property
    def time_ns(self) -> Any:
        return self._time_ns

    @property
    def values(self) -> Any:
        return self._array


class _Fixed(Loaded):
    """Of a type of fixed size that numpy has: their bytes, one value after the other."""

    def __init__(self, channels: Channels, dtype: Any, shape: tuple[int, ...]) -> None:
        super().__init__(channels)
        self._dtype, self._shape = dtype, shape
        self._bytes = bytearray()

    def add(self, values: Sequence[Value]) -> None:
        for each in values:
            self._bytes += each.value
        self._add_times(values)

    @property
    def values(self) -> Any:
        numpy = numpy_or_none()
        found = numpy.frombuffer(self._bytes, self._dtype)
        return found.reshape((len(self._times), *self._shape))


def _loader(channels: Channels) -> Loaded:
    spec = channels.spec
    if spec is None:
        return Loaded(channels)
    if spec.is_number:
        return _Numbers(channels, spec)
    found = None if numpy_or_none() is None else dtype_of(spec)
    return Loaded(channels) if found is None else _Fixed(channels, *found)


def _plain(channels: Channels, recording: Recording) -> Plain | None:
    """Return how messages of the topic are read a chunk at a time, if they are."""
    from ._recording.columns import LARGE, Plain

    kinds = {getattr(recording.tracks[n].message, "plain", None) for n in channels.numbers}
    found = kinds.pop()
    if kinds or found is None or found[1] > LARGE or channels.spec is None:
        return None
    return Plain(channels.numbers, *found)


def _from_columns(channels: Channels, time_ns: Any, values: Any) -> Loaded | None:
    """Return the values that are given as rows of bytes; None if they must be read one by one."""
    spec, numpy = channels.spec, numpy_or_none()
    found = None if spec is None else dtype_of(spec)
    if spec is None or found is None or (spec.kind == "bool" and (values > 1).any()):
        return None
    dtype, shape = found
    size = dtype.itemsize * prod(shape)
    if values.shape[1] < size:  # without the padding at the end of a record
        whole = numpy.zeros((len(values), size), "u1")
        whole[:, : values.shape[1]] = values
        values = whole
    made = numpy.ascontiguousarray(values).view(dtype).reshape((len(time_ns), *shape))
    return _Arrays(channels, time_ns, made)


def _time(value: Value) -> int:
    """Return when a value was published; others may not write it."""
    return value.publish_ns or value.time_ns
