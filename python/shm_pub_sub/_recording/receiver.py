"""Takes every value of the topics that match, also of those that appear later, in a thread."""

from __future__ import annotations

import queue
import threading
import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import ShmError, TopicTypeError, WaitTimeoutError
from .._follow import GONE, OPENED, REFUSED, Follower, open_as_many_as_allowed
from .._left_out import LeftOut
from .._patterns import unmatched
from .._select import select
from .._topics import inspect, user

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._follow import Event, Topic
    from .._topics import TopicInfo

WAIT = 0.02
"""Seconds between looks for new topics."""
FORGET = 10.0
"""Seconds after which a topic that is gone is followed no longer: asking whether it is back
costs."""
TURN = 2000
"""Values that a topic may have taken before the others have their turn."""
BACKLOG = 500_000
"""Values that may wait to be written, some 100 MB. Beyond that they stay in their rings."""
OWN_FILES = 16
"""Descriptors that are left for the recorder itself."""
LAST_ROUND = 5.0
"""Seconds that taking what was published before the end may last."""
ALL = 1 << 62
"""As a sequence: none is as high."""


class Source:
    """One publisher of a topic: one channel of a recording."""

    def __init__(self, name: str, kind: type) -> None:
        self.name = name
        self.type = kind
        self.info: TopicInfo | None = None  # if it was gone too soon, or has another type by now
        try:
            info = inspect(name)
        except ShmError:
            return
        if info.type is kind:
            self.info = info


class _Taken:
    """What is taken of a topic, and which publisher's values it has come to."""

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
        """Add what is there to the batch, up to a turn's worth.

        The call that finds nothing costs as much as several values: if possible, it ends at the
        value that was the newest when it began.

        Raises TopicTypeError if all is taken and the next publisher is of another type.
        """
        subscriber = self.topic.subscriber
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
                    self._source = Source(self.topic.name, self.type)
                self._sequence, self._lost = sequence, lost
                batch.append((self._source, sequence, self.time_ns, value))
                if sequence >= end:
                    return
        except WaitTimeoutError:
            pass


class Receiver(threading.Thread):
    """Receives for so many seconds, or until `stop` is true. Then it takes what is left, and ends.

    `batches` gets lists of (source, sequence, CLOCK_MONOTONIC in ns, value), each in the order of
    publication, and None at the end; then `error` is what ended it, if anything did.
    """

    def __init__(self, patterns: Sequence[str], seconds: float) -> None:
        super().__init__(name="shm_pub_sub receiver", daemon=True)
        self.batches: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = False
        self.written = 0
        """How many values of the batches are dealt with; only their reader counts it."""
        self.lost: dict[str, int] = {}
        """How many values of each topic were overwritten before they were taken."""
        self.error: Exception | None = None
        self.left_out = LeftOut(patterns)
        """What matches and cannot be recorded."""
        self.recorded_again: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Topics that were left out before."""
        self._patterns = patterns
        self._end = time.monotonic() + seconds
        self._taken: dict[str, _Taken] = {}
        self._received = 0
        self._gone: dict[str, float] = {}  # since when
        self._files = open_as_many_as_allowed()
        # All that it may have beside those that are open already: each topic takes one.
        most = self._files - len([*Path("/proc/self/fd").iterdir()]) - OWN_FILES
        self._follower = Follower(patterns, most=most)
        self._first = True

    def run(self) -> None:
        try:
            self._receive()
        except Exception as error:
            self.error = error
        for topic in self._follower.topics.values():
            if topic.in_doubt is not None:  # there is no other look
                self.left_out.add(topic.name, str(topic.in_doubt))
        self._follower.close()
        self.batches.put(None)

    def unmatched(self) -> list[str]:
        """Return the names and patterns that no topic has matched."""
        return unmatched(self._patterns, [*self.lost, *self.left_out.reasons])

    def _receive(self) -> None:
        while not self.stop and (now := time.monotonic()) < self._end:
            self._look()
            wait = min(WAIT, self._end - now)
            if self._received - self.written > BACKLOG:
                time.sleep(wait)
            else:
                self._take([topic.name for topic in self._follower.wait(wait)])
        self._take_what_is_left()

    def _take_what_is_left(self) -> None:
        now_ns, until = time.monotonic_ns(), time.monotonic() + LAST_ROUND
        while (topics := self._follower.wait(0)) and time.monotonic() < until:
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
                taken.topic.reopen()
                if not isinstance(error, TopicTypeError):
                    self.left_out.add(name, str(error))
        if batch:
            if len(ready) > 1:
                batch.sort(key=itemgetter(2))
            self._received += len(batch)
            self.batches.put(batch)

    def _look(self) -> None:
        """Follow the topics that are new, and forget those that are gone for long."""
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
        if event.what == REFUSED:
            reason = str(topic.error)
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
