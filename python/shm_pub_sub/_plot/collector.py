"""Collecting the curves of topics: named ones, and those that match patterns.

No publisher is woken: the collector looks again before a topic's ring is full, within limits. Of a
topic that is faster than its ring is long, some values are lost.
"""

from __future__ import annotations

import time

from .._arguments import as_seconds, check_directory, check_name, shown
from .._errors import (
    OpenError,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
)
from .._patterns import is_pattern, matched
from .._subscriber import Subscriber
from .._text import wall_time
from .._topics import inspect, names
from .._trust import check_trust
from .curve import Curve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MOST_CURVES = 20
"""The number of curves from which on patterns add no more."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds between two polls."""

LOOK = 0.25
"""Seconds between looks for new topics, and for the end of a publisher."""

AT_ONCE = 20_000
"""Values of a topic that one poll takes at most; the first one begins with those kept already."""

FAST = 20_000
"""Values a second from which on they are taken in batches."""

INFINITY = float("inf")


class Collector:
    """The curves of topics, of Subscribers' topics and of patterns.

    Args:
        topics: Names, shell patterns of names such as 'robot/*', or Subscribers.
        seconds: The length of the window.
        trust: As for Subscriber; a Subscriber has its own.
        directory: Likewise.

    Raises:
        TopicTypeError: No topics, or one that is neither text nor a Subscriber (a TypeError).
        TopicValueError: An impossible name, or seconds out of range (a ValueError).
    """

    def __init__(
        self, topics: Sequence[Any], seconds: float, trust: Any = None, directory: Any = None
    ) -> None:
        self.seconds: float = check_seconds(seconds)
        self.more: int = 0
        """Topics that match a pattern and are beyond MOST_CURVES."""
        self._trust = check_trust(trust)
        self._directory = check_directory(directory)
        self._feeds: dict[tuple[str, str], _Feed] = {}
        self._patterns: list[str] = []
        self._next_look = 0.0
        self._closed: tuple[int, str] | None = None
        for topic in topics:
            if issubclass(type(topic), Subscriber):
                self._follow(topic._directory, topic.name, topic._trust)
            elif is_pattern(check_name(topic)):
                self._patterns.append(topic)
            else:
                self._follow(self._directory, topic, self._trust)
        if not topics:
            raise TopicTypeError("plot: found no topic; expected names, patterns or Subscribers")

    @property
    def curves(self) -> list[Curve]:
        """Named topics' curves from the start, a pattern's once its topics exist."""
        return [feed.curve for feed in self._feeds.values()]

    def now(self) -> tuple[int, str]:
        """Return the time at a plot's right edge, in ns and as text: close()'s once closed."""
        return self._closed or (time.monotonic_ns(), wall_time())

    def poll(self) -> float:
        """Take new values, and return the seconds until the next poll is due."""
        if self._patterns and time.monotonic() >= self._next_look:
            self._match()
        pause = min((feed.take() for feed in self._feeds.values()), default=LONGEST_PAUSE)
        return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)

    def close(self) -> None:
        """Release all topics. The curves stay as they are, with the time of this moment."""
        self._closed = self.now()
        for feed in self._feeds.values():
            feed.close()

    def _match(self) -> None:
        """Follow the topics that match a pattern."""
        self._next_look = time.monotonic() + LOOK
        try:
            there = names(self._directory)
        except OpenError:
            return  # no directory, or not now
        self._forget_but(there)
        found = [
            name
            for name in matched(self._patterns, there)
            if (self._directory, name) not in self._feeds
        ]
        free = max(MOST_CURVES - len(self._feeds), 0)
        for name in found[:free]:
            self._follow(self._directory, name, self._trust, by_pattern=True)
        self.more = len(found[free:])

    def _forget_but(self, there: Sequence[str]) -> None:
        """Forget a pattern's topics that are gone and whose curves have left the window."""
        known, since = set(there), time.monotonic_ns() - round(self.seconds * 1e9)
        for key, feed in [*self._feeds.items()]:
            curve = feed.curve
            if curve.by_pattern and curve.name not in known and curve.time < since:
                feed.close()
                del self._feeds[key]

    def _follow(self, directory: str, name: str, trust: str, by_pattern: bool = False) -> None:
        curve = Curve(name, round(self.seconds * 1e9), by_pattern)
        self._feeds.setdefault((directory, name), _Feed(curve, directory, trust))


