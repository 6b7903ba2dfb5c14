"""Following topics by name and by pattern: those that are there, and those that will be.

The one place that finds topics and subscribes to them over time, for echo, hz, delay, record, top
and plots. It prints nothing: look() returns what has happened. A topic is followed from one
publisher to the next, whatever their types.
"""

from __future__ import annotations

import math
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ._arguments import MAX_BUFFERS, check_directory, check_name
from ._errors import OpenError, ShmError, TopicNotFoundError, TopicTypeError, WaitTimeoutError
from ._hot import Sample
from ._patterns import Selection, unmatched
from ._select import select
from ._subscriber import Subscriber
from ._topics import NUMBERS, TopicInfo, file_of, inspect
from ._topics import names as topic_names
from ._trust import check_trust

EVERYTHING = MAX_BUFFERS
"""A history that is all that the topic keeps."""

AT_ONCE = 10_000
"""Values of a topic that take() returns at most, so that the others have their turn."""

FEWER_AT_ONCE = 100
"""The same of a topic whose values may be large."""

LOOK = 0.02
"""Seconds between looks at the directory. If nothing has changed in it that costs 3 us."""

RETRY = 0.5
"""Seconds between attempts to open what could not be opened."""

SETTLED = 100_000_000
"""Nanoseconds after which a directory that changes again gets another time of change for sure."""

OPENED, REFUSED, GONE = "opened", "refused", "gone"


class Event(NamedTuple):
    """What has happened to a topic."""

    what: str
    """OPENED: it is subscribed to. REFUSED: it is there, and topic.error says why it cannot be
    read. GONE: it is there no longer."""
    topic: Topic


class Topic:
    """A topic that is followed."""

    def __init__(self, name: str, by_pattern: bool) -> None:
        self.name = name
        self.by_pattern = by_pattern
        """Whether a pattern chose it; otherwise it was named."""
        self.is_there = False
        self.info: TopicInfo | None = None
        """What was known of it when it was opened, or refused; None before."""
        self.subscriber: Any = None
        """None while there is no such topic, or none that can be read."""
        self.error: ShmError | None = None
        """Why the topic that is there cannot be read, or is not taken."""
        self.in_doubt: OpenError | None = None
        """The same after one attempt; it may have been about to change its type."""
        self.must_reopen = False
        self.glance: Callable[[Any], Any] | None = None
        """Makes of a value what is kept of it; None: values are kept as they are."""
        self._lost = 0

    def take(self, timeout: float | None = 0) -> list[Sample[Any]]:
        """Return values that have not been taken yet. It waits for the first, the others are there.

        The list is empty if none comes in time, or if the topic is another now.
        """
        taken: list[Sample[Any]] = []
        receive, glance = self.subscriber.recv_sample, self.glance
        try:
            if glance is not None:
                for _ in range(FEWER_AT_ONCE):
                    taken.append(_reduced(receive(0 if taken else timeout), glance))
                return taken
            taken.append(receive(timeout))
            for _ in range(AT_ONCE - 1):
                taken.append(receive(0))
        except WaitTimeoutError:
            pass
        except (TopicTypeError, OpenError):
            self.reopen()
        return taken

    def newest(self) -> Sample[Any] | None:
        """Return the newest value, taken or not; None if there is none."""
        try:
            newest: Sample[Any] | None = self.subscriber.sample()
        except (TopicTypeError, OpenError):
            self.reopen()
            return None
        if newest is None or self.glance is None:
            return newest
        return _reduced(newest, self.glance)

    def reopen(self) -> None:
        """Have the next look subscribe again: the topic is of another type, or damaged."""
        self.close()
        self.must_reopen = True

    def close(self) -> None:
        if self.subscriber is not None:
            self._lost += self.subscriber.lost
            self.subscriber.close()
            self.subscriber = None

    @property
    def alive(self) -> bool:
        return self.subscriber is not None and self.subscriber.publisher_alive

    @property
    def lost(self) -> int:
        """How many values were overwritten before they were taken."""
        return self._lost + (self.subscriber.lost if self.subscriber is not None else 0)


def _reduced(sample: Sample[Any], glance: Callable[[Any], Any]) -> Sample[Any]:
    """Return a sample without its value, which may lie in shared memory, but for a glance at it."""
    value, *rest = sample
    return Sample((glance(value), *rest))


