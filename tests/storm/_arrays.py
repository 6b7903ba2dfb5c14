"""The actors of the storm of arrays and records."""

import os
import random
import time
from typing import Any, NamedTuple

import numpy as np
import shm_pub_sub

from ._log import Log
from ._payloads import (
    default,
    differing,
    fill,
    length,
    made,
    room,
    sizes,
    to_lend,
    topic_name,
    words_of,
)
from ._values import content, word
from ._words import Words

OUTSIDER = 61004
"""A user that need not exist."""

KEPT = 6
"""Values that a reader keeps at once at the most: more than there are views."""


class Plan(NamedTuple):
    topic: int
    generation: int
    buffers: int
    views: int
    loans: int
    retain: bool
    seconds: float
    seed: int


def publish(plan: Plan, log: Log, words: Words) -> None:
    """One publisher's life. It ends by a kill, mostly."""
    dice = random.Random(plan.seed)
    topic, generation = plan.topic, plan.generation
    try:
        publisher = shm_pub_sub.Publisher(
            topic_name(topic),
            default(topic),
            plan.buffers,
            views=plan.views,
            loans=plan.loans,
            mode=0o644,
            retain=plan.retain,
            **sizes(topic),
        )
    except shm_pub_sub.ExistsError:
        log("refused", generation)
        return
    except shm_pub_sub.OpenError as error:
        if "replacing it for a second" not in str(error):
            raise
        log("stuck", generation)  # behind a publisher that was stopped
        return
    log("owns", generation)
    published = _publish_until(publisher, plan, dice, words)
    publisher.close()
    log("closed", generation, published)


def _publish_until(publisher: Any, plan: Plan, dice: random.Random, words: Words) -> int:
    topic, generation = plan.topic, plan.generation
    end, k = time.monotonic() + plan.seconds, 0
    while time.monotonic() < end:
        way = dice.choice(["publish", "loan", "late", "many", "drop"])
        first, k = k + 1, k + (3 if way == "many" else 1)
        words.announced[generation] = k
        value = word(topic, generation, k)
        n = length(topic, k)
        if way == "publish":
            publisher.publish(made(topic, n, value))
        elif way == "many":
            publisher.publish_many(
                made(topic, length(topic, each), word(topic, generation, each))
                for each in range(first, k + 1)
            )
        elif way == "drop":
            _spoil(publisher, topic, n)
            continue
        else:
            with publisher.loan(*to_lend(topic, n)) as lent:
                fill(lent, topic, n, value)
                if way == "late" and plan.loans > 1:
                    # Another value comes between: this one is published in a later slot.
                    words.announced[generation] = k + 1
                    late = word(topic, generation, k + 1)
                    publisher.publish(made(topic, length(topic, k + 1), late))
            k += way == "late" and plan.loans > 1
        words.done[generation] = first if way == "late" else k
        if dice.random() < 0.3:
            time.sleep(dice.uniform(0, 0.004))
    return k


def _spoil(publisher: Any, topic: int, n: int) -> None:
    """Fills a loan with what must never be seen, and drops it."""
    try:
        with publisher.loan(*to_lend(topic, n)) as lent:
            fill(lent, topic, n, 2**63 - 1)
            raise LookupError
    except LookupError:
        pass


class Kept(NamedTuple):
    value: Any
    first: int
    until: float


class Reader:
    """Follows a topic, and judges each value at once."""

    def __init__(
        self, topic: int, log: Log, words: Words, dice: random.Random, outsider: bool
    ) -> None:
        self._topic, self._log, self._words, self._dice = topic, log, words, dice
        self._views, self._outsider = dice.random() < 0.6, outsider
        self._subscriber = shm_pub_sub.Subscriber(
            topic_name(topic),
            default(topic),
            copy=not self._views,
            history=3,
            trust=os.getuid() if not outsider else 0,
        )
        self._room = room(topic)
        self._kept: list[Kept] = []
        self._generation = self._k = 0
        self.read = self.kept = self._copied = 0

    def look(self) -> None:
        way = self._dice.choice(["newest", "newest", "recv", "into", "drain", "last"])
        floor = self._words.done[self._generation]
        sub = self._subscriber
        try:
            if way == "newest":
                value, ok = sub.subscribe()
                if ok:
                    self._judge(value, floor)
            elif way == "into":
                value, ok = sub.subscribe(into=self._room)
                if ok:
                    self._judge(value, floor)
            elif way == "recv":
                self._judge(sub.recv(self._dice.choice([0, 0.01])))
            else:
                for value in sub.drain() if way == "drain" else sub.last(3):
                    self._judge(value)
        except TimeoutError:
            pass
        except Exception as error:
            lapped = self._outsider and "overwritten" in str(error)
            if not lapped:
                self._fault("raised", repr(error))
        self.drop(time.monotonic())

    def _judge(self, value: Any, floor: int | None = None) -> None:
        found = self._content(value)
        if found is None:
            return
        self.read += 1
        generation, k = found
        words = words_of(value)
        if k > self._words.announced[generation] or len(words) != length(self._topic, k):
            self._fault("never published", [generation, k, len(words)])
        if floor is not None:
            # A loan that is published late has a smaller number than the value before it.
            if generation == self._generation and k < max(floor, self._k) - 1:
                self._fault("stale", [generation, floor, self._k, k])
            self._generation, self._k = generation, k
        if not np.shares_memory(words, words_of(self._room)):
            seconds = self._dice.choice([0, 0, 0.01, 0.3])
            self._kept.append(Kept(value, int(words[0]), time.monotonic() + seconds))
            self.kept += seconds > 0

    def _content(self, value: Any) -> tuple[int, int] | None:
        if found := differing(value):
            self._fault("torn", found)
            return None
        try:
            return content("int", self._topic, int(words_of(value)[0]))
        except ValueError as error:
            self._fault("never published", str(error))
            return None

    def drop(self, now: float) -> None:
        """Looks at what was kept for its time, and lets it go."""
        while len(self._kept) > KEPT or (self._kept and self._kept[0].until < now):
            value, first, _ = self._kept.pop(0)
            if differing(value) or words_of(value)[0] != first:
                self._fault("changed while it was kept", hex(first))

    def note(self) -> None:
        """Logs what was read since the last note."""
        copied, self._copied = self._subscriber.copied - self._copied, self._subscriber.copied
        self._log("read", self.read, self.kept, copied)
        self.read = self.kept = 0

    def _fault(self, what: str, detail: Any) -> None:
        self._log("fault", what, [self._topic, self._views, detail])


def read(topic: int, log: Log, words: Words, seed: int, outsider: bool) -> None:
    """outsider: It becomes a user that may not write to the topics' files, and so pins nothing."""
    dice = random.Random(seed)
    if outsider:
        shm_pub_sub.topics()  # the library may be in a place that only root can read
        os.setresuid(OUTSIDER, OUTSIDER, OUTSIDER)
    reader, logged = Reader(topic, log, words, dice, outsider), time.monotonic()
    while not words.ending:
        reader.look()
        if time.monotonic() > logged + 0.2:  # a reader that is killed later has read so much
            logged = time.monotonic()
            reader.note()
    reader.drop(float("inf"))
    reader.note()