class _Feed:
    """Takes a topic's values into its curve, from one publisher to the next."""

    def __init__(self, curve: Curve, directory: str, trust: str) -> None:
        self.curve = curve
        self._directory = directory
        self._trust = trust
        self._subscriber: Any = None
        self._next_look = 0.0
        self._is_fast = False
        self._taken_at = INFINITY

    def take(self) -> float:
        """Take the topic's new values, and return the seconds until the next ones are due."""
        if self._subscriber is None and not self._attach():
            return LOOK
        curve, began = self.curve, time.monotonic()
        before, missed = curve.time, self._subscriber.lost
        try:
            taken = self._take_batch() if self._is_fast else self._take_each()
        except (TopicTypeError, OpenError):  # another type now, or damaged
            self.close()
            curve.alive = False
            return LOOK
        lost: int = self._subscriber.lost - missed
        curve.lost += lost
        self._is_fast = taken > FAST * (began - self._taken_at) > 0
        self._taken_at = began
        if taken:
            curve.alive = True
        elif began >= self._next_look:
            self._next_look = began + LOOK
            curve.alive = self._subscriber.publisher_alive
        if self._is_fast:
            return curve.resolution / 1e9
        if curve.time == before or not before:
            return LONGEST_PAUSE  # no values, one batch, or the first ones: the rate is unknown
        interval = (curve.time - before) / 1e9 / (taken + lost)
        buffers: int = self._subscriber.buffer_num or 1
        return interval * buffers / 2

    def _take_each(self) -> int:
        """Take values one by one, each with its time, or now if that is another clock's."""
        receive, add = self._subscriber.recv_sample, self.curve.add
        for taken in range(AT_ONCE):
            try:
                value, sequence, at, age = receive(0)
            except WaitTimeoutError:
                return taken
            add(sequence, at if age < INFINITY else time.monotonic_ns(), value)
        return AT_ONCE

    def _take_batch(self) -> int:
        """Take all values with the newest one's time: a tenth of the work."""
        code, size = {bool: ("?", 1), int: ("q", 8), float: ("d", 8)}[self._subscriber.type]
        buffer = memoryview(bytearray(AT_ONCE * size)).cast(code)  # type: ignore[call-overload]
        taken: int = self._subscriber.drain(into=buffer)
        if taken:
            newest = self._subscriber.sample()
            is_known = newest is not None and newest.age < INFINITY
            at = newest.time_ns if is_known else time.monotonic_ns()
            sequence = self.curve.sequence + taken if newest is None else newest.sequence
            self.curve.add_batch(sequence, at, buffer[:taken])
        return taken

    def close(self) -> None:
        """Release the topic."""
        if self._subscriber is not None:
            self._subscriber.close()
            self._subscriber = None

    def _attach(self) -> bool:
        """Subscribe if the topic exists, and return whether it does."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK
        curve = self.curve
        try:
            topic = inspect(curve.name, trust=self._trust, directory=self._directory)
            self._subscriber = Subscriber(
                curve.name,
                topic.type(),
                history=AT_ONCE,
                trust=self._trust,
                directory=self._directory,
            )
        except (TopicNotFoundError, TopicTypeError, OpenError) as error:
            # No topic, or one of another type since; or one that cannot be read.
            curve.error = error if isinstance(error, OpenError) else None
            return False
        curve.type, curve.error = topic.type, None
        return True


def check_seconds(seconds: Any) -> float:
    """Return the length of a window as a float."""
    try:
        length = as_seconds(seconds)
    except TypeError:
        raise TopicTypeError(
            f"plot: found seconds of {type(seconds).__name__}; expected a number"
        ) from None
    if not 0.001 <= length <= 1e6:
        raise TopicValueError(f"plot: found {shown(seconds)} seconds; expected 0.001 to 1,000,000")
    return length
