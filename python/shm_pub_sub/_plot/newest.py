"""A topic's newest value, or a part of it, as a picture or as a curve over its index."""

from __future__ import annotations

from typing import Any

from .._errors import ClosedError, OpenError, ShmError, TopicTypeError
from .._numpy import is_array
from .._paths import PathError, part
from .._spec import Spec
from .._views import Shown, View, is_curve
from .curve import state_text


class Newest:
    """What is drawn of the newest value.

    Args:
        name: The topic's name, with the part.
        steps: To the part.
        spec: The type of the part.
        view: Makes of the part what is shown.
    """

    def __init__(self, name: str, steps: tuple[str | int, ...], spec: Spec, view: View) -> None:
        self.name = name
        self.steps = steps
        self.view = view
        self.is_picture = not is_curve(spec)
        """Whether it is a picture; otherwise a curve."""
        self._spec = spec
        self.unit = self.description = ""
        self.shown: Shown | None = None
        """None before the first value."""
        self.count = 0
        """Elements of the curve."""
        self.time = 0
        """Of the value that is shown, CLOCK_MONOTONIC in nanoseconds."""
        self.alive = False
        self.error: ShmError | None = None
        """Why there is nothing, or nothing newer, to show."""
        self._sequence = 0

    @property
    def has_value(self) -> bool:
        return self.shown is not None

    def refresh(self, subscriber: Any) -> bool:
        """Show the newest value that a subscriber of any type reads, unless it is shown already.

        Report whether it is of this type.
        """
        try:
            sample = subscriber.sample()
            if sample is None or (sample.time_ns, sample.sequence) == (self.time, self._sequence):
                return True
            found = part(sample.value, self.steps)
        except (ClosedError, TopicTypeError, OpenError, PathError):
            return False
        if not _is_of(self._spec, found):
            return False
        self.shown = self.view(found)
        self.count = 0 if self.is_picture else len(found)
        self.time, self._sequence = sample.time_ns, sample.sequence
        self.error = None
        if self.shown is None:
            self.error = TopicTypeError(
                f"topic {self.name!r}: found a value that is not a picture; expected one, and numpy"
            )
        return True

    def label(self, now: int) -> str:
        """Return the line above what is shown."""
        about = "" if self.is_picture or not self.count else f"{self.count} elements"
        about += f", {self.unit}" if self.unit and about else ""
        return state_text(self, about, now)


def _is_of(spec: Spec, value: Any) -> bool:
    """Report whether a value is of a type that is drawn: it may be another publisher's."""
    if spec.kind != "array":
        kinds: dict[str, tuple[type, ...]] = {"list": (list,), "bytes": (bytes, memoryview)}
        fits = isinstance(value, kinds.get(spec.kind, ()))
        return fits and (spec.kind != "list" or not value or isinstance(value[0], (int, float)))
    if not is_array(value):
        return isinstance(value, memoryview)
    if value.ndim != len(spec.shape):
        return False
    if spec.record is not None:
        return {"x", "y", "z"} <= {*(value.dtype.names or ())}
    lengths = zip(spec.shape, value.shape, strict=True)
    return value.dtype == spec.dtype and all(n in (None, length) for n, length in lengths)
