"""Subscribing to topics that are there. What fails is tried again: it may be changing its type."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from ._errors import OpenError, ShmError, TopicNotFoundError, TopicTypeError
from ._followed import OPENED, REFUSED, Event, Topic
from ._subscriber import Subscriber
from ._topics import NUMBERS, file_of, inspect_typed

WaitFor = Callable[[Topic], ShmError | None]

LOOK = 0.02
"""Seconds before a second attempt at a topic that may be about to change its type."""

RETRY = 0.5
"""Seconds between attempts to open what could not be opened."""


class Opening:
    """The topics of a follower that are to be opened. The arguments are the follower's."""

    def __init__(
        self,
        directory: str,
        trust: Any,
        glance: Callable[[Any], Any] | None,
        subscribe: Callable[[str, int], Any] | None,
        raw: bool,
    ) -> None:
        self.hurry: set[Topic] = set()
        """To be opened at the next look."""
        self.stalled: set[Topic] = set()
        """With a subscriber that had trouble: not waited for until the next attempt."""
        self.refused: set[Topic] = set()
        self._in_doubt: set[Topic] = set()
        self._next_retry = self._next_doubt = 0.0
        self._directory, self._trust = directory, trust
        self._glance, self._subscribe, self._raw = glance, subscribe, raw

    def open(self, history: int, first: bool, wait_for: WaitFor) -> list[Event]:
        """Open the topics that it is time for.

        Args:
            history: How many values that are there already are taken.
            first: Whether this is the follower's first look: trouble is no passing one then.
            wait_for: Has the follower wait for a topic's values; returns why it cannot.
        """
        now, events = time.monotonic(), []
        attempts = {*self.hurry}
        self.hurry.clear()
        if now >= self._next_doubt:
            attempts |= self._in_doubt
        if now >= self._next_retry:
            self._next_retry = now + RETRY
            attempts |= self.refused
            events = self._go_on(wait_for)
        for topic in sorted(attempts, key=lambda topic: topic.name):
            if topic.is_there and topic.subscriber is None:
                event = self._open(topic, history, first, wait_for)
                events += [event] if event else []
        return events

    def due(self) -> float:
        """Return when to call open() (monotonic)."""
        if self.hurry:
            return 0.0
        due = self._next_doubt if self._in_doubt else float("inf")
        return min(due, self._next_retry) if self.refused or self.stalled else due

    def discard(self, topic: Topic) -> None:
        """Have it opened no more, until it is in a hurry again."""
        for topics in (self.hurry, self.refused, self._in_doubt):
            topics.discard(topic)

    def _open(self, topic: Topic, history: int, first: bool, wait_for: WaitFor) -> Event | None:
        """Subscribe to a topic. What fails but once may only be about to change its type."""
        doubt, topic.in_doubt = topic.in_doubt, None
        self._in_doubt.discard(topic)
        topic.info = None
        file = self._file_of(topic)
        damage, topic.damage = topic.damage, None
        if damage is not None:
            topic.damaged = file
            return self._refuse(topic, damage)
        if file is not None and file == topic.damaged:
            history = 0  # what it still keeps was received, or cannot be
        try:
            if self._subscribe is not None:
                topic.subscriber = self._subscribe(topic.name, history)
            else:
                self._open_typed(topic, history)
        except TopicNotFoundError:
            return None
        except TopicTypeError:
            self.hurry.add(topic)  # it has changed its type since it was inspected
            return None
        except OpenError as trouble:
            is_strange = topic.info is not None and not topic.info.trusted
            if not (doubt or first or topic.error or is_strange):
                topic.in_doubt = trouble
                self._in_doubt.add(topic)
                self._next_doubt = time.monotonic() + LOOK
                return None
            return self._refuse(topic, trouble)
        if error := wait_for(topic):
            return self._refuse(topic, error)
        topic.error = None
        self.refused.discard(topic)
        return Event(OPENED, topic)

    def _go_on(self, wait_for: WaitFor) -> list[Event]:
        """Wait again for the topics that had trouble."""
        events = []
        stalled = [topic for topic in self.stalled if topic.subscriber is not None and topic.fd < 0]
        self.stalled.clear()
        for topic in stalled:
            if (error := wait_for(topic)) and (event := self._refuse(topic, error)):
                events.append(event)
        return events

    def _file_of(self, topic: Topic) -> tuple[int, int] | None:
        """Return the device and inode of the topic's file; None if there is none."""
        try:
            file = os.lstat(file_of(self._directory, topic.name))
        except OSError:
            return None
        return file.st_dev, file.st_ino

    def _open_typed(self, topic: Topic, history: int) -> None:
        topic.info, topic.descriptor = info, _ = inspect_typed(
            topic.name, trust=self._trust, directory=self._directory
        )
        is_number = info.type_name in NUMBERS
        topic.glance = None if is_number else self._glance
        if self._raw and not is_number:
            from ._raw import raw_subscriber

            topic.subscriber = raw_subscriber(
                topic.name,
                topic.descriptor,
                history=history,
                trust=self._trust,
                directory=self._directory,
            )
            return
        topic.subscriber = Subscriber(
            topic.name,
            info.type() if is_number else None,
            copy=topic.glance is None,  # what is glanced at needs no copy
            history=history,
            trust=self._trust,
            directory=self._directory,
        )

    def _refuse(self, topic: Topic, error: ShmError) -> Event | None:
        self.refused.add(topic)
        known, topic.error = topic.error, error
        return Event(REFUSED, topic) if str(known) != str(error) else None
