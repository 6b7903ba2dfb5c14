"""Takes every value of the topics that match, also of those that appear later, in a thread."""

from __future__ import annotations

import queue
import threading
import time
from operator import itemgetter
from pathlib import Path

import shm_pub_sub
from shm_pub_sub import OpenError, Subscriber, TopicInfo, TopicTypeError, WaitTimeoutError

from .._arguments import directory
from .._cli.topics import looked_at, names, open_as_many_as_allowed
from .._cli.unrecorded import Unrecorded
from .._patterns import unmatched
from .._topics import user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LOOK = 0.02
"""Seconds between looks for new topics."""
GONE = 5.0
"""Seconds between looks for topics that are gone. Twice, and they are followed no longer."""
SETTLED = 100_000_000
"""Nanoseconds after which a directory that changes again gets another time of change for sure."""
TURN = 2000
"""Values that a topic may have taken before the others have their turn."""
BACKLOG = 500_000
"""Values that may wait to be written, some 100 MB. Beyond that they stay in their rings."""
OWN_FILES = 16
"""Descriptors that are left for the recorder itself."""
LAST_ROUND = 5.0
"""Seconds that taking what was published before the end may last."""
ALL = 1 << 62
"""As a history: as many as are kept. As a sequence: none is as high."""


class Source:
    """One publisher of a topic: one channel of a recording."""

    def __init__(self, name: str, kind: type) -> None:
        self.name = name
        self.type = kind
        self.info: TopicInfo | None = None  # where it was gone too soon, or has another type by now
        try:
            info = shm_pub_sub.inspect(name)
        except shm_pub_sub.ShmError:
            return
        if info.type is kind:
            self.info = info


class _Topic:
    """A topic's subscriber, and which publisher's values it has come to."""

    def __init__(self, info: TopicInfo, history: int, lost: int = 0) -> None:
        self.name, self.type = info.name, info.type
        self.subscriber: Any = Subscriber(self.name, self.type(), history=history)
        self.time_ns = 0
        self._from_first = history == ALL
        self._lost_before = lost
        self._source: Source | None = None
        self._sequence = self._lost = 0

    @property
    def lost(self) -> int:
        """Values that were overwritten before they were taken."""
        count: int = self._lost_before + self.subscriber.lost
        return count

    def take(self, batch: list[Any]) -> None:
        """Add what is there to the batch, up to a turn's worth.

        The call that finds nothing costs as much as several values: where it can, it ends at the
        value that was the newest when it began.

        Raises TopicTypeError where all is taken and the next publisher is of another type.
        """
        subscriber = self.subscriber
        try:
            newest = subscriber.sample()
        except TopicTypeError:  # but values of the publisher before may be left
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
                    self._source = Source(self.name, self.type)
                self._sequence, self._lost = sequence, lost
                batch.append((self._source, sequence, self.time_ns, value))
                if sequence >= end:
                    return
        except WaitTimeoutError:
            pass


