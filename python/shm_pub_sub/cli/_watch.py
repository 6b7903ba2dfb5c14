"""Topics under observation: what they are, their newest values, and how often they are published.

A subscriber of each stays open, so that a look costs a microsecond a topic. What there is, and who
lives, is looked up less often: that takes a hundred times as long.
"""

from __future__ import annotations

import resource
import time
from typing import NamedTuple

from shm_pub_sub import Sample, ShmError, Subscriber, TopicInfo

from ._publishers import Commands
from ._topics import matching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SURVEY = 1.0
"""Seconds between looks at what topics there are."""

SPARE = 64
"""Descriptors that are left for all else: a look at a topic from outside takes one, too."""


class Row(NamedTuple):
    """What is known of a topic at one look."""

    topic: TopicInfo
    value: bool | int | float | None
    """The newest; None where there is nothing to read."""
    rate: float | None
    """In Hz; None where it is not known, or nobody publishes."""
    age: float | None
    """Seconds since the newest was published; None where nothing was."""
    command: str | None
    """The publisher's, with its arguments; None where it is dead or not to be seen from here."""

    @property
    def state(self) -> str:
        if self.topic.alive:
            return "alive"
        return "retained" if self.topic.retain and self.topic.published else "dead"


class Watch:
    """The topics that match patterns, all where there is no pattern. Close it."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = patterns
        self._watched: dict[str, _Watched] = {}
        self._next_survey = 0.0
        # Each subscriber takes a descriptor, and 1,024 are what a shell mostly allows.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self._room = most - SPARE

    def look(self) -> list[Row]:
        """Return a row for each topic, sorted by name."""
        now = time.monotonic()
        if now >= self._next_survey:
            self._survey()
            self._next_survey = now + SURVEY
        return [watched.look() for watched in self._watched.values()]

    def close(self) -> None:
        for watched in self._watched.values():
            watched.close()
        self._watched.clear()

    def _survey(self) -> None:
        before, self._watched = self._watched, {}
        found, commands = matching(self._patterns), Commands()
        gone = before.keys() - {topic.name for topic in found}
        for name in gone:
            before.pop(name).close()
        for topic in found:
            known = before.pop(topic.name, None)
            if known is None or known.topic.created != topic.created:
                if known is not None:
                    known.close()
                room = len(self._watched) < self._room
                known = _Watched(topic, commands.of(topic), with_values=room)
            known.topic = topic
            self._watched[topic.name] = known


class _Watched:
    """One publisher's topic."""

    def __init__(self, topic: TopicInfo, command: str | None, with_values: bool) -> None:
        self.topic = topic
        self._command = command
        self._subscriber: Subscriber[Any] | None = None
        self._last: Sample[Any] | None = None
        self._rate: float | None = None
        if with_values:
            try:
                self._subscriber = Subscriber(topic.name, topic.type(), history=topic.buffer_num)
                self._last = self._oldest(self._subscriber)
            except ShmError:
                pass  # gone, or made anew, since it was looked up

    def look(self) -> Row:
        newest = self._newest()
        command = self._command if self.topic.alive else None
        if newest is None:
            return Row(self.topic, None, None, self.topic.age, command)
        self._count(newest)
        rate = self._rate if self.topic.alive else None
        if rate and newest.age > 2 / rate:
            rate = 1 / newest.age  # the next is overdue: it is no more than this any longer
        return Row(self.topic, newest.value, rate, newest.age, command)

    def close(self) -> None:
        if self._subscriber is not None:
            self._subscriber.close()

    def _oldest(self, subscriber: Subscriber[Any]) -> Sample[Any] | None:
        """Return the oldest value that is kept: with it the first look knows a rate already."""
        # A retained value that a publisher took over says nothing of that publisher.
        newest = subscriber.sample()
        if newest is None or newest.sequence < 2 or self.topic.retain:
            return None
        return subscriber.recv_sample(timeout=0)

    def _newest(self) -> Sample[Any] | None:
        try:
            return self._subscriber.sample() if self._subscriber is not None else None
        except ShmError:
            return None  # of another type, or damaged, since

    def _count(self, newest: Sample[Any]) -> None:
        """Reckon the rate from numbers and times of publication: when we look does not matter."""
        last = self._last
        if last is not None and newest.sequence < last.sequence:
            self._rate = None  # another publisher's
        elif last is not None and newest.time_ns > last.time_ns:  # and not of the same batch
            between = newest.time_ns - last.time_ns
            self._rate = (newest.sequence - last.sequence) * 1e9 / between
        self._last = newest
