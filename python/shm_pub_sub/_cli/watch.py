"""Topics under observation: what they are, their newest values, and how often they are published.

A subscriber of each stays open, so that a look costs a microsecond a topic. To inspect one takes a
hundred times as long: that is done where its file is another one, or its publisher has died.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

import shm_pub_sub
from shm_pub_sub import Sample, ShmError, Subscriber, TopicInfo, TopicNotFoundError

from .output import complain, counted
from .processes import Commands
from .topics import names, open_as_many_as_allowed
from .unreadable import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    _File = tuple[int, int, int]

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
        if not self.topic.trusted:
            return "not trusted"
        if self.topic.alive:
            return "alive"
        return "retained" if self.topic.retain and self.topic.published else "dead"


class Watch:
    """The topics that match patterns, all where there is no pattern. Close it."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = patterns
        self._watched: dict[str, _Watched] = {}
        self._next_survey = 0.0
        self._room = open_as_many_as_allowed() - SPARE
        self.left_out = Unreadable()
        """Topics that have no row."""
        self.without_values = 0
        """Topics that have a row without values, for want of descriptors."""
        self._told = False

    def look(self) -> list[Row]:
        """Return a row for each topic, sorted by name."""
        now = time.monotonic()
        if now >= self._next_survey:
            self._survey()
            self._next_survey = now + SURVEY
        return [watched.look() for watched in self._watched.values()]

    def tell(self) -> None:
        """Say on stderr what is not shown, once."""
        self.left_out.tell()
        if self.without_values and not self._told:
            self._told = True
            complain(
                f"{counted(self.without_values, 'topic')} without values: a process may have "
                f"{self._room + SPARE} descriptors here; ulimit -n sets it"
            )

    def close(self) -> None:
        for watched in self._watched.values():
            watched.close()
        self._watched.clear()

    def _survey(self) -> None:
        before, self._watched = self._watched, {}
        commands = Commands()
        for name in names(self._patterns):
            known = before.pop(name, None)
            file = known.file() if known is not None else None
            if known is not None and known.is_up_to_date(file):
                self._watched[name] = known
                continue
            try:
                topic = shm_pub_sub.inspect(name)
            except TopicNotFoundError:
                topic = None  # gone since
            except ShmError as error:
                topic = None
                self.left_out.add(name, error, named=name in self._patterns)
            if known is not None and topic is not None and known.topic.created == topic.created:
                known.update(topic, file)
                self._watched[name] = known
                continue
            if known is not None:
                known.close()
            if topic is not None:
                room = len(self._watched) < self._room
                self._watched[name] = _Watched(topic, commands.of(topic), with_values=room)
        for gone in before.values():
            gone.close()
        self.without_values = max(0, len(self._watched) - self._room)


class _Watched:
    """One publisher's topic."""

    def __init__(self, topic: TopicInfo, command: str | None, with_values: bool) -> None:
        self._command = command
        self._subscriber: Subscriber[Any] | None = None
        self._last: Sample[Any] | None = None
        self._rate: float | None = None
        self.update(topic, None)
        if with_values:
            try:
                self._subscriber = Subscriber(topic.name, topic.type(), history=topic.buffer_num)
                self._last = self._oldest(self._subscriber)
            except ShmError:
                pass  # gone, or made anew, since it was looked up

    def file(self) -> _File | None:
        """Return what tells the topic's file from another one."""
        try:
            found = os.stat(self.topic.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_ctime_ns

    def update(self, topic: TopicInfo, file: _File | None) -> None:
        """Take over what is known of the topic; file is what it was before that was looked up."""
        self.topic, self._file, self._updated = topic, file, time.monotonic()

    def is_up_to_date(self, file: _File | None) -> bool:
        """Report whether nothing has changed but values."""
        if self._subscriber is None or file is None or file != self._file:
            return False
        return self._subscriber.publisher_alive == self.topic.alive

    def look(self) -> Row:
        newest = self._newest()
        command = self._command if self.topic.alive else None
        if newest is None:
            age = self.topic.age
            if age is not None:
                age += time.monotonic() - self._updated
            return Row(self.topic, None, None, age, command)
        self._count(newest)
        rate = self._rate if self.topic.alive else None
        if rate and newest.age > 2 / rate:
            rate = 1 / newest.age  # the next is overdue: it is no more than this any longer
        topic = self.topic._replace(published=newest.sequence)
        return Row(topic, newest.value, rate, newest.age, command)

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