class Receiver(threading.Thread):
    """Receives for so many seconds, or until `stop` is true. Then it takes what there is, and ends.

    `batches` gets lists of (source, sequence, CLOCK_MONOTONIC in ns, value), each in the order of
    publication, and None at the end; then `error` is what ended it, if anything did.
    """

    def __init__(self, patterns: Sequence[str], seconds: float) -> None:
        super().__init__(name="shm_pub_sub receiver", daemon=True)
        self.batches: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = False
        self.written = 0
        """How many values of the batches are dealt with: who reads them counts, and only that."""
        self.lost: dict[str, int] = {}
        """How many values of each topic were overwritten before they were taken."""
        self.error: Exception | None = None
        self._patterns = patterns
        self._end = time.monotonic() + seconds
        self._topics: dict[str, _Topic] = {}
        self._subscribers: list[Any] = []
        self._changed = -1  # when the directory did, as far as is known; ns since the epoch
        self._received = 0
        self._gone: set[str] = set()
        self.left_out = Unrecorded(set(patterns))
        """What matches and cannot be recorded."""
        self._files = open_as_many_as_allowed()
        # All that it may have beside those that are open already: each topic takes one.
        self._most = self._files - len([*Path("/proc/self/fd").iterdir()]) - OWN_FILES
        self._leave_at = 0.0

    def run(self) -> None:
        try:
            self._receive()
        except Exception as error:
            self.error = error
        self.left_out.end()
        for topic in self._topics.values():
            topic.subscriber.close()
        self.batches.put(None)

    def unmatched(self) -> list[str]:
        """Return the names and patterns that no topic has matched."""
        return unmatched(self._patterns, [*self.lost, *self.left_out.reasons])

    def _receive(self) -> None:
        history, look_at = 1, 0.0
        while not self.stop and (now := time.monotonic()) < self._end:
            if now >= look_at:
                self._look(history)
                history, look_at = ALL, time.monotonic() + LOOK
            wait = min(LOOK, self._end - now)
            if not self._subscribers or self._received - self.written > BACKLOG:
                time.sleep(wait)
            else:
                self._take(shm_pub_sub.select(self._subscribers, wait))
        self._take_what_is_left()

    def _take_what_is_left(self) -> None:
        now_ns, until = time.monotonic_ns(), time.monotonic() + LAST_ROUND
        left = self._subscribers
        while left and (left := shm_pub_sub.select(left, 0)) and time.monotonic() < until:
            self._take(left)
            followed = self._topics
            left = [s for s in left if not s.closed and followed[s.name].time_ns < now_ns]

    def _take(self, ready: Sequence[Any]) -> None:
        batch: list[Any] = []
        for subscriber in ready:
            topic = self._topics[subscriber.name]
            try:
                topic.take(batch)
                self.lost[topic.name] = topic.lost
            except TopicTypeError:
                self.lost[topic.name] = topic.lost
                self._drop(topic)
                self._changed = -1
            except shm_pub_sub.ShmError as error:
                self._drop(topic)
                self.left_out.add(topic.name, str(error), sure=True)
                self.left_out.tell()
        if batch:
            if len(ready) > 1:
                batch.sort(key=itemgetter(2))
            self._received += len(batch)
            self.batches.put(batch)
        if self._changed == -1:  # a topic is of another type: no time to lose
            self._look(ALL)

    def _look(self, history: int) -> None:
        """Follow the topics that are new."""
        try:
            changed = Path(directory()).stat().st_mtime_ns
        except FileNotFoundError:
            return  # no topic yet
        if time.monotonic() >= self._leave_at:
            self._leave_what_is_gone()
            self._leave_at = time.monotonic() + GONE
        settled = time.time_ns() - changed > SETTLED
        if changed == self._changed and settled and not self.left_out.in_doubt:
            return
        self._changed = changed
        new = [name for name in names(self._patterns) if name not in self._topics]
        self.left_out.keep(new)
        for name, (info, error) in looked_at(new):
            if info is None:
                self.left_out.add(name, str(error))
            elif not info.trusted:
                whose = f"it is of {user(info.uid)}, who is not trusted"
                self.left_out.add(name, whose, sure=True)
            elif len(self._topics) >= self._most:
                limit = f"this process may have {self._files} files open; raise that (ulimit -Hn)"
                self.left_out.add(name, limit, sure=True)
            else:
                self._follow(info, history)
        self.left_out.tell()

    def _follow(self, info: TopicInfo, history: int) -> None:
        lost = self.lost.get(info.name, 0)
        try:
            topic = _Topic(info, history, lost)
        except OpenError as error:
            self.left_out.add(info.name, str(error))
            return
        except shm_pub_sub.ShmError:  # gone, or made anew with another type, since
            self._changed = -1  # so the next look is a new one
            return
        self.left_out.opened(info.name)
        self._topics[info.name] = topic
        self._subscribers.append(topic.subscriber)
        self.lost[info.name] = lost

    def _leave_what_is_gone(self) -> None:
        """Drop topics that have been gone for long: asking each whether it is back costs."""
        there = set(names(self._patterns))
        gone = {name for name in self._topics if name not in there}
        stale = [self._topics[name] for name in gone & self._gone]
        self._gone = gone
        if stale:
            left = set(shm_pub_sub.select([topic.subscriber for topic in stale], 0))
            for topic in stale:
                if topic.subscriber not in left:
                    self._drop(topic)

    def _drop(self, topic: _Topic) -> None:
        topic.subscriber.close()
        self._subscribers.remove(topic.subscriber)
        del self._topics[topic.name]
