"""Following topics, by names and patterns: those that are there, and those that will be.

What echo, hz and delay have in common. A topic is followed from one publisher to the next, also
where the next one publishes another type.
"""

from __future__ import annotations

import math
import time

import shm_pub_sub
from shm_pub_sub import OpenError, Subscriber, TopicNotFoundError, TopicTypeError, WaitTimeoutError

from ._cli.output import complain
from ._cli.topics import names, not_there, open_as_many_as_allowed
from ._cli.unreadable import Unreadable
from ._patterns import is_pattern, one_matches, unmatched
from ._topics import user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Any

    from shm_pub_sub import Sample, TopicInfo

EVERYTHING = 2**36
"""A history that is all that the topic keeps."""

AT_ONCE = 10_000
"""Values of a topic that are taken in one turn at most, so that the others have theirs."""

FOLLOWED = "names, or shell patterns as 'robot/*'; it waits for what is not there yet"
"""The help of the argument TOPIC... of verbs that follow topics."""

LOOK = 0.05
LOOK_FOR_NEW = 0.5
LOOK_FOR_END = 0.5
"""Seconds between looks at whether a topic is there, whether a new one matches a pattern, and
whether a publisher has ended."""

FAST = 1000
"""Values a second from which on they are left to gather: to wake up for each costs more than it."""

GATHER = 0.01
GATHER_AT_LEAST = 0.0002
"""Seconds for that."""

FULL = 1 / 8
"""How full the topic that fills up first may be by then."""


class Topic:
    """One topic that is followed."""

    def __init__(self, name: str, history: int, later: int, by_pattern: bool = False) -> None:
        self.name = name
        self.by_pattern = by_pattern
        self.subscriber: Any = None
        """None while there is no such topic."""
        self.was_alive = True
        """Whether somebody published it lately, so that an end is news."""
        self._first = True
        self._strange = False
        self._history = history
        self._later = later
        self._lost = 0
        self._taken_at = time.monotonic()
        self._interval = math.inf

    def look(self) -> bool:
        """Subscribe if the topic is there and return whether it is.

        Raises OpenError where it is there and cannot be read.
        """
        if self.subscriber is None:
            first, self._first = self._first, False
            try:
                topic = shm_pub_sub.inspect(self.name)
                if not topic.trusted and not first and not self.by_pattern:
                    self._say_whose(topic)
                    return False
                self.subscriber = Subscriber(self.name, topic.type(), history=self._history)
            except (TopicNotFoundError, TopicTypeError):
                pass  # not there; or made anew with another type since
            self._history = self._later
        return self.subscriber is not None

    def _say_whose(self, topic: TopicInfo) -> None:
        """Say, once, that somebody who is not trusted has the name now: that ends nothing."""
        if not self._strange:
            self._strange = True
            complain(f"waiting: {self.name!r} is of {user(topic.uid)}, who is not trusted")

    def take(self, timeout: float | None = 0) -> list[Sample[Any]]:
        """Return values that have not been taken yet. It waits for the first, the others are there.

        The list is empty where none comes in time, or where the topic is another now.
        """
        taken: list[Sample[Any]] = []
        receive = self.subscriber.recv_sample
        try:
            taken.append(receive(timeout))
            for _ in range(AT_ONCE - 1):
                taken.append(receive(0))
        except WaitTimeoutError:
            pass
        except (TopicTypeError, OpenError):
            self.leave()  # look() says what is the matter
        self.was_alive = self.was_alive or bool(taken)
        return taken

    def note(self, now: float, count: int) -> None:
        """Take down that so many values were taken."""
        self._interval = (now - self._taken_at) / count
        self._taken_at = now

    @property
    def fills_in(self) -> float:
        """In how many seconds values are lost, at the pace of the last ones."""
        buffers = self.subscriber.buffer_num if self.subscriber is not None else None
        return math.inf if buffers is None else buffers * self._interval

    def newest(self) -> Sample[Any] | None:
        """Return the newest value, taken or not; None where there is none."""
        try:
            newest: Sample[Any] | None = self.subscriber.sample()
        except (TopicTypeError, OpenError):
            self.leave()
            return None
        return newest

    def leave(self) -> None:
        """Give up the subscriber; look() makes another."""
        if self.subscriber is not None:
            self._lost += self.subscriber.lost
            self.subscriber.close()
            self.subscriber = None

    @property
    def alive(self) -> bool:
        """Whether somebody publishes it."""
        return self.subscriber is not None and self.subscriber.publisher_alive

    def tell_end(self, taken: bool) -> None:
        """Say, once each time, that nobody publishes it any longer; taken: when all is taken."""
        if self.subscriber is None:
            return
        if self.alive:
            self.was_alive = True
        elif self.was_alive and not (taken and shm_pub_sub.select([self.subscriber], 0)):
            self.was_alive = False
            complain(f"{self.name!r} has no live publisher now; waiting for the next")

    @property
    def lost(self) -> int:
        """How many values were overwritten before they were taken."""
        return self._lost + (self.subscriber.lost if self.subscriber is not None else 0)


