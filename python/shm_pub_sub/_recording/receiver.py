"""Receives every value of matching topics, including new ones, in a thread."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from .._descriptors import open_as_many_as_allowed
from .._errors import ShmError, TopicTypeError
from .._follow import Follower
from .._followed import GONE, OPENED, REFUSED, Event, Topic
from .._left_out import LeftOut
from .._messages import message_of
from .._opening import LOOK
from .._patterns import Selection
from .._select import select
from .._topics import user
from .taken import Batch, Buffers, Source, Taken

FORGET = 10.0
"""Seconds after which a topic that is gone is no longer followed, as checking it costs time."""
MEMORY = 256 << 20
"""Bytes of values that wait to be written; more stay in their rings."""
AT_ONCE = 32 << 20
"""Bytes of a batch, about."""
OWN_FILES = 16
"""Descriptors reserved for the recorder itself."""
LAST_ROUND = 5.0
"""Most seconds for taking the values published before the end."""
PAUSE = 0.001
"""Seconds until the next attempt if there is no memory for what has come."""


class Mark(NamedTuple):
    """Stands in the batches after all values that were published before mark() was called."""

    arrived: Callable[[], object]


class Receiver(threading.Thread):
    """Receives for so many seconds or until `stop` is true, then takes the remaining values.

    Puts each Batch into `batches`, in the order of publication, and None at the end. Then `error`
    is the exception that ended it, if any. Values are numbers, or as a raw subscriber has them.
    Give each batch back to done().

    Args:
        words: The topics' names, or patterns of them, none for all; or a Selection.
        seconds: How long to receive.
        memory: Bytes of values that wait for done(). What comes then stays in its ring, and is lost
            if that is overwritten. Topics of large values may have three quarters: images that
            cannot be written fast enough cost no other topic's values.
    """

    def __init__(
        self, words: Iterable[str] | Selection, seconds: float, memory: int = MEMORY
    ) -> None:
        super().__init__(name="shm_pub_sub receiver", daemon=True)
        self.batches: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.stop = False
        self.lost_to_memory = 0
        """Values lost because too much waited to be written: `lost` has them too."""
        self.error: Exception | None = None
        self.garbage: Counter[str] = Counter()
        """Values of each topic that could not be encoded, as they were damaged. The writer's."""
        self.recorded_again: queue.SimpleQueue[str] = queue.SimpleQueue()
        """Topics that were left out before and are recorded now."""
        self.ready = threading.Event()
        """Set once the topics that are there are followed."""
        self._marks: queue.SimpleQueue[Mark] = queue.SimpleQueue()
        self._seconds = seconds
        self._memory = memory
        self._buffers = Buffers()
        self._freed, self._is_full = threading.Event(), False
        self._sources = itertools.count(1)
        self._taken: dict[str, Taken] = {}
        self._lost: dict[str, int] = {}
        self._received = self._done = 0  # bytes; each is changed by one thread
        self._gone: dict[str, float] = {}  # since when
        self._files = open_as_many_as_allowed()
        # Each topic takes two descriptors: its file, and the one to wait for.
        most = (self._files - len([*Path("/proc/self/fd").iterdir()]) - OWN_FILES) // 2
        self._follower = Follower(words, most=most, raw=True)
        self._selection = self._follower.selection
        self.left_out = LeftOut(self._selection.words)
        """Matching topics that cannot be recorded."""
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

    @property
    def lost(self) -> dict[str, int]:
        """How many values of each topic were overwritten before they were taken, or damaged."""
        garbage = self.garbage
        return {name: lost + garbage[name] for name, lost in [*self._lost.items()]}

    @property
    def waiting(self) -> int:
        """Bytes of the values that were received and not done."""
        return self._received - self._done

    def done(self, batch: Batch) -> None:
        """Have the memory of a batch back, which is written or dropped; one thread calls it.

        Nothing may refer to its values any more.
        """
        batch.clear()
        for taken in batch.pins:
            taken.is_pinned = False
        if batch.buffers:
            self._buffers.put_back(batch.buffers)
        self._done += batch.nbytes
        if self._is_full:
            self._freed.set()

    def mark(self, mark: Mark) -> None:
        """Have a mark in the batches, soon; without it if the receiver ends before."""
        self._marks.put(mark)

    def unmatched(self) -> list[str]:
        """Return the names and patterns without a topic."""
        return self._selection.unmatched([*self._lost, *self.left_out.reasons])

    def _receive(self) -> None:
        end = time.monotonic() + self._seconds
        while not self.stop and (now := time.monotonic()) < end:
            self._look()
            self.ready.set()
            if not self._marks.empty():
                self._take_what_is_left()
                self.batches.put(self._marks.get())
            self._take(self._follower.wait(min(LOOK, end - now)))
        self._take_what_is_left()

    def _take_what_is_left(self) -> None:
        now_ns, until = time.monotonic_ns(), time.monotonic() + LAST_ROUND
        while (topics := self._follower.unread()) and time.monotonic() < until:
            left = [topic for topic in topics if self._taken[topic.name].time_ns < now_ns]
            if not left:
                return
            self._take(left)

    def _take(self, ready: Iterable[Topic]) -> None:
        """Take values of topics that have some, as far as there is memory."""
        batch, topics, held_back = Batch(), 0, False
        free = self._memory - self.waiting
        for topic in ready:
            taken = self._taken[topic.name]
            room = free - batch.nbytes - (self._memory // 4 if taken.is_large else 0)
            if room <= 0 and (batch or free < self._memory):
                taken.is_held_back = held_back = True
                continue
            self._take_of(taken, batch, room if room < AT_ONCE else AT_ONCE)
            topics += 1
            if batch.nbytes >= AT_ONCE:
                self._put(batch, topics)
                free -= batch.nbytes
                batch, topics = Batch(), 0
        self._put(batch, topics)
        self._is_full = held_back
        if held_back:
            self._freed.clear()
            self._freed.wait(PAUSE)

    def _take_of(self, taken: Taken, batch: Batch, room: int) -> None:
        name = taken.topic.name
        try:
            taken.take(batch, room)
            lost = taken.lost
        except ShmError as error:
            lost = taken.lost
            taken.topic.reopen(error)
            if not isinstance(error, TopicTypeError):
                self.left_out.add(name, str(error))
        if taken.is_held_back:
            taken.is_held_back = False
            self.lost_to_memory += lost - self._lost[name]
        self._lost[name] = lost

    def _put(self, batch: Batch, topics: int) -> None:
        if batch:
            if topics > 1:
                batch.sort(key=itemgetter(2))
            self._received += batch.nbytes
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
            info = topic.info
            if info is not None and not info.trusted:
                reason = f"it is of {user(info.uid)}, who is not trusted"
            self.left_out.add(name, reason)
        elif event.what == GONE:
            self._gone[name] = time.monotonic()
        elif event.what == OPENED:
            self._begin(topic)

    def _begin(self, topic: Topic) -> None:
        name, info, descriptor = topic.name, topic.info, topic.descriptor
        assert info is not None
        try:
            message_of(descriptor, info.metadata)
        except ValueError as error:
            self.left_out.add(name, f"topic {name!r}: {error}")
            topic.leave_poll()
            return
        if self.left_out.discard(name):
            self.recorded_again.put(name)
        self._taken[name] = Taken(
            topic,
            descriptor,
            self._lost.setdefault(name, 0),
            not self._first,
            lambda: Source(name, descriptor, info, next(self._sources), self.garbage),
            self._buffers,
        )

    def _forget(self, since: float) -> None:
        for name, gone_at in [*self._gone.items()]:
            topic = self._follower.topics.get(name)
            if topic is None or topic.is_there:
                del self._gone[name]
            elif gone_at < since and not (topic.subscriber and select([topic.subscriber], 0)):
                del self._gone[name]
                self._taken.pop(name, None)
                self._follower.forget(topic)
