"""The rows of `top`: topics with their newest values and rates.

A subscriber of each topic stays open, so a row costs a microsecond. Inspecting a topic takes a
hundred times as long; it is done only if its file changes or its publisher dies.
"""

from __future__ import annotations

import os
import time
from typing import Any, NamedTuple

from shm_pub_sub import Sample, ShmError, TopicInfo, inspect
from shm_pub_sub._brief import brief
from shm_pub_sub._descriptors import open_as_many_as_allowed
from shm_pub_sub._follow import Follower
from shm_pub_sub._followed import GONE, REFUSED, Event, Topic
from shm_pub_sub._intervals import between
from shm_pub_sub._left_out import LeftOut
from shm_pub_sub._patterns import Selection
from shm_pub_sub._text import counted
from shm_pub_sub._topics import names

from .output import log, report
from .processes import Commands

_File = tuple[int, int, int]

SURVEY = 1.0
"""Seconds between checks whether files have changed."""

SPARE = 64
"""Descriptors left for other files; inspecting a topic takes one."""


class Row(NamedTuple):
    """A topic and its newest value."""

    topic: TopicInfo
    value: Any
    """The newest, or a Brief of it; None if there is nothing to read."""
    rate: float | None
    """In Hz; None if unknown, or if the publisher is dead."""
    age: float | None
    """Seconds since the newest was published; None if there was none."""
    command: str | None
    """The publisher's command line; None if it is dead or not visible from here."""

    @property
    def state(self) -> str:
        if not self.topic.trusted:
            return "not trusted"
        if self.topic.alive:
            return "alive"
        return "retained" if self.topic.retain and self.topic.published else "dead"


class Watch:
    """The topics that are selected, or all. Close it."""

    def __init__(self, topics: Selection | None = None) -> None:
        topics = topics or Selection([])
        names()  # raises OpenError if the directory cannot be read
        self._free = open_as_many_as_allowed() - SPARE
        self._follower = Follower(
            topics, history=0, later=0, most=self._free, glance=brief, waits=False
        )
        self._watched: dict[str, _Watched] = {}
        self._next_survey = 0.0
        self.left_out = LeftOut(topics.words)
        """Topics that have no row."""
        self._reported = False

    def rows(self) -> list[Row]:
        """Return a row per topic, sorted by name."""
        commands = Commands()
        for event in self._follower.look():
            self._note(event, commands)
        now = time.monotonic()
        if now >= self._next_survey:
            self._survey(commands)
            self._next_survey = now + SURVEY
        return [self._watched[name].row() for name in sorted(self._watched)]

    def report(self) -> None:
        """Log once what is not shown."""
        report(self.left_out)
        if self._follower.beyond and not self._reported:
            self._reported = True
            without = counted(len(self._follower.beyond), "topic")
            log(
                f"{without} without values: this process may have "
                f"only {self._free + SPARE} descriptors; raise that with ulimit -n"
            )

    def close(self) -> None:
        self._follower.close()
        self._watched.clear()

    def _note(self, event: Event, commands: Commands) -> None:
        topic = event.topic
        if event.what == GONE:
            topic.close()
            if topic.by_pattern:
                self._follower.forget(topic)
            self._watched.pop(topic.name, None)
        elif event.what == REFUSED and topic.info is None:
            self._watched.pop(topic.name, None)
            self.left_out.add(topic.name, str(topic.error))
        elif topic.info is not None:
            self._add(topic.info, topic, commands)

    def _add(self, info: TopicInfo, topic: Topic | None, commands: Commands) -> None:
        self._watched[info.name] = _Watched(info, topic, commands.of(info))

    def _survey(self, commands: Commands) -> None:
        for name in self._follower.beyond:
            if name not in self._watched:
                self._inspect(name, None, commands)
        for name, known in [*self._watched.items()]:
            file = known.file()
            if not known.is_up_to_date(file):
                self._inspect(name, known, commands, file)

    def _inspect(
        self, name: str, known: _Watched | None, commands: Commands, file: _File | None = None
    ) -> None:
        try:
            info = inspect(name)
        except LookupError:
            self._watched.pop(name, None)
            return
        except ShmError as error:
            self._watched.pop(name, None)
            self.left_out.add(name, str(error))
            return
        if known is not None and known.info.created == info.created:
            known.update(info, file)
        else:
            self._add(info, known.topic if known is not None else None, commands)


class _Watched:
    """One publisher's topic."""

    def __init__(self, info: TopicInfo, topic: Topic | None, command: str | None) -> None:
        self.topic = topic
        self._command = command
        self._rate = info.rate
        self.update(info, None)
        self._last = self._newest()

    def file(self) -> _File | None:
        """Return the identity of the topic's file."""
        try:
            found = os.stat(self.info.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_ctime_ns

    def update(self, info: TopicInfo, file: _File | None) -> None:
        """Set the topic's info; file is its file's identity from before the inspection."""
        self.info, self._file, self._updated = info, file, time.monotonic()

    def is_up_to_date(self, file: _File | None) -> bool:
        """Report whether only values can have changed."""
        if self.topic is None or file is None or file != self._file:
            return False
        return self.topic.alive == self.info.alive

    def row(self) -> Row:
        newest = self._newest()
        command = self._command if self.info.alive else None
        if newest is None:
            age = self.info.age
            if age is not None:
                age += time.monotonic() - self._updated
            return Row(self.info, None, None, age, command)
        if self._last is not None and newest.sequence < self._last.sequence:
            self._rate = None  # another publisher's
        elif self._last is not None and newest.sequence > self._last.sequence:
            self._rate = between(self._last, newest) or self._rate
        self._last = newest
        info = self.info._replace(published=newest.sequence)
        return Row(info, newest.value, self._rate if info.alive else None, newest.age, command)

    def _newest(self) -> Sample[Any] | None:
        is_open = self.topic is not None and self.topic.subscriber is not None
        return self.topic.newest() if self.topic is not None and is_open else None
