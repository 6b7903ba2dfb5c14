"""Taking the values of followed topics, each in its turn, for follow()."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice, repeat
from typing import Any

from ._errors import OpenError, TopicTypeError, WaitTimeoutError
from ._follow import Follower
from ._followed import GONE, REFUSED, Topic
from ._hot import Sample
from ._log import logger

Item = tuple[str, Sample[Any]]

AT_ONCE = 1000
"""Numbers that are taken of a topic before the next one's turn. Of other values, one is."""

FORGET = 1.0
"""Seconds between checks whether the publisher of a topic that has lost its name lives on."""


class Taking:
    """The values of a follower's topics. One thread at a time.

    Args:
        newest: Skip all values but a topic's newest whenever it has its turn.
        text: The patterns, for the log.
    """

    def __init__(self, follower: Follower, newest: bool, text: str) -> None:
        self.values: deque[Item] = deque()
        """Taken, and not returned yet."""
        self._follower, self._newest, self._text = follower, newest, text
        self._ready: deque[Topic] = deque()  # with values to take
        self._ending: dict[Topic, None] = {}  # without a name, and perhaps with values
        self._next_ending = 0.0
        self._lost = 0
        self._is_full = False  # and that was logged

    @property
    def lost(self) -> int:
        """How many values were overwritten before they were taken."""
        return self._lost + sum(topic.lost for topic in [*self._follower.topics.values()])

    @property
    def has_more(self) -> bool:
        """Whether next() has something to return, as far as is known."""
        return bool(self.values or self._ready)

    def next(self, hand: list[Item], fds: Sequence[int] | None) -> bool:
        """Put the next value that is there into `hand`; report whether there is one.

        fds: What the poll found readable just now. None: look at each topic.
        """
        if not self.values:
            self._fill(fds)
        if not self.values:
            return False
        hand.extend(map(deque.popleft, (self.values,)))  # one step, as seen by Ctrl-C
        return True

    def _fill(self, fds: Sequence[int] | None) -> None:
        """Look for topics, and take values."""
        follower = self._follower
        if self._newest and self._ready:
            self._take(self._ready.popleft())
            if self.values:
                return
        self._ready.extend(follower.unread() if fds is None else follower.ready(fds))
        if not self._ready or follower.look_is_due():
            self.look()
            self._ready.extend(follower.wait(0))
        while self._ready:
            self._take(self._ready.popleft())
            if self._newest and self.values:
                break
        if len(self.values) > 1:
            self.values = deque(_in_order(self.values))
        if self._ending and (now := time.monotonic()) >= self._next_ending:
            self._next_ending = now + FORGET
            self._forget()

    def look(self) -> None:
        """Look for topics."""
        try:
            for event in self._follower.look():
                if event.what == REFUSED:
                    logger().warning("following %r: %s", event.topic.name, event.topic.error)
                elif event.what == GONE and event.topic.by_pattern:
                    self._ending[event.topic] = None
                    self._next_ending = 0.0
        except BaseException:  # Ctrl-C: an event may have been lost
            for topic in self._follower.topics.values():
                if topic.by_pattern and not topic.is_there:
                    self._ending[topic] = None
            raise
        self._log_full()

    def _take(self, topic: Topic) -> None:
        subscriber, values = topic.subscriber, self.values
        if subscriber is None:
            return
        # Between its byte codes Python handles signals; Ctrl-C there would lose a value that is
        # neither the subscriber's any more nor among the values yet. C's iterators have none.
        items = zip(repeat(topic.name), map(subscriber.recv_sample, repeat(0)))
        try:
            if self._newest:
                subscriber._skip()
            for _ in range(AT_ONCE):
                if not subscriber._has_news():
                    return
                values.extend(islice(items, 1))
                if self._newest or type(values[-1][1][0]) not in (bool, int, float):
                    return
        except WaitTimeoutError:
            pass  # another reader's: overwritten meanwhile
        except (TopicTypeError, OpenError) as error:
            topic.reopen(error)

    def _forget(self) -> None:
        """Follow those no longer that have neither a name nor values nor a publisher."""
        for topic in [*self._ending]:
            if topic.is_there or self._follower.topics.get(topic.name) is not topic:
                del self._ending[topic]
            elif not (topic.subscriber and (topic.has_news() or topic.alive)):
                del self._ending[topic]
                self._follower.forget(topic)
                self._lost += topic.lost

    def _log_full(self) -> None:
        beyond = self._follower.beyond
        if beyond and not self._is_full:
            logger().warning(
                "following %s: %d topics, %r first, are left out for now: this process has too few "
                "descriptors; close some, or raise the limit (ulimit -n)",
                self._text,
                len(beyond),
                beyond[0],
            )
        self._is_full = bool(beyond)


def _in_order(values: Iterable[Item]) -> list[Item]:
    """Return the values in the order of their times, but never a topic's in another than its own.

    A publisher may begin with earlier times than those of the one before.
    """
    latest: dict[str, int] = {}
    keys = []
    for name, sample in values:
        latest[name] = key = max(sample.time_ns, latest.get(name, 0))
        keys.append(key)
    if len(latest) == 1:
        return [*values]
    return [item for _, item in sorted(zip(keys, values, strict=True), key=_first)]


def _first(pair: tuple[int, Item]) -> int:
    return pair[0]