class Follower:
    """Topics by name, and all that match patterns.

    Args:
        wanted: Names and shell patterns. What is the name of a topic is no pattern.
        history: How many of the values that are there already are taken.
        later: The same of topics that come into being later on, with the same or another type.
        gather: Let values that come fast gather for up to 10 ms, as far as none is lost by that.
        ends: Have take() say when a publisher has ended.

    Raises OpenError, as look() and take() do, where a topic that is named cannot be read.
    """

    def __init__(
        self,
        wanted: Sequence[str],
        history: int,
        later: int = EVERYTHING,
        gather: bool = True,
        ends: bool = False,
    ) -> None:
        open_as_many_as_allowed()
        self.topics: list[Topic] = []
        self._history = history
        self._later = later
        self._gather = gather
        self._ends = ends
        self.left_out = Unreadable()
        self._pause = 0.0
        self._taken_at = time.monotonic()
        self._patterns = []
        self._known = set()
        there = set(names())
        for word in dict.fromkeys(wanted):
            if word not in there and is_pattern(word):
                self._patterns.append(word)
            else:
                self.topics.append(Topic(word, history, later))
                self._known.add(word)
        self._next_look = self._next_look_for_new = 0.0
        self._next_look_for_end = time.monotonic() + LOOK_FOR_END
        self.look()
        self._history = later
        self._say_what_is_missing()

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for topic in self.topics:
            topic.leave()

    @property
    def several(self) -> bool:
        """Whether a value needs its topic's name beside it."""
        return bool(self._patterns) or len(self.topics) > 1

    @property
    def complete(self) -> bool:
        """Whether every name and every pattern has its topic."""
        return not self._unmatched() and all(t.subscriber is not None for t in self.topics)

    def _unmatched(self) -> list[str]:
        """Return the patterns that no topic matches, be it one that cannot be read."""
        found = [*(topic.name for topic in self.topics), *self.left_out.reasons]
        return unmatched(self._patterns, found)

    def look(self) -> list[Topic]:
        """Subscribe what is there by now, if it is time to look, and return all that are."""
        now = time.monotonic()
        if self._patterns and now >= self._next_look_for_new:
            self._look_for_new()
            self._next_look_for_new = now + LOOK_FOR_NEW
        due = now >= self._next_look
        if due:
            self._next_look = now + LOOK
        found = [t for t in self.topics if t.subscriber is not None or (due and self._look(t))]
        self.left_out.tell()
        return found

    def _look(self, topic: Topic) -> bool:
        """Subscribe the topic if it is there, and leave it out if only a pattern asks for it."""
        try:
            return topic.look()
        except OpenError as error:
            if not topic.by_pattern:
                raise
            self.topics = [other for other in self.topics if other is not topic]
            self._known.discard(topic.name)
            self.left_out.add(topic.name, error)
            return False

    def take(self, timeout: float | None) -> list[tuple[Topic, list[Sample[Any]]]]:
        """Wait for values and return all that are there, by topic; an empty list after timeout."""
        until = math.inf if timeout is None else time.monotonic() + timeout
        if self._pause:
            time.sleep(self._pause if timeout is None else min(self._pause, timeout))
        while True:
            subscribed = self.look()
            pause = max(0.0, until - time.monotonic())
            if self._patterns or len(subscribed) < len(self.topics):
                pause = min(pause, LOOK)
            elif self._ends:
                pause = min(pause, LOOK_FOR_END)
            taken = [(topic, values) for topic, values in _wait(subscribed, pause) if values]
            if any(topic.subscriber is None for topic in subscribed):
                self._next_look = 0.0  # another type: no time to lose
            if self._ends:
                self.tell_ends(taken=True)
            if taken and self._gather:
                self._pause = self._gathering(taken)
            if taken or time.monotonic() >= until:
                return taken

    def tell_ends(self, taken: bool) -> None:
        """Say which publishers have ended, if it is time to look; taken as for the topics."""
        now = time.monotonic()
        if now >= self._next_look_for_end:
            self._next_look_for_end = now + LOOK_FOR_END
            for topic in self.topics:
                topic.tell_end(taken)

    def _gathering(self, taken: list[tuple[Topic, list[Sample[Any]]]]) -> float:
        """Return how long values are to gather before the next ones are taken."""
        now = time.monotonic()
        for topic, values in taken:
            topic.note(now, len(values))
        elapsed, self._taken_at = now - self._taken_at, now
        if sum(len(values) for _, values in taken) < FAST * elapsed:
            return 0.0
        pause = min(GATHER, FULL * min(topic.fills_in for topic in self.topics))
        return pause if pause >= GATHER_AT_LEAST else 0.0

    def _look_for_new(self) -> None:
        there = names()
        for pattern in self._patterns:
            for name in there:
                if name in self._known or not one_matches([pattern], name):
                    continue
                if not self.left_out.may_be_tried(name):
                    continue
                self._known.add(name)
                topic = Topic(name, self._history, self._later, by_pattern=True)
                self.topics.append(topic)
                self._look(topic)

    def _say_what_is_missing(self) -> None:
        for pattern in self._unmatched():
            complain(f"waiting: no topic matches {pattern!r}")
        for topic in self.topics:
            if topic.subscriber is None:
                complain(f"waiting: {not_there(topic.name)}")
            elif topic.newest() is None:
                topic.was_alive = topic.alive
                lacks = "published nothing yet" if topic.was_alive else "no live publisher"
                complain(f"waiting: {topic.name!r} has {lacks}")


def _wait(topics: list[Topic], timeout: float) -> list[tuple[Topic, list[Sample[Any]]]]:
    """Wait until one of the topics has values, and take them."""
    if not topics:
        time.sleep(timeout)
        return []
    if len(topics) == 1:  # the fastest to wake up
        return [(topics[0], topics[0].take(None if timeout == math.inf else timeout))]
    by_subscriber = {topic.subscriber: topic for topic in topics}
    ready = shm_pub_sub.select(by_subscriber, None if timeout == math.inf else timeout)
    return [(by_subscriber[s], by_subscriber[s].take()) for s in ready]
