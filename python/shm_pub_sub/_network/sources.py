"""The topics of a bridge that sends: those that exist, have news, have ended."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from .. import _hot
from .._descriptors import Descriptors
from .._follow import Follower
from .._followed import GONE, OPENED, REFUSED, Event, Topic
from .._patterns import Selection
from .._topics import TopicInfo, inspect_typed
from .log import logger
from .outgoing import Outgoing
from .reader import Reader

if TYPE_CHECKING:
    from .options import Options
    from .sending import Sending

CHECK_NS = 100_000_000
"""Between looks whether a topic's publisher lives."""
PART = 250
"""Topics that are looked at without a pause."""
SELDOM = 10
"""The same of one without a publisher, whose next one is noticed anyway as a rule: in checks."""
MANY = 16
"""Topics, and"""
OFTEN = 100
"""values of them between checks, from which on all topics are looked at again and again: a wake-up
takes 40 us, a look 10 ns."""


class Clock(Protocol):
    """The bridge's clock."""

    def now_ns(self) -> int: ...
    def wire_ns(self, monotonic_ns: int) -> int: ...


class Sources:
    """Follows topics. One thread calls it.

    Args:
        options: Of the bridge.
        clock: Its clock.
        sending: Gets the topics.
        name: The bridge's.
    """

    def __init__(self, options: Options, clock: Clock, sending: Sending, name: str) -> None:
        self.readers: dict[str, Reader] = {}
        self._options, self._clock, self._sending, self._name = options, clock, sending, name
        self._directory = options.directory or None
        self._every = Selection(options.every) if options.every else None
        self._behind: set[Outgoing] = set()  # of every value, with values to take
        self._damaged = 0  # of topics that are gone
        self._is_full = False
        self._parts: list[tuple[list[Reader], tuple[Any, ...]]] = []
        self._is_changed = False  # other readers than those in parts
        self._next_check = self._next_scan = self._checks = 0
        self._scans = False  # instead of waiting for topics' descriptors
        self._noted: dict[Reader, int] = {}  # since all were checked
        self._poll: Any = None  # that has the descriptor to wake up by
        self.follower = Follower(
            Selection(options.send, exclude=options.exclude),
            directory=self._directory,
            trust=options.trust,
            most=Descriptors().most,
            raw=True,
            once=True,
        )

    @property
    def damaged(self) -> int:
        """How many values were not sent, as they were damaged."""
        return self._damaged + sum(reader.damaged for reader in [*self.readers.values()])

    def wait(self, until: int, wake: int) -> None:
        """Wait for something new, or for that descriptor, until then at most."""
        follower = self.follower
        if follower.poll is not self._poll:
            self._poll = follower.poll
            self._poll.add(wake, True)
        until = min(until, self._next_check)
        if self._scans:
            until = min(until, self._next_scan)
        seconds = 0.0
        if not self._behind:
            seconds = min((until - self._clock.now_ns()) / 1e9, follower.due() - time.monotonic())
        try:
            fds = follower.poll.wait(max(0.0, seconds))
        except OSError:
            if not follower.poll.lost:
                raise
            self.look()  # the program has closed all descriptors
            return
        if wake in fds:
            fds.remove(wake)
        if fds:
            self._note_topics(follower.stirred(fds))

    def work(self) -> None:
        """Look for topics, values and ends, as far as it is time for that."""
        if self.follower.look_is_due():
            self.look()
        now = self._clock.now_ns()
        if now >= self._next_check:
            self._check(now)
        if self._scans and now >= self._next_scan:
            self._next_scan = now + self._sending.pause_ns
            self._scan()

    def look(self) -> None:
        """Look for topics."""
        for event in self.follower.look():
            self._on_event(event)
        beyond = self.follower.beyond
        if beyond and not self._is_full:
            logger().warning(
                "bridge %r: %d topics, %r first, are not sent for now: this process has too few "
                "descriptors; raise the limit (ulimit -n)",
                self._name,
                len(beyond),
                beyond[0],
            )
        self._is_full = bool(beyond)

    def catch_up(self) -> None:
        """Take values of which each is sent, before they are overwritten."""
        for outgoing in [*self._behind]:
            wants = self._sending.wants(outgoing)
            if wants:
                outgoing.refresh()
            if not (outgoing.has_news and wants):
                self._behind.discard(outgoing)

    def begin(self) -> None:
        """Note that there is a receiver that was not there before."""
        for reader in self.readers.values():
            if reader.every and reader.outgoing.has_news:
                self._behind.add(reader.outgoing)

    def close(self) -> None:
        self.follower.close()

    def _note_topics(self, topics: Iterable[Topic]) -> None:
        for topic in topics:
            reader = self.readers.get(topic.name)
            if reader is not None and reader.topic is topic:
                self._note(reader)

    def _note(self, reader: Reader) -> None:
        """Note that a topic may have values to take."""
        outgoing = reader.outgoing
        self._noted[reader] = self._noted.get(reader, 0) + 1
        if reader.is_over:
            self._check_one(reader)
            if self.readers.get(outgoing.name) is not reader:
                return
        outgoing.has_news = True
        self._sending.stir(outgoing)
        if reader.every:
            self._behind.add(outgoing)

    def _on_event(self, event: Event) -> None:
        topic, reader = event.topic, self.readers.get(event.topic.name)
        if event.what == OPENED:
            if reader is not None:
                reader.close()
            self._open(topic)
        elif event.what == REFUSED:
            self._log_refused(topic.name, topic.error)
        elif event.what == GONE and reader is not None:
            self._check_one(reader)

    def _open(self, topic: Topic) -> None:
        name = topic.name
        outgoing = self._sending.topics.get(name)
        every = self._every is not None and bool(self._every.of([name]))
        is_new = outgoing is None
        if outgoing is None:
            outgoing = Outgoing(name)
        try:
            reader = Reader(
                topic, outgoing, self._sending, every, self._clock.wire_ns, self._inspect
            )
        except ValueError as error:
            self._log_refused(name, error)
            topic.close()
            return
        if is_new:
            self._sending.add(outgoing)
        self.readers[name] = reader
        self._is_changed = True
        self._check_one(reader)

    def _inspect(self, name: str) -> tuple[TopicInfo, str]:
        return inspect_typed(name, trust=self._options.trust, directory=self._directory)

    def _log_refused(self, name: str, error: object) -> None:
        logger().warning("bridge %r does not send %r: %s", self._name, name, error)

    def _check(self, now: int) -> None:
        """Look at a part of the topics, whether their publishers live."""
        place = self._checks % max(1, len(self._parts))
        self._checks += 1
        if place == 0:
            self._begin_checks()
            self._sending.forget_silent()
        self._next_check = now + CHECK_NS // max(1, len(self._parts))
        if not self._parts:
            return
        readers, subscribers = self._parts[place]
        is_seldom = self._checks // len(self._parts) % SELDOM != 0
        for number in _hot.stirred(subscribers, True):
            reader = readers[number]
            if self.readers.get(reader.topic.name) is reader and not (is_seldom and reader.is_over):
                self._check_one(reader)

    def _scan(self) -> None:
        """Look for topics with something new."""
        for readers, subscribers in self._parts:
            for place in _hot.stirred(subscribers, False):
                reader = readers[place]
                if not reader.outgoing.has_news or reader.is_over:
                    self._note(reader)

    def _begin_checks(self) -> None:
        noted, self._noted = self._noted, {}
        often = len(noted) >= MANY and sum(noted.values()) >= OFTEN // (2 if self._scans else 1)
        if self._is_changed:
            open_ = [each for each in self.readers.values() if each.topic.subscriber is not None]
            some = [open_[i : i + PART] for i in range(0, len(open_), PART)]
            self._parts = [(part, tuple(each.topic.subscriber for each in part)) for part in some]
        if self._is_changed or often != self._scans:
            self._is_changed, self._scans = False, often
            for _, subscribers in self._parts:
                for subscriber in subscribers:
                    subscriber._arm(not often)
            self._scan()

    def _check_one(self, reader: Reader) -> None:
        reader.check()
        topic = reader.topic
        if reader.is_bridged:
            topic.close()  # until its name is another file's
            self._leave(reader)
        elif reader.is_over and not topic.is_there:
            if topic.by_pattern:
                self.follower.forget(topic)
            self._leave(reader)

    def _leave(self, reader: Reader) -> None:
        reader.close()
        self._damaged += reader.damaged
        del self.readers[reader.topic.name]
        self._is_changed = True
        self._behind.discard(reader.outgoing)
        self._sending.remove(reader.outgoing)
