"""Following topics by name and by pattern: those that are there, and those that will be.

The one place that finds topics and subscribes to them over time, for follow(), echo, hz, delay,
record, top and plots. It prints nothing: look() returns what has happened.
"""

from __future__ import annotations

import errno
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from . import _hot
from ._arguments import MAX_BUFFERS, check_directory, check_name
from ._directory import Directory
from ._errors import OpenError, ShmError, TopicNotFoundError, TopicTypeError
from ._followed import GONE, OPENED, REFUSED, Event, Topic
from ._patterns import Selection, unmatched
from ._subscriber import Subscriber
from ._topics import NUMBERS, file_of, inspect
from ._topics import names as topic_names
from ._trust import check_trust

EVERYTHING = MAX_BUFFERS
"""A history that is all that the topic keeps."""

LOOK = 0.02
"""Seconds before a second attempt at a topic that may be about to change its type."""

RETRY = 0.5
"""Seconds between attempts to open what could not be opened."""


class _Ended:
    """What a closed follower has as its poll: the descriptors of that one are closed."""

    closed = True

    def wait(self, _timeout: float | None) -> list[int]:
        raise ValueError("this Poll is closed")

    def fileno(self) -> int:
        return -1

    def wake(self) -> None:
        pass

    close = wake


ENDED = _Ended()


