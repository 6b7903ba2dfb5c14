"""Values of topics as they arrive, for echo, hz and delay; logs what they are waiting for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import shm_pub_sub
from shm_pub_sub import Sample, TopicTypeError
from shm_pub_sub._descriptors import open_as_many_as_allowed
from shm_pub_sub._follow import EVERYTHING, Follower
from shm_pub_sub._followed import OPENED, REFUSED, Topic
from shm_pub_sub._left_out import LeftOut
from shm_pub_sub._patterns import Selection, is_pattern
from shm_pub_sub._topics import names, user

from .output import log, report
from .topics import not_found_message

Taken = list[tuple[Topic, list[Sample[Any]]]]

LOOK_FOR_END = 0.5
"""Seconds between checks whether a publisher has ended."""

FAST = 1000
"""Values per second from which on they are read in batches: waking up for each costs too much."""

GATHER = 0.01
GATHER_AT_LEAST = 0.0002
"""The longest and shortest time between batches, in seconds."""

FULL = 1 / 8
"""How full the fastest topic may be when it is read."""


class Following:
    """Follows topics by name and by pattern.

    Args:
        wanted: Names and shell patterns, or a Selection.
        history: Number of already published values to replay first.
        later: The same for topics that appear later, or come back.
        gather: Read fast topics in batches, up to 10 ms apart, if no value is lost by that.
        ends: Log when a publisher ends.
        glance: As for Follower; by default nothing is kept of values of other types.
        raw: As for Follower.
        accept: Is called with each topic that is opened; returns why its values are of no use, or
            "". It may set the topic's glance.

    The constructor, look() and take() raise OpenError if a named topic cannot be read; the
    constructor raises TopicTypeError if one is not accepted. One that is not accepted later is
    waited for until it is of another type.
    """

    def __init__(
        self,
        wanted: Sequence[str] | Selection,
        history: int,
        later: int = EVERYTHING,
        gather: bool = True,
        ends: bool = False,
        glance: Callable[[Any], Any] = lambda value: None,
        accept: Callable[[Topic], str] = lambda topic: "",
        raw: bool = False,
    ) -> None:
        names()  # raises if the directory cannot be read
        open_as_many_as_allowed()
        selection = wanted if isinstance(wanted, Selection) else Selection(wanted)
        self.left_out = LeftOut(selection.words)
        self._alone = len(selection.words) == 1 and not is_pattern(selection.words[0])
        self._follower = Follower(
            selection, history, later, glance=glance, waits=not self._alone, raw=raw
        )
        self._accept = accept
        self._refused: dict[str, str] = {}
        self._gather = gather
        self._ends = ends
        self._first = True
        self._strange: set[str] = set()
        self._dead: set[Topic] = set()  # known to have no publisher
        # The time of the last values, and their interval.
        self._pace: dict[Topic, tuple[float, float]] = {}
        self._pause = 0.0
        self._taken_at = time.monotonic()
        self._next_look_for_end = time.monotonic() + LOOK_FOR_END
        self.look()
        self._first = False
        self._log_missing()

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *error: object) -> None:
        self._follower.close()

    @property
    def topics(self) -> list[Topic]:
        """The named topics, and the readable ones that match a pattern."""
        topics = self._follower.topics.values()
        return [t for t in topics if t.subscriber is not None or not t.by_pattern]

    @property
    def several(self) -> bool:
        """Whether values need their topic's name beside them."""
        selection = self._follower.selection
        return len(self.topics) > 1 or len(selection.words) != 1 or bool(selection.patterns)

    @property
    def complete(self) -> bool:
        """Whether every name and every pattern has a topic."""
        return not self._follower.unmatched() and all(t.subscriber is not None for t in self.topics)

    def look(self) -> list[Topic]:
        """Subscribe to new topics, if a look is due; return all topics that are open."""
        for event in self._follower.look():
            topic = event.topic
            if event.what == OPENED:
                if refusal := self._accept(topic):
                    self._refuse(topic, refusal)
                    continue
                if self._refused.pop(topic.name, ""):
                    self.left_out.discard(topic.name)
                self._pace[topic] = time.monotonic(), math.inf
            elif event.what != REFUSED or topic.error is None:
                continue
            elif topic.by_pattern:
                self.left_out.add(topic.name, topic.error)
            elif self._first or topic.info is None or topic.info.trusted:
                raise topic.error
            elif topic.name not in self._strange:
                self._strange.add(topic.name)
                whose = f"is of {user(topic.info.uid)}, who is not trusted"
                log(f"waiting: {topic.name!r} {whose}")
        report(self.left_out)
        return [topic for topic in self.topics if topic.subscriber is not None]

    def _refuse(self, topic: Topic, refusal: str) -> None:
        """Leave a topic alone until its file is another."""
        topic.close()
        error = TopicTypeError(f"topic {topic.name!r}: {refusal}")
        if topic.by_pattern:
            self.left_out.add(topic.name, error)
        elif self._first:
            raise error
        elif self._refused.get(topic.name) != refusal:
            log(f"waiting: {error}")
        self._refused[topic.name] = refusal

    def take(self, timeout: float | None) -> Taken:
        """Wait for values and return them by topic; an empty list after timeout seconds."""
        until = math.inf if timeout is None else time.monotonic() + timeout
        if self._pause:
            time.sleep(self._pause if timeout is None else min(self._pause, timeout))
        while True:
            subscribed = self.look()
            pause = max(0.0, until - time.monotonic())
            if self._ends:
                pause = min(pause, LOOK_FOR_END)
            taken = [(topic, values) for topic, values in self._wait(subscribed, pause) if values]
            self._dead.difference_update(topic for topic, _ in taken)
            if self._ends:
                self.log_ends(taken=True, besides={topic for topic, _ in taken})
            if taken and self._gather:
                self._pause = self._gathering(taken)
            if taken or time.monotonic() >= until:
                return taken

    def _wait(self, subscribed: list[Topic], timeout: float) -> Taken:
        if subscribed and self._alone:  # the fastest to wake up
            return [(subscribed[0], subscribed[0].take(None if timeout == math.inf else timeout))]
        return [(topic, topic.take()) for topic in self._follower.wait(timeout)]

    def note_alive(self, topic: Topic) -> None:
        """If the topic has a publisher, its end is to be logged."""
        if topic.alive:
            self._dead.discard(topic)

    def log_ends(self, taken: bool, besides: Collection[Topic] = ()) -> None:
        """Log each end of a publisher once; if `taken`, only after all its values are read.

        Not of topics in besides, whose last values are not printed yet.
        """
        now = time.monotonic()
        if now < self._next_look_for_end:
            return
        self._next_look_for_end = now + LOOK_FOR_END
        for topic in self.topics:
            if topic.subscriber is None or topic in besides:
                continue
            if topic.alive:
                self._dead.discard(topic)
            elif topic not in self._dead and not (
                taken and shm_pub_sub.select([topic.subscriber], 0)
            ):
                self._dead.add(topic)
                log(f"{topic.name!r} has no live publisher now; waiting for the next")

    def _gathering(self, taken: Taken) -> float:
        """Return how long to let values gather before the next batch, in seconds."""
        now = time.monotonic()
        for topic, values in taken:
            before, _ = self._pace[topic]
            self._pace[topic] = now, (now - before) / len(values)
        elapsed, self._taken_at = now - self._taken_at, now
        if sum(len(values) for _, values in taken) < FAST * elapsed:
            return 0.0
        full = [
            (topic.subscriber.buffer_num or math.inf) * self._pace[topic][1]
            for topic in self.topics
            if topic.subscriber is not None
        ]
        pause = min(GATHER, FULL * min(full, default=math.inf))
        return pause if pause >= GATHER_AT_LEAST else 0.0

    def _log_missing(self) -> None:
        for word in self._follower.unmatched():
            if word not in self._follower.topics:
                log(f"waiting: no topic matches {word!r}")
        for topic in self.topics:
            if topic.subscriber is None:
                others = self._follower.selection.possible_names(topic.name)
                log(f"waiting: {not_found_message(topic.name, others)}")
            elif topic.newest() is None:
                lacks = "published nothing yet" if topic.alive else "no live publisher"
                if not topic.alive:
                    self._dead.add(topic)
                log(f"waiting: {topic.name!r} has {lacks}")
