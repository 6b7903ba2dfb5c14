"""Receives every value of matching topics, including new ones, in a thread."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from .._descriptors import open_as_many_as_allowed
from .._errors import ShmError, TopicTypeError, WaitTimeoutError
from .._follow import Follower
from .._followed import GONE, OPENED, REFUSED, Event, Topic
from .._left_out import LeftOut
from .._opening import LOOK
from .._patterns import unmatched
from .._select import select
from .._topics import TopicInfo, inspect, user

FORGET = 10.0
"""Seconds after which a topic that is gone is no longer followed, as checking it costs time."""
TURN = 2000
"""Most values taken of a topic before the next topic's turn."""
BACKLOG = 500_000
"""Most values that wait to be written, about 100 MB; more stay in their rings."""
OWN_FILES = 16
"""Descriptors reserved for the recorder itself."""
LAST_ROUND = 5.0
"""Most seconds for taking the values published before the end."""
ALL = 1 << 62
"""Greater than any sequence number."""


class Mark(NamedTuple):
    """Stands in the batches after all values that were published before mark() was called."""

    arrived: Callable[[], object]


class Source:
    """One publisher of a topic: one channel of a recording."""

    def __init__(self, name: str, kind: type) -> None:
        self.name = name
        self.type = kind
        self.info: TopicInfo | None = None  # None: the topic is gone, or has another type now
        try:
            info = inspect(name)
        except ShmError:
            return
        if info.type_name == kind.__name__:
            self.info = info


class _Taken:
    """The state of taking a topic's values: the publisher and the last sequence number."""

    def __init__(self, topic: Topic, kind: type, from_first: bool, lost: int) -> None:
        self.topic, self.type = topic, kind
        self.time_ns = 0
        self._from_first = from_first
        self._lost_before = lost
        self._source: Source | None = None
        self._sequence = self._lost = 0

    @property
    def lost(self) -> int:
        """Values that were overwritten before they were taken."""
        count: int = self._lost_before + self.topic.subscriber.lost
        return count

    def take(self, batch: list[Any]) -> None:
        """Add the unread values to the batch, at most TURN.

        A read that finds nothing costs as much as several values, so this stops at the value that
        was the newest at its start.

        Raises TopicTypeError if all values are taken and the next publisher has another type.
        """
        subscriber = self.topic.subscriber
        try:
            newest = subscriber.sample()
        except TopicTypeError:  # the previous publisher may have left values
            newest = None
        end = ALL if newest is None else newest.sequence
        try:
            for _ in range(TURN):
                value, sequence, self.time_ns, _age = subscriber.recv_sample(0)
                lost = subscriber.lost
                due = self._sequence + 1 + lost - self._lost
                if self._source is None or sequence != due:  # another publisher's
                    if self._source is None and self._from_first:
                        self._lost_before += sequence - 1 - lost
                    self._source = Source(self.topic.name, self.type)
                self._sequence, self._lost = sequence, lost
                batch.append((self._source, sequence, self.time_ns, value))
                if sequence >= end:
                    return
        except WaitTimeoutError:
            pass