class Follower:
    """The topics that words choose: names and shell patterns; all topics if there are no words.

    Args:
        words: A word that is the name of a topic is no pattern.
        history: How many values that are there already are taken of a topic, as for Subscriber.
        later: The same for topics that appear after the first look, or change their type.
        most: How many topics are followed at most, or a function of how many are that returns it.
        trust, directory: As for Subscriber. While there is no such directory there are no topics.
        names: More of them, which are no patterns whatever they look like.
        glance: Makes of a value that is no bool, int or float what is kept of it. None: topics of
            other types are refused.
        subscribe: Makes the subscriber of a name and a history; any type will do. None: as above.
        waits: Whether wait() will be called, for which each topic takes a second descriptor.

    Raises:
        TopicTypeError: A word is no text, or trust or directory is not accepted (a TypeError).
        TopicValueError: A word cannot be a name, or likewise (a ValueError).
        OSError: There are no descriptors left.
    """

    def __init__(
        self,
        words: Iterable[str] = (),
        history: int = 1,
        later: int = EVERYTHING,
        most: int | Callable[[int], int] = sys.maxsize,
        trust: Any = None,
        directory: Any = None,
        names: Iterable[str] = (),
        glance: Callable[[Any], Any] | None = None,
        subscribe: Callable[[str, int], Any] | None = None,
        waits: bool = True,
    ) -> None:
        self.selection = Selection(map(check_name, words), names)
        self._hurry: set[Topic] = set()  # to be opened at the next look
        self.topics = {name: Topic(name, False, self._hurry) for name in self.selection.names}
        """By name: those that are named at once, a pattern's as they appear."""
        self.beyond: list[str] = []
        """Topics that are there, and more than the most that are followed."""
        self.most = most
        self._history, self._later = history, later
        self._glance, self._subscribe, self._waits = glance, subscribe, waits
        self.directory = check_directory(directory)
        for name in self.topics:
            file_of(self.directory, name)  # raises if no topic can have the name
        self._trust = check_trust(trust)
        self._first = True
        self._refused: set[Topic] = set()
        self._in_doubt: set[Topic] = set()
        self._to_look_at: set[str] = set()
        self._next_retry = self._next_doubt = 0.0
        self._by_fd: dict[int, Topic] = {}
        self._closed = False
        self._waiters: dict[Any, Any] = {}
        self._begin()

    def _begin(self) -> None:
        poll = _hot.Poll()
        self.poll: _hot.Poll | _Ended = poll
        """Readable when look() or wait() may have something to return."""
        self._names: Directory | None = Directory(self.directory, poll)
        self._told = self._names_stir = False
        self._rescan = True

    def look(self) -> list[Event]:
        """Subscribe to what is there by now; return what has happened. Costs little if nothing."""
        if not self._closed and self.poll.closed:
            self._restart()
        names = self._names
        if self._closed or names is None:
            return []
        now = time.monotonic()
        self._names_stir = False
        changed = names.changes()
        if names.watched != self._told:
            self._told = names.watched
            for topic in self.topics.values():
                topic.tell(self._told)
        if changed is None or self._rescan:
            events = self._look_at_all()
        elif changed or self._to_look_at:
            events = self._look_at(changed | self._to_look_at)
        else:
            events = []
        self._to_look_at.clear()
        attempts = {*self._hurry}
        self._hurry.clear()
        if now >= self._next_doubt:
            attempts |= self._in_doubt
        if now >= self._next_retry:
            self._next_retry = now + RETRY
            attempts |= self._refused
            self._rescan |= bool(self.beyond) and callable(self.most)
        for topic in sorted(attempts, key=lambda topic: topic.name):
            if topic.is_there and topic.subscriber is None and (event := self._open(topic)):
                events.append(event)
        self._first, self._history = False, self._later
        return events

    def due(self) -> float:
        """Return when to look again if the poll is not readable by then (monotonic)."""
        names = self._names
        if names is None:
            return 0.0
        due = names.due()
        if self._hurry or self._rescan or self._to_look_at:
            return 0.0
        if self._in_doubt:
            due = min(due, self._next_doubt)
        if self._refused or (self.beyond and callable(self.most)):
            due = min(due, self._next_retry)
        return due

    def wait(self, timeout: float) -> list[Topic]:
        """Wait until topics have something to take, or until a look is due, and return them.

        The list is empty after timeout seconds, and sometimes before.
        """
        timeout = max(0.0, min(timeout, self.due() - time.monotonic()))
        try:
            fds = self.poll.wait(timeout)
        except OSError as error:
            if error.errno not in (errno.EBADF, errno.EINVAL):
                raise
            self._restart()  # the program has closed all descriptors
            return []
        return self.ready(fds)

    def ready(self, fds: Iterable[int]) -> list[Topic]:
        """Return the topics with something to take, of descriptors that the poll found readable."""
        found = []
        for fd in fds:
            topic = self._by_fd.get(fd)
            if topic is None or topic.fd != fd:
                self._names_stir = True
            elif topic.has_news():
                found.append(topic)
        return found

    def look_is_due(self) -> bool:
        """Report whether look() may have something to return, as far as is known."""
        return self._names_stir or time.monotonic() >= self.due()

    def forget(self, topic: Topic) -> None:
        """Follow a topic no longer, until it appears again."""
        topic.close()
        for topics in (self._hurry, self._refused, self._in_doubt):
            topics.discard(topic)
        if self.topics.pop(topic.name, None) is not None and topic.is_there:
            self._to_look_at.add(topic.name)
        self._rescan |= bool(self.beyond)

    def unmatched(self) -> list[str]:
        """Return the words that no topic is, or matches, be it one that cannot be read."""
        found = [name for name, topic in self.topics.items() if topic.is_there or topic.info]
        return unmatched(self.selection.words, [*found, *self.beyond])

    def stop(self) -> None:
        """Wake up threads that wait, and look no more."""
        self._closed = True
        self.poll.close()

    def close(self) -> None:
        """Release all topics; they stay in `topics`."""
        self.stop()
        for topic in [*self.topics.values()]:
            topic.close()
        self.poll, self._names = ENDED, None

    # What _aio's Waiters need:

    def fileno(self) -> int:
        return self.poll.fileno()

    def _hold(self) -> tuple[int, object]:
        return self.poll.fileno(), self.poll

    @property
    def closed(self) -> bool:
        return self._closed

    def _restart(self) -> None:
        """Begin again: in a forked child, or after the program has closed all descriptors."""
        for topic in self.topics.values():
            topic.leave_poll()
        self._by_fd.clear()
        self._begin()
        for topic in self.topics.values():
            if topic.subscriber is not None and self._waits:
                self._wait_for(topic)

    def _look_at_all(self) -> list[Event]:
        """Bring the topics up to date with all names that are there."""
        self._rescan = False
        try:
            there = topic_names(self.directory)
        except OpenError:
            there = []  # no directory, or not now
        known, events = {*self.selection.of(there)}, []
        self.beyond = []
        for name in sorted(known):
            if name not in self.topics:
                self._add(name)
        for topic in [*self.topics.values()]:
            if topic.name in known:
                self._is_there(topic)
            elif event := self._is_gone(topic):
                events.append(event)
        for name in {*self.topics}.intersection(there) - known:
            self.forget(self.topics[name])  # the word that chose it is a name now
        return events

    def _look_at(self, names: Iterable[str]) -> list[Event]:
        """Do the same for some names."""
        before, events = len(self.selection.patterns), []
        chosen = {*self.selection.of(sorted(names))}
        if len(self.selection.patterns) != before:
            return self._look_at_all()  # a word is a name now
        for name in names:
            topic = self.topics.get(name)
            there = os.path.lexists(file_of(self.directory, name))
            if topic is not None and there and name in chosen:
                self._is_there(topic)
            elif topic is not None and not there:
                event = self._is_gone(topic)
                events += [event] if event else []
            elif topic is None and name in self.beyond:
                self.beyond = [other for other in self.beyond if other != name or there]
            elif topic is None and there and name in chosen and self._add(name):
                self._is_there(self.topics[name])
        return events

    def _add(self, name: str) -> bool:
        followed = len(self.topics)
        if followed >= (self.most(followed) if callable(self.most) else self.most):
            self.beyond.append(name)
            return False
        by_pattern = name not in self.selection.words
        self.topics[name] = Topic(name, by_pattern, self._hurry)
        return True

    def _is_there(self, topic: Topic) -> None:
        topic.is_there = True
        if topic.subscriber is None:
            self._hurry.add(topic)
        else:
            topic.look_at_name()

    def _is_gone(self, topic: Topic) -> Event | None:
        was, topic.is_there = topic.is_there, False
        if not was:
            return None
        topic.in_doubt = topic.error = None
        self._refused.discard(topic)
        self._in_doubt.discard(topic)
        topic.look_at_name()
        return Event(GONE, topic)

    def _open(self, topic: Topic) -> Event | None:
        """Subscribe to a topic. What fails but once may only be about to change its type."""
        doubt, topic.in_doubt = topic.in_doubt, None
        self._in_doubt.discard(topic)
        topic.info = None
        try:
            if self._subscribe is not None:
                topic.subscriber = self._subscribe(topic.name, self._history)
            elif refused := self._open_typed(topic):
                return self._refuse(topic, refused)
        except TopicNotFoundError:
            return None
        except TopicTypeError:
            self._hurry.add(topic)  # it has changed its type since it was inspected
            return None
        except OpenError as trouble:
            is_strange = topic.info is not None and not topic.info.trusted
            if not (doubt or self._first or topic.error or is_strange):
                topic.in_doubt = trouble
                self._in_doubt.add(topic)
                self._next_doubt = time.monotonic() + LOOK
                return None
            return self._refuse(topic, trouble)
        if self._waits and (error := self._wait_for(topic)):
            return self._refuse(topic, error)
        topic.error = None
        self._refused.discard(topic)
        return Event(OPENED, topic)

    def _wait_for(self, topic: Topic) -> ShmError | None:
        """Have the poll wait for the topic's values; return why it cannot."""
        try:
            if self._names is not None:
                topic.wait_in(self._names.poll, self._told)
        except OSError as error:
            topic.close()
            return OpenError(f"follow {topic.name!r}: {error.strerror}")
        self._by_fd[topic.fd] = topic
        return None

    def _open_typed(self, topic: Topic) -> ShmError | None:
        topic.info = info = inspect(topic.name, trust=self._trust, directory=self.directory)
        is_number = info.type_name in NUMBERS
        if not is_number and self._glance is None:
            return not_taken(topic.name, info.type_name)
        topic.glance = None if is_number else self._glance
        topic.subscriber = Subscriber(
            topic.name,
            info.type() if is_number else None,
            copy=is_number,  # what is glanced at needs no copy
            history=self._history,
            trust=self._trust,
            directory=self.directory,
        )
        return None

    def _refuse(self, topic: Topic, error: ShmError) -> Event | None:
        self._refused.add(topic)
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

    Each subscriber takes one, and another one if it is waited for; 1,024 are what a shell mostly
    allows.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
