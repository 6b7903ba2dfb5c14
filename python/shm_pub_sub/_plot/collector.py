"""Collecting the curves of topics: named ones, and those that match patterns.

No publisher is woken: the collector looks again before a topic's ring is full, within limits. Of a
topic that is faster than its ring is long, some values are lost.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from .._arguments import as_seconds, short_repr
from .._errors import OpenError, TopicTypeError, TopicValueError, WaitTimeoutError
from .._follow import Follower
from .._followed import Topic
from .._subscriber import Subscriber
from .curve import Curve

MOST_CURVES = 20
"""The number of curves from which on patterns add no more."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.002, 0.05
"""Seconds between two polls."""

LOOK = 0.25
"""Seconds between looks for the end of a publisher."""

AT_ONCE = 20_000
"""Values of a topic that one poll takes at most; the first one begins with those kept already."""

FAST = 20_000
"""Values a second from which on they are taken in batches."""


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
        if not topics:
            raise TopicTypeError("plot: found no topic; expected names, patterns or Subscribers")
        subscribers = [topic for topic in topics if issubclass(type(topic), Subscriber)]
        words = [topic for topic in topics if not issubclass(type(topic), Subscriber)]
        most = MOST_CURVES - len(subscribers)
        self._followers = [
            *([_follower(most, trust, directory, words)] if words else []),
            *(_follower(1, s._trust, s._directory, [], [s.name]) for s in subscribers),
        ]
        self._feeds: dict[tuple[str, str], _Feed] = {}
        self._closed: tuple[int, str] | None = None
        self._update()

    @property
    def curves(self) -> list[Curve]:
        """Named topics' curves from the start, a pattern's once its topics exist."""
        return [feed.curve for feed in self._feeds.values()]

    @property
    def more(self) -> int:
        """The number of topics that match a pattern and are beyond MOST_CURVES."""
        return sum(len(follower.beyond) for follower in self._followers)

    def now(self) -> tuple[int, str]:
        """Return the time at a plot's right edge, in ns and as text: close()'s once closed."""
        return self._closed or (time.monotonic_ns(), time.strftime("%Y-%m-%d %H:%M:%S %Z"))

    def poll(self) -> float:
        """Take new values, and return the seconds until the next poll is due."""
        for follower in self._followers:
            follower.look()
        self._update()
        pause = min((feed.take() for feed in self._feeds.values()), default=LONGEST_PAUSE)
        return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)

    def close(self) -> None:
        """Release all topics. The curves stay as they are, with the time of this moment."""
        self._closed = self.now()
        for follower in self._followers:
            follower.close()

    def _update(self) -> None:
        """Have a feed for each topic; one that a pattern found goes when it has left the window."""
        window = round(self.seconds * 1e9)
        since = time.monotonic_ns() - window
        feeds, followed = {**self._feeds}, set()  # other threads may ask for the curves
        for follower in self._followers:
            for name, topic in [*follower.topics.items()]:
                key = follower.directory, name
                if key not in feeds:
                    feeds[key] = _Feed(Curve(name, window, topic.by_pattern), topic)
                feeds[key].topic = topic
                if topic.by_pattern and not topic.is_there and feeds[key].curve.time < since:
                    follower.forget(topic)
                else:
                    followed.add(key)
        self._feeds = {key: feed for key, feed in feeds.items() if key in followed}


def _follower(
    most: int, trust: Any, directory: Any, words: Sequence[str], names: Sequence[str] = ()
) -> Follower:
    return Follower(words, AT_ONCE, AT_ONCE, most, trust, directory, names, waits=False)


class _Feed:
    """Takes a topic's values into its curve."""

    def __init__(self, curve: Curve, topic: Topic) -> None:
        self.curve = curve
        self.topic = topic
        self._next_look = self._next_question = 0.0
        self._is_fast = False
        self._taken_at = math.inf

    def take(self) -> float:
        """Take the topic's new values, and return the seconds until the next ones are due."""
        curve, topic, subscriber = self.curve, self.topic, self.topic.subscriber
        curve.error = topic.error
        if subscriber is None:
            return LONGEST_PAUSE
        curve.type = subscriber.type
        began, before, missed = time.monotonic(), curve.time, subscriber.lost
        try:
            taken = self._take_batch(subscriber) if self._is_fast else self._take_each(subscriber)
        except (TopicTypeError, OpenError) as error:  # another type now, or damaged
            topic.reopen(error)
            curve.alive = False
            return SHORTEST_PAUSE
        if began >= self._next_question:
            self._next_question = began + LOOK
            if (metadata := subscriber.metadata) or subscriber.publisher_alive:
                curve.unit = metadata.get("unit", "")
                curve.description = metadata.get("description", "")
        lost: int = subscriber.lost - missed
        curve.lost += lost
        self._is_fast = taken > FAST * (began - self._taken_at) > 0
        self._taken_at = began
        if taken:
            curve.alive = True
        elif began >= self._next_look:
            self._next_look = began + LOOK
            curve.alive = subscriber.publisher_alive
        if self._is_fast:
            return curve.resolution / 1e9
        if curve.time == before or not before:
            return LONGEST_PAUSE  # no values, one batch, or the first ones: the rate is unknown
        interval = (curve.time - before) / 1e9 / (taken + lost)
        buffers: int = subscriber.buffer_num or 1
        return interval * buffers / 2

    def _take_each(self, subscriber: Any) -> int:
        """Take values one by one, each with its time, or now if that is another clock's."""
        receive, add = subscriber.recv_sample, self.curve.add
        for taken in range(AT_ONCE):
            try:
                value, sequence, at, age = receive(0)
            except WaitTimeoutError:
                return taken
            add(sequence, at if age < math.inf else time.monotonic_ns(), value)
        return AT_ONCE

    def _take_batch(self, subscriber: Any) -> int:
        """Take all values with the newest one's time: a tenth of the work."""
        code, size = {bool: ("?", 1), int: ("q", 8), float: ("d", 8)}[subscriber.type]
        buffer = memoryview(bytearray(AT_ONCE * size)).cast(code)  # type: ignore[call-overload]
        taken: int = subscriber.drain(into=buffer)
        if taken:
            newest = subscriber.sample()
            is_known = newest is not None and newest.age < math.inf
            at = newest.time_ns if is_known else time.monotonic_ns()
            sequence = self.curve.sequence + taken if newest is None else newest.sequence
            self.curve.add_batch(sequence, at, buffer[:taken])
        return taken


def check_seconds(seconds: Any) -> float:
    """Return the length of a window as a float."""
    try:
        length = as_seconds(seconds)
    except TypeError:
        raise TopicTypeError(
            f"plot: found seconds of {type(seconds).__name__}; expected a number"
        ) from None
    if not 0.001 <= length <= 1e6:
        raise TopicValueError(
            f"plot: found {short_repr(seconds)} seconds; expected 0.001 to 1,000,000"
        )
    return length
