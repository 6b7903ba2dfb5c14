"""Values of topics in a window of time, as curves: what plots are drawn from.

A topic is followed from one publisher to the next, whatever their types, and from before it is
there. Nobody is woken for it: the collector looks again before the topic's ring is full, within
limits. So a topic that is faster than its ring is long shows as a part of its values.
"""

from __future__ import annotations

import time
from collections import deque

from ._arguments import check_directory, check_name, shown
from ._errors import (
    OpenError,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
)
from ._patterns import is_pattern, matched
from ._subscriber import Subscriber
from ._topics import inspect, names
from ._trust import check_trust

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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

MOST_CURVES = 20
"""Of patterns, together."""

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


class Collector:
    """The curves of topics, of Subscribers' topics and of patterns.

    Args:
        topics: Names, shell patterns of names as 'robot/*', or Subscribers.
        seconds: How long the window is.
        trust: As for Subscriber; a Subscriber's topic goes by its own.
        directory: As for Subscriber, and likewise.

    Raises:
        TopicTypeError: No topics, or one that is neither text nor a Subscriber (a TypeError).
        TopicValueError: An impossible name, or seconds that are not positive (a ValueError).
    """

    def __init__(
        self, topics: Sequence[Any], seconds: float, trust: Any = None, directory: Any = None
    ) -> None:
        self.seconds: float = check_seconds(seconds)
        self._trust = check_trust(trust)
        self.more: int = 0
        """Topics that match a pattern and are beyond MOST_CURVES."""
        self._where = check_directory(directory)
        self._curves: dict[tuple[str, str], Curve] = {}
        self._patterns: list[str] = []
        self._next_look = 0.0
        for topic in topics:
            if issubclass(type(topic), Subscriber):
                self._follow(topic._directory, topic.name, topic._trust)
            elif is_pattern(check_name(topic)):
                self._patterns.append(topic)
            else:
                self._follow(self._where, topic, self._trust)
        if not topics:
            raise TopicTypeError("plot: found no topic; expected names, patterns or Subscribers")

    @property
    def curves(self) -> list[Curve]:
        """The curves that there are now: named ones at once, a pattern's as topics appear."""
        return [*self._curves.values()]

    def poll(self) -> float:
        """Take what there is, and return after how many seconds to do so again."""
        if self._patterns and time.monotonic() >= self._next_look:
            self._match()
        pause = min((curve.take() for curve in self.curves), default=LONGEST_PAUSE)
        return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)

    def close(self) -> None:
        """Release all topics; the curves stay."""
        for curve in self.curves:
            curve.close()

    def _match(self) -> None:
        """Follow what matches a pattern."""
        self._next_look = time.monotonic() + LOOK
        try:
            there = names(self._where)
        except OpenError:
            return  # the directory is not there, or not now
        self._forget_but(there)
        found = [
            name
            for name in matched(self._patterns, there)
            if (self._where, name) not in self._curves
        ]
        room = max(MOST_CURVES - len(self._curves), 0)
        for name in found[:room]:
            self._follow(self._where, name, self._trust)
            self._curves[self._where, name].matched = True
        self.more = len(found[room:])

    def _forget_but(self, there: Sequence[str]) -> None:
        """Let go of a pattern's topics that are gone, and whose curves have left the window."""
        known, since = set(there), time.monotonic_ns() - round(self.seconds * 1e9)
        for key, curve in [*self._curves.items()]:
            if curve.matched and curve.name not in known and curve.is_older_than(since):
                curve.close()
                del self._curves[key]

    def _follow(self, where: str, name: str, trust: str) -> None:
        curve = Curve(name, where, round(self.seconds * 1e9), trust)
        self._curves.setdefault((where, name), curve)


def check_seconds(seconds: Any) -> float:
    """Return the length of a window as a float."""
    kind = type(seconds)
    if kind is bool or not (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
        raise TopicTypeError(f"plot: found seconds of {kind.__name__}; expected a number")
    if not 0.001 <= seconds <= 1e6:
        raise TopicValueError(f"plot: found {shown(seconds)} seconds; expected 0.001 to 1,000,000")
    return float(seconds)
