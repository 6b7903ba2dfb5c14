"""Values of topics in a window of time, as curves: what plots are drawn from.

A topic is followed from one publisher to the next, whatever their types, and from before it is
there. Nobody is woken for it: the collector looks again before the topic's ring is full, within
limits. So a topic that is faster than its ring is long shows as a part of its values.
"""

from __future__ import annotations

import time
from collections import deque

from .._errors import OpenError, TopicNotFoundError, TopicTypeError, WaitTimeoutError
from .._subscriber import Subscriber
from .._text import duration, number, printable
from .._topics import inspect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

Point = tuple[int, float]
"""CLOCK_MONOTONIC in nanoseconds, and the value; NaN where the curve has a gap."""

COLUMNS = 1000
"""Moments that a window is divided into: no plot has more pixels in a row."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds between looks at what the topics have."""

LOOK = 0.25
"""Seconds between looks at whether a topic is there, and whether a new one matches a pattern."""

AT_ONCE = 20_000
"""Values that are taken of a topic at once: the first time those that it has kept already."""


FAST = 20_000
"""Values a second, from which on they are not taken one by one."""

NAN, INFINITY = float("nan"), float("inf")


class Curve:
    """One topic's values of the last while, as few of them as look like all.

    Of each moment the first, the lowest, the highest and the last value are kept: their line covers
    the same pixels as that of all values (M4; Jugel and others, VLDB 2014).
    """

    def __init__(self, name: str, where: str, window: int, trust: str) -> None:
        self.name = name
        self.type: type | None = None
        """None until the topic is there."""
        self.newest: Any = None
        self.alive = False
        self.lost = 0
        """Values that were overwritten before they could be taken."""
        self.trouble: OpenError | None = None
        """Why the topic that is there cannot be read."""
        self.matched = False
        """Whether a pattern found it, and nobody named it."""
        self._where = where
        self._trust = trust
        self._window = window
        self._width = max(window // COLUMNS, 1)
        self._points: deque[Point] = deque(maxlen=5 * COLUMNS + 10)
        self._moment = -1
        self._corners: list[
            tuple[int, int, float]
        ] = []  # number, time, value: first, low, high, last
        self._gap = 0  # its time; it ends the moment
        self._number = 0
        self._sequence = 0
        self._time = 0
        self._subscriber: Any = None
        self._next_look = 0.0
        self._fast = False
        self._turn = INFINITY  # when the last one was

    def add(self, sequence: int, at: int, value: bool | int | float) -> None:
        """Add a value; its sequence number tells whether another publisher has begun."""
        if at < self._time or (at == self._time and sequence == self._sequence):
            return  # here already: of a topic that was opened again, or taken over with its value
        if sequence <= self._sequence:
            self._gap = self._time
        moment = at // self._width
        if moment != self._moment:
            self._seal()
            self._moment = moment
        self._sequence, self._time = sequence, at
        self._place(at, value)

    def _place(self, at: int, value: bool | int | float) -> None:
        """Add a value to the moment that its time is in."""
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

    def is_older_than(self, since: int) -> bool:
        """Report whether the newest value was published before that time."""
        return self._time < since

    def age(self) -> float:
        """Return how many seconds ago the newest value was published."""
        return (time.monotonic_ns() - self._time) / 1e9

    def points(self, now: int) -> list[Point]:
        """Return the curve up to now, and the one point before the window that its line comes from.

        bools are for steps: the last one lasts until now while its publisher lives.
        """
        if now // self._width > self._moment:
            self._seal()
        self._trim(now)
        points = [*self._points, *self._open()]
        if self.type is bool and self.alive and points and points[-1][1] == points[-1][1]:
            points.append((max(now, points[-1][0]), points[-1][1]))
        return points

    def take(self) -> float:
        """Take what the topic has, and return after how many seconds to look again."""
        if self._subscriber is None and not self._look():
            return LOOK
        began, before, missed = time.monotonic(), self._time, self._subscriber.lost
        try:
            taken = self._take_together() if self._fast else self._take_each()
        except (TopicTypeError, OpenError):
            self.close()  # another type now, or damaged
            return LOOK
        lost: int = self._subscriber.lost - missed
        self.lost += lost
        self._fast = taken > FAST * (began - self._turn) > 0
        self._turn = began
        if taken:
            self.alive = True
        elif began >= self._next_look:
            self._next_look = began + LOOK
            self.alive = self._subscriber.publisher_alive
        if self._fast:
            return self._width * 1e-9
        if self._time == before or not before:
            return LONGEST_PAUSE  # nothing, a batch alone, or the first ones: no pace to tell
        interval = (self._time - before) / 1e9 / (taken + lost)
        buffers: int = self._subscriber.buffer_num or 1
        return interval * buffers / 2

    def _take_each(self) -> int:
        """Take values one by one, each with its time, or now if that is another clock's."""
        receive, add = self._subscriber.recv_sample, self.add
        for taken in range(AT_ONCE):
            try:
                value, sequence, at, age = receive(0)
            except WaitTimeoutError:
                return taken
            add(sequence, at if age < INFINITY else time.monotonic_ns(), value)
        return AT_ONCE

    def _take_together(self) -> int:
        """Take what there is as of one time, now: a tenth of the work."""
        code, size = {bool: ("?", 1), int: ("q", 8), float: ("d", 8)}[self._subscriber._type]
        room = memoryview(bytearray(AT_ONCE * size)).cast(code)  # type: ignore[call-overload]
        taken: int = self._subscriber.drain(into=room)
        if taken:
            newest = self._subscriber.sample()
            known = newest is not None and newest.age < INFINITY
            at = newest.time_ns if known else time.monotonic_ns()
            sequence = self._sequence + taken if newest is None else newest.sequence
            values = room[:taken]
            self.add(sequence, at, values[0])
            # NaN is neither less nor more than others, and would hide them.
            drawn = [value for value in values if value - value == 0] or values[-1:]
            for value in (min(drawn), max(drawn), values[-1]):
                self._place(at, value)
        return taken

    def close(self) -> None:
        """Release the topic."""
        self.alive = False
        if self._subscriber is not None:
            self._subscriber.close()
            self._subscriber = None

    def _look(self) -> bool:
        """Subscribe if the topic is there, and return whether it is."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK
        try:
            topic = inspect(self.name, trust=self._trust, directory=self._where)
            self._subscriber = Subscriber(
                self.name,
                topic.type(),
                history=AT_ONCE,
                trust=self._trust,
                directory=self._where,
            )
        except (TopicNotFoundError, TopicTypeError, OpenError) as error:
            # Not there, or of another type since; or there, and not to be read.
            self.trouble = error if isinstance(error, OpenError) else None
            return False
        self.type, self.trouble = topic.type, None
        return True

    def _open(self) -> Iterator[Point]:
        """Return the points of the moment that is not over yet."""
        last = 0
        for _, last, value in sorted(set(self._corners)):
            yield last, value
        if self._gap:
            yield max(last, self._gap), NAN

    def _seal(self) -> None:
        self._points.extend(self._open())
        self._corners, self._gap = [], 0
        self._trim(self._time)

    def _trim(self, now: int) -> None:
        points, since = self._points, now - self._window
        while len(points) > 1 and points[1][0] < since:
            points.popleft()


def label(curve: Curve) -> str:
    """Return what a legend says of a curve."""
    name = printable(curve.name)
    if curve.trouble is not None:
        return f"{name}: cannot be read"
    if curve.type is None:
        return f"{name}: not there yet"
    if curve.newest is None:
        return f"{name}: no value yet"
    state = "" if curve.alive else ", no publisher"
    if curve.alive and (age := curve.age()) > 1:
        state = f", {duration(age)} old"
    return f"{name}: {number(curve.newest)}{state}"
