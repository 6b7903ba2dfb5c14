"""Following topics by name and by pattern: those that are there, and those that will be.

The one place that finds topics and subscribes to them over time, for follow(), echo, hz, delay,
record, top and plots. It prints nothing: look() returns what has happened.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from . import _hot
from ._arguments import MAX_BUFFERS, check_directory, check_name
from ._directory import Directory
from ._ended_poll import ENDED, EndedPoll
from ._errors import OpenError, ShmError
from ._followed import GONE, Event, Topic
from ._opening import RETRY, Opening
from ._patterns import Selection
from ._topics import file_of
from ._topics import names as topic_names
from ._trust import check_trust

EVERYTHING = MAX_BUFFERS
"""A history that is all that the topic keeps."""


class Follower:
    """The topics that words choose: names and shell patterns; all topics if there are no words.

    Args:
        words: A word that is the name of a topic is no pattern. Or a Selection.
        history: How many values that are there already are taken of a topic, as for Subscriber.
        later: The same for topics that appear after the first look, or change their type.
        most: How many topics are followed at most, or a function of how many are that returns it.
        trust, directory: As for Subscriber. While there is no such directory there are no topics.
        names: More of them, which are no patterns whatever they look like; not of a Selection.
        glance: Makes of a value that is no bool, int or float what is kept of it; None for itself.
        subscribe: Makes the subscriber of a name and a history; None for one of the topic's type.
        raw: Whether values of other types are bytes, as they are in shared memory.
        waits: Whether wait() will be called, for which each topic takes a second descriptor.
        once: Whether wait() returns a topic with values once, until all of them are taken.

    Raises:
        TopicTypeError: A word is no text, or trust or directory is not accepted (a TypeError).
        TopicValueError: A word cannot be a name, or likewise (a ValueError).
        OSError: There are no descriptors left.
    """

    def __init__(
        self,
        words: Iterable[str] | Selection = (),
        history: int = 1,
        later: int = EVERYTHING,
        most: int | Callable[[int], int] = sys.maxsize,
        trust: Any = None,
        directory: Any = None,
        names: Iterable[str] = (),
        glance: Callable[[Any], Any] | None = None,
        subscribe: Callable[[str, int], Any] | None = None,
        waits: bool = True,
        raw: bool = False,
        once: bool = False,
    ) -> None:
        if not isinstance(words, Selection):
            words = Selection([check_name(word) for word in words], names)
        self.selection = words
        for word in words.words:
            check_name(word)
        self.directory = check_directory(directory)
        self._opening = Opening(self.directory, check_trust(trust), glance, subscribe, raw)
        self.topics: dict[str, Topic] = {}
        """By name: those that are named at once, a pattern's as they appear."""
        self.beyond: list[str] = []
        """Topics that are there, and more than the most that are followed."""
        self.most = most
        self._history, self._later = history, later
        self._waits, self._once = waits, once
        self._name_topics()
        for name in self.topics:
            file_of(self.directory, name)  # raises if no topic can have the name
        self._first = True
        self._to_look_at: set[str] = set()
        self._next_recount = 0.0
        self._by_fd: dict[int, Topic] = {}
        self._closed = False
        self._waiters: dict[Any, Any] = {}
        self._begin()

    def _begin(self) -> None:
        poll = _hot.Poll()
        self.poll: _hot.Poll | EndedPoll = poll
        """Readable when look() or wait() may have something to return."""
        self._names: Directory | None = Directory(self.directory, poll)
        self._told = self._names_stir = self._unlisted = False
        self._rescan = True

    def look(self) -> list[Event]:
        """Subscribe to what is there by now; return what has happened. Costs little if nothing."""
        if not self._closed and (self.poll.closed or self.poll.lost):
            self._restart()
        names = self._names
        if self._closed or names is None:
            return []
        try:
            return self._look(names)
        except BaseException:
            self._rescan = True  # Ctrl-C, with names in hand
            raise

    def _look(self, names: Directory) -> list[Event]:
        now = time.monotonic()
        self._names_stir = False
        changed = names.changes()
        if names.watched != self._told:
            for topic in self.topics.values():
                topic.tell(names.watched)
            self._told = names.watched
        if changed is None or self._rescan:
            events = self._look_at_all()
        elif changed or self._to_look_at:
            events = self._look_at(changed | self._to_look_at)
        else:
            events = []
        self._to_look_at.clear()
        events += self._opening.open(self._history, self._first, self._wait_for)
        if now >= self._next_recount:
            self._next_recount = now + RETRY
            self._rescan |= self._unlisted or (bool(self.beyond) and callable(self.most))
        if not self._unlisted:
            self._first, self._history = False, self._later
        return events

    def due(self) -> float:
        """Return when to look again if the poll is not readable by then (monotonic)."""
        names = self._names
        if names is None:
            return 0.0
        due = names.due()
        if self._rescan or self._to_look_at:
            return 0.0
        if self._unlisted or (self.beyond and callable(self.most)):
            due = min(due, self._next_recount)
        return min(due, self._opening.due())

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
        return [topic for topic in self.stirred(fds) if topic.has_news()]

    def stirred(self, fds: Iterable[int]) -> list[Topic]:
        """Return the topics of such descriptors, whether there is something to take or not."""
        found = []
        for fd in fds:
            topic = self._by_fd.get(fd)
            if topic is None or topic.fd != fd:
                self._names_stir = True
            else:
                found.append(topic)
        return found

    def unread(self) -> list[Topic]:
        """Return the topics with something to take: looks at each.

        The poll hears of a value a moment after it was published, as a thread tells it.
        """
        return [topic for topic in [*self.topics.values()] if topic.fd >= 0 and topic.has_news()]

    def look_is_due(self) -> bool:
        """Report whether look() may have something to return, as far as is known."""
        return self._names_stir or time.monotonic() >= self.due()

    def forget(self, topic: Topic) -> None:
        """Follow a topic no longer, until it appears again."""
        topic.close()
        self._opening.discard(topic)
        if self.topics.pop(topic.name, None) is not None and topic.is_there:
            self._to_look_at.add(topic.name)
        self._rescan |= bool(self.beyond)

    def unmatched(self) -> list[str]:
        """Return the words that no topic is, or matches, be it one that cannot be read."""
        found = [name for name, topic in self.topics.items() if topic.is_there or topic.info]
        return self.selection.unmatched([*found, *self.beyond])

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
            if topic.subscriber is not None:
                self._wait_for(topic)

    def _look_at_all(self) -> list[Event]:
        """Bring the topics up to date with all names that are there."""
        self._rescan = self._unlisted = False
        try:
            there = topic_names(self.directory)
        except OpenError:
            there = self._known_to_be_there()
            self._unlisted = bool(there) or os.path.isdir(self.directory)
        known, events = {*self.selection.of(there)}, []
        self._name_topics()
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

    def _known_to_be_there(self) -> list[str]:
        """Return what is there of the topics that are known.

        The directory cannot be listed: there is none, or no descriptor left to do it with.
        """
        names = {*self.topics, *self.beyond, *self.selection.possible_names()}
        return [name for name in names if os.path.lexists(file_of(self.directory, name))]

    def _look_at(self, names: Iterable[str]) -> list[Event]:
        """Do the same for some names."""
        before, events = self.selection.version, []
        chosen = {*self.selection.of(sorted(names))}
        if self.selection.version != before:
            return self._look_at_all()  # a word has another reading now
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
        self._follow(name, by_pattern=True)
        return True

    def _follow(self, name: str, by_pattern: bool) -> None:
        self.topics[name] = Topic(name, by_pattern, self._opening.hurry, self._opening.stalled)

    def _name_topics(self) -> None:
        """Follow the topics that are named, and no longer those that were."""
        named = {*self.selection.names}
        for topic in [*self.topics.values()]:
            if not topic.by_pattern and topic.name not in named:
                self.forget(topic)
        for name in self.selection.names:
            if name not in self.topics:
                self._follow(name, by_pattern=False)

    def _is_there(self, topic: Topic) -> None:
        topic.is_there = True
        is_waited_for = not self._waits or self._by_fd.get(topic.fd) is topic
        if topic.subscriber is None or not (is_waited_for or self._wait_for(topic) is None):
            self._opening.hurry.add(topic)
        else:
            topic.look_at_name()

    def _is_gone(self, topic: Topic) -> Event | None:
        was, topic.is_there = topic.is_there, False
        if not was:
            return None
        topic.in_doubt = topic.error = topic.damage = None
        self._opening.discard(topic)
        topic.look_at_name()
        return Event(GONE, topic)

    def _wait_for(self, topic: Topic) -> ShmError | None:
        """Have the poll wait for the topic's values; return why it cannot."""
        if not self._waits:
            return None
        try:
            if self._names is not None:
                topic.wait_in(self._names.poll, self._told, self._once)
        except OSError as error:
            topic.close()
            return OpenError(f"follow {topic.name!r}: {error.strerror}")
        self._by_fd[topic.fd] = topic
        return None