class Follower:
    """The topics that words choose: names and shell patterns; all topics if there are no words.

    Args:
        words: A word that is the name of a topic is no pattern.
        history: How many values that are there already are taken of a topic, as for Subscriber.
        later: The same for topics that appear after the first look, or change their type.
        most: How many topics are followed at most.
        trust, directory: As for Subscriber. While there is no such directory there are no topics.
        names: More of them, which are no patterns whatever they look like.
        glance: Makes of a value that is no bool, int or float what is kept of it. None: topics of
            other types are refused.

    Raises:
        TopicTypeError: A word is no text, or trust or directory is not accepted (a TypeError).
        TopicValueError: A word cannot be a name, or likewise (a ValueError).
    """

    def __init__(
        self,
        words: Iterable[str] = (),
        history: int = 1,
        later: int = EVERYTHING,
        most: int = sys.maxsize,
        trust: Any = None,
        directory: Any = None,
        names: Iterable[str] = (),
        glance: Callable[[Any], Any] | None = None,
    ) -> None:
        self.selection = Selection(map(check_name, words), names)
        self.topics = {name: Topic(name, False) for name in self.selection.names}
        """By name: those that are named at once, a pattern's as they appear."""
        self.beyond: list[str] = []
        """Topics that are there, and more than the most that are followed."""
        self.most = most
        self._history, self._later = history, later
        self._glance = glance
        self.directory = check_directory(directory)
        for name in self.topics:
            file_of(self.directory, name)  # raises if no topic can have the name
        self._trust = check_trust(trust)
        self._first = True
        self._changed = -1  # when the directory did, as far as is known; ns since the epoch
        self._next_look = self._next_retry = 0.0

    def look(self) -> list[Event]:
        """Subscribe to what is there by now, if it is time to look; return what has happened."""
        now = time.monotonic()
        # Lists: any() of a generator may swallow an interrupt, from Python 3.12 on.
        hurry = [topic for topic in self.topics.values() if topic.must_reopen]
        if now < self._next_look and not hurry:
            return []
        self._next_look = now + LOOK
        changed = self._has_changed()
        retry = now >= self._next_retry
        in_doubt = [topic for topic in self.topics.values() if topic.in_doubt]
        if not (changed or retry or hurry or in_doubt):
            return []
        if retry:
            self._next_retry = now + RETRY
        events = self._update(self._names())
        for topic in self.topics.values():
            if topic.is_there and topic.subscriber is None:
                tries = changed or retry or topic.must_reopen or topic.in_doubt
                if tries and (event := self._open(topic)):
                    events.append(event)
        self._first, self._history = False, self._later
        return events

    def wait(self, timeout: float) -> list[Topic]:
        """Wait until topics have something to take and return them; none after timeout seconds."""
        subscribed = {t.subscriber: t for t in self.topics.values() if t.subscriber is not None}
        if not subscribed:
            time.sleep(timeout)
            return []
        ready = select(subscribed, None if timeout == math.inf else timeout)
        return [subscribed[subscriber] for subscriber in ready]

    def forget(self, topic: Topic) -> None:
        """Follow a topic no longer, until it appears again."""
        topic.close()
        self.topics.pop(topic.name, None)
        self._changed = -1

    def unmatched(self) -> list[str]:
        """Return the words that no topic is, or matches, be it one that cannot be read."""
        found = [name for name, topic in self.topics.items() if topic.is_there or topic.info]
        return unmatched(self.selection.words, [*found, *self.beyond])

    def close(self) -> None:
        """Release all topics; they stay in `topics`."""
        for topic in self.topics.values():
            topic.close()

    def _has_changed(self) -> bool:
        """Report whether the directory has other files than at the last look."""
        try:
            changed = os.stat(self.directory).st_mtime_ns
        except OSError:
            changed = 0
        before, self._changed = self._changed, changed
        return changed != before or time.time_ns() - changed < SETTLED

    def _names(self) -> list[str]:
        try:
            return topic_names(self.directory)
        except OpenError:
            return []  # no directory, or not now

    def _update(self, there: list[str]) -> list[Event]:
        """Bring the topics up to date with the names that are there."""
        chosen = self.selection.of(there)
        self.beyond = []
        for name in chosen:
            if name not in self.topics:
                if len(self.topics) < self.most:
                    self.topics[name] = Topic(name, name not in self.selection.words)
                else:
                    self.beyond.append(name)
        known, events = {*chosen}, []
        for topic in [*self.topics.values()]:
            if topic.is_there and topic.name not in known:
                topic.in_doubt = topic.error = None
                events.append(Event(GONE, topic))
            topic.is_there = topic.name in known
        for name in {*self.topics}.intersection(there) - known:
            self.forget(self.topics[name])  # the word that chose it is a name now
        return events

    def _open(self, topic: Topic) -> Event | None:
        """Subscribe to a topic. What fails but once may only be about to change its type."""
        topic.must_reopen = False
        doubt, topic.in_doubt = topic.in_doubt, None
        trust, where, history = self._trust, self.directory, self._history
        topic.info = None
        try:
            topic.info = info = inspect(topic.name, trust=trust, directory=where)
            is_number = info.type_name in NUMBERS
            if not is_number and self._glance is None:
                return self._refuse(topic, not_taken(topic.name, info.type_name))
            topic.glance = None if is_number else self._glance
            topic.subscriber = Subscriber(
                topic.name,
                info.type() if is_number else None,
                copy=is_number,  # what is glanced at needs no copy
                history=history,
                trust=trust,
                directory=where,
            )
        except TopicNotFoundError:
            return None
        except TopicTypeError:
            topic.must_reopen = True  # it has changed its type since it was inspected
            return None
        except OpenError as error:
            is_strange = topic.info is not None and not topic.info.trusted
            if not (doubt or self._first or topic.error or is_strange):
                topic.in_doubt = error
                return None
            return self._refuse(topic, error)
        topic.error = None
        return Event(OPENED, topic)

    def _refuse(self, topic: Topic, error: ShmError) -> Event | None:
        known, topic.error = topic.error, error
        return Event(REFUSED, topic) if str(known) != str(error) else None


def not_taken(name: str, type_name: str) -> TopicTypeError:
    """Return why a topic of another type cannot be plotted or recorded."""
    return TopicTypeError(
        f"topic {name!r}: found the type {type_name}; expected bool, int or float, as other types "
        "are not supported here yet"
    )


def open_as_many_as_allowed() -> int:
    """Let this process have all descriptors that it may have, and return how many that is.

    Each subscriber takes one, and 1,024 are what a shell mostly allows.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
