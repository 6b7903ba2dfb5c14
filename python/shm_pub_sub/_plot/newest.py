"""A topic's newest value, or a part of it, as a picture or as a curve over its index."""

from __future__ import annotations

from typing import Any

from .._errors import ClosedError, OpenError, ShmError, TopicTypeError
from .._paths import PathError, part
from .._views import Shown, View
from .curve import state_text


class Newest:
    """What is drawn of the newest value.

    Args:
        name: The topic's name, with the part.
        steps: To the part.
        view: Makes of the part what is shown.
        is_picture: Whether it is a picture; otherwise a curve.
    """

    def __init__(
        self, name: str, steps: tuple[str | int, ...], view: View, is_picture: bool
    ) -> None:
        self.name = name
        self.steps = steps
        self.view = view
        self.is_picture = is_picture
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

    def refresh(self, subscriber: Any) -> None:
        """Show the newest value that a subscriber reads, unless it is shown already."""
        try:
            sample = subscriber.sample()
            if sample is None or (sample.time_ns, sample.sequence) == (self.time, self._sequence):
                return
            found = part(sample.value, self.steps)
            self.shown = self.view(found)
        except (ClosedError, TopicTypeError, OpenError):
            return  # the feed finds that out
        except PathError as error:
            self.error = TopicTypeError(f"topic {self.name!r}: {error}")
            return
        self.count = 0 if self.is_picture else len(found)
        self.time, self._sequence = sample.time_ns, sample.sequence
        self.error = None
        if self.shown is None:
            self.error = TopicTypeError(
                f"topic {self.name!r}: found a value that is no picture; expected one, and numpy"
            )

    def label(self, now: int) -> str:
        """Return the line above what is shown."""
        about = "" if self.is_picture or not self.count else f"{self.count} elements"
        about += f", {self.unit}" if self.unit and about else ""
        return state_text(self, about, now)
