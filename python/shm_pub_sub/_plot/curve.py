"""A topic's values in a window of time, as a curve of few points that looks like all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .._errors import ShmError
from .._text import duration, number, printable, shortened

Point = tuple[int, float]
"""CLOCK_MONOTONIC in nanoseconds, and the value; NaN at a gap."""

COLUMNS = 1000
"""Moments in a window. No plot is more pixels wide."""

NAN = float("nan")


class Curve:
    """A topic's values, reduced to the first, lowest, highest and last of each moment.

    Lines through these cover the same pixels as lines through all values (M4; Jugel and others,
    VLDB 2014).

    Args:
        name: The topic's name.
        window: The length of the window in nanoseconds.
        by_pattern: Whether a pattern found the topic; otherwise the caller named it.
    """

    def __init__(self, name: str, window: int, by_pattern: bool = False) -> None:
        self.name = name
        self.by_pattern = by_pattern
        self.steps: tuple[str | int, ...] = ()
        """To the number in the topic's values."""
        self.type: type | None = None
        """None until the topic exists."""
        self.newest: Any = None
        self.time = 0
        """Of the newest value, as of a Point."""
        self.sequence = 0
        """Of the newest value."""
        self.unit = self.description = ""
        """Of the topic, as its publisher says."""
        self.alive = False
        """Whether the topic has a live publisher."""
        self.lost = 0
        """Values that were overwritten before they were taken."""
        self.error: ShmError | None = None
        """Why the topic cannot be read."""
        self.resolution = max(window // COLUMNS, 1)
        """Of the curve: the nanoseconds of a moment."""
        self._window = window
        self._points: deque[Point] = deque(maxlen=5 * COLUMNS + 10)
        self._moment = -1
        self._corners: list[tuple[int, int, float]] = []  # first, lowest, highest, last
        self._number = 0  # of a corner, to sort by
        self._gap = 0  # the time of one that ends the moment

    @property
    def has_value(self) -> bool:
        return self.newest is not None

    def add(self, sequence: int, at: int, value: bool | int | float) -> None:
        """Add a value; a sequence number that does not grow begins another publisher's values."""
        if at < self.time or (at == self.time and sequence == self.sequence):
            return  # known already: the topic was reopened, or its next publisher kept the value
        if sequence <= self.sequence:
            self._gap = self.time
        moment = at // self.resolution
        if moment != self._moment:
            self._seal()
            self._moment = moment
        self.sequence, self.time = sequence, at
        self._place(at, value)

    def add_batch(self, sequence: int, at: int, values: Sequence[bool | int | float]) -> None:
        """Add values that have one time."""
        self.add(sequence, at, values[0])
        # Comparisons with NaN are false: it would hide the others.
        finite = [value for value in values if value - value == 0] or values[-1:]
        for value in (min(finite), max(finite), values[-1]):
            self._place(at, value)

    def _place(self, at: int, value: bool | int | float) -> None:
        """Add a value to the current moment."""
        self.newest = value
        if value - value != 0:  # NaN or infinite
            self._gap = at
            return
        self._number += 1
        corner = (self._number, at, float(value))
        corners = self._corners
        if not corners:
            self._corners = [corner] * 4
            return
        if corner[2] < corners[1][2]:
            corners[1] = corner
        elif corner[2] > corners[2][2]:
            corners[2] = corner
        corners[3] = corner

    def points(self, now: int) -> list[Point]:
        """Return the curve up to now, from the last point before the window on.

        bools are steps: the last one lasts until now if the publisher is alive.
        """
        if now // self.resolution > self._moment:
            self._seal()
        self._trim(now)
        points = [*self._points, *self._unsealed_points()]
        if self.type is bool and self.alive and points and points[-1][1] == points[-1][1]:
            points.append((max(now, points[-1][0]), points[-1][1]))
        return points

    def _unsealed_points(self) -> Iterator[Point]:
        last = 0
        for _, last, value in sorted(set(self._corners)):
            yield last, value
        if self._gap:
            yield max(last, self._gap), NAN

    def _seal(self) -> None:
        self._points.extend(self._unsealed_points())
        self._corners, self._gap = [], 0
        self._trim(self.time)

    def _trim(self, now: int) -> None:
        points, since = self._points, now - self._window
        while len(points) > 1 and points[1][0] < since:
            points.popleft()


def shared_unit(curves: Iterable[Curve]) -> str:
    """Return the unit of the axis that the curves share; "" if they have none, or not all one."""
    units = {curve.unit for curve in curves}
    return printable(shortened(units.pop(), 40)) if len(units) == 1 else ""


def title(curves: Sequence[Any]) -> str:
    """Return the title of a plot of the curves: the description of the topic, if it is of one."""
    return printable(shortened(curves[0].description, 100)) if len(curves) == 1 else ""


def label(curve: Curve, now: int) -> str:
    """Return the text of a curve's legend."""
    if curve.error is None and curve.type is None:
        return f"{printable(curve.name)}: not there yet"
    unit = printable(shortened(f" {curve.unit}", 40)) if curve.unit else ""
    about = f"{number(curve.newest)}{unit}" if curve.has_value else ""
    return state_text(curve, about, now)


def state_text(drawn: Any, about: str, now: int) -> str:
    """Return the name of what is drawn, what about says, and how old it is."""
    name = printable(drawn.name)
    if drawn.error is not None:
        return f"{name}: cannot be read"
    if not drawn.has_value:
        return f"{name}: no value yet"
    state = "" if drawn.alive else "no publisher"
    if drawn.alive and (age := (now - drawn.time) / 1e9) > 1:
        state = f"{duration(age)} old"
    return f"{name}: {', '.join(filter(None, (printable(about), state)))}".removesuffix(": ")