class Receiver(threading.Thread):
    """Receives for so many seconds or until `stop` is true, then takes the remaining values.

    Puts lists of (source, sequence, CLOCK_MONOTONIC in ns, value) into `batches`, each in the order
    of publication, and None at the end. Then `error` is the exception that ended it, if any.
    """

    def __init__(self, patterns: Sequence[str], seconds: float) -> None:
        super().__init__(name="shm_pub_sub receiver", daemon=True)
        self.batches: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = False
        self.lost: dict[str, int] = {}
        """How many values of each topic were overwritten before they were taken."""
        self.error: Exception | None = None
        self.left_out = LeftOut(patterns)
        """Matching topics that cannot be recorded."""
        self.recorded_again: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Topics that were left out before and are recorded now."""
        self.ready = threading.Event()
        """Set once the topics that are there are followed."""
        self._marks: queue.SimpleQueue[Mark] = queue.SimpleQueue()
        self._patterns = patterns
        self._seconds = seconds
        self._taken: dict[str, _Taken] = {}
        self._received = self._done = 0  # values; each is changed by one thread
        self._gone: dict[str, float] = {}  # since when
        self._files = open_as_many_as_allowed()
        # Each topic takes two descriptors: its file, and the one to wait for.
        most = (self._files - len([*Path("/proc/self/fd").iterdir()]) - OWN_FILES) // 2
        self._follower = Follower(patterns, most=most)
        self._first = True

    def run(self) -> None:
        try:
            self._receive()
        except Exception as error:
            self.error = error
        for topic in self._follower.topics.values():
            if topic.in_doubt is not None:  # no other look follows
                self.left_out.add(topic.name, str(topic.in_doubt))
        self._follower.close()
        self.batches.put(None)

    def done(self, batch: list[Any]) -> None:
        """Have the memory of a batch back, which is written or dropped; one thread calls it."""
        self._done += len(batch)
        batch.clear()

    def mark(self, mark: Mark) -> None:
        """Have a mark in the batches, soon; without it if the receiver ends before."""
        self._marks.put(mark)

    def unmatched(self) -> list[str]:
        """Return the names and patterns without a topic."""
        return unmatched(self._patterns, [*self.lost, *self.left_out.reasons])

    def _receive(self) -> None:
        end = time.monotonic() + self._seconds
        while not self.stop and (now := time.monotonic()) < end:
            self._look()
            self.ready.set()
            if not self._marks.empty():
                self._take_what_is_left()
                self.batches.put(self._marks.get())
            wait = min(LOOK, end - now)
            if self._received - self._done > BACKLOG:
                time.sleep(wait)
            else:
                self._take([topic.name for topic in self._follower.wait(wait)])
        self._take_what_is_left()

    def _take_what_is_left(self) -> None:
        now_ns, until = time.monotonic_ns(), time.monotonic() + LAST_ROUND
        while (topics := self._follower.unread()) and time.monotonic() < until:
            left = [t.name for t in topics if self._taken[t.name].time_ns < now_ns]
            if not left:
                return
            self._take(left)

    def _take(self, ready: Sequence[str]) -> None:
        batch: list[Any] = []
        for name in ready:
            taken = self._taken[name]
            try:
                taken.take(batch)
                self.lost[name] = taken.lost
            except ShmError as error:
                self.lost[name] = taken.lost
                taken.topic.reopen(error)
                if not isinstance(error, TopicTypeError):
                    self.left_out.add(name, str(error))
        if batch:
            if len(ready) > 1:
                batch.sort(key=itemgetter(2))
            self._received += len(batch)
            self.batches.put(batch)

    def _look(self) -> None:
        for event in self._follower.look():
            self._note(event)
        self._first = False
        for name in self._follower.beyond:
            limit = f"this process may have {self._files} files open; raise that (ulimit -Hn)"
            self.left_out.add(name, limit)
        if self._gone:
            self._forget(time.monotonic() - FORGET)

    def _note(self, event: Event) -> None:
        topic, name = event.topic, event.topic.name
        if event.what == REFUSED and topic.error is not None:
            reason: ShmError | str = topic.error
            if topic.info is not None and not topic.info.trusted:
                reason = f"it is of {user(topic.info.uid)}, who is not trusted"
            self.left_out.add(name, reason)
        elif event.what == GONE:
            self._gone[name] = time.monotonic()
        elif event.what == OPENED and topic.info is not None:
            if self.left_out.discard(name):
                self.recorded_again.put(name)
            lost = self.lost.setdefault(name, 0)
            self._taken[name] = _Taken(topic, topic.info.type, not self._first, lost)

    def _forget(self, since: float) -> None:
        for name, gone_at in [*self._gone.items()]:
            topic = self._follower.topics.get(name)
            if topic is None or topic.is_there:
                del self._gone[name]
            elif gone_at < since and not (topic.subscriber and select([topic.subscriber], 0)):
                del self._gone[name]
                self._taken.pop(name, None)
                self._follower.forget(topic)
