"""The actors that receive every value of all topics, and judge each at once."""

import random
import time
from typing import Any

import shm_pub_sub

from ._log import Log
from ._values import DEFAULTS, content, topic_name
from ._words import Words

KINDS = ("int", "float")
"""A bool does not name its publisher."""


class Stream:
    """One subscriber's values: each once, in order, and what is missing is counted."""

    def __init__(self, log: Log, words: Words, topic: int, kind: str) -> None:
        self.received = 0
        self._log, self._words, self._topic, self._kind = log, words, topic, kind
        self._subscriber: Any = None
        self._generation, self._k, self._sequence, self._lost = 0, 0, 0, 0
        self._left: set[int] = set()  # generations that others have followed
        # subscribe() may have moved on, and have left behind, and counted, other publishers' values
        # before this one's were taken.
        self._strayed = False

    def look(self, dice: random.Random) -> None:
        """Receives for a moment, now and then by another way than waiting."""
        try:
            if self._subscriber is None:
                name, default = topic_name(self._topic), DEFAULTS[self._kind]
                self._subscriber = shm_pub_sub.Subscriber(name, default, history=3)
            if dice.random() < 0.2:
                self._strayed = True  # even if it raises: the topic's type may have changed
                self._subscriber.subscribe()
            for _ in range(dice.choice([1, 10, 300])):
                self._judge(self._subscriber.recv_sample(dice.choice([0, 0.001, 0.02])))
        except (TimeoutError, shm_pub_sub.TopicTypeError):
            pass
        except Exception as error:
            self._fault("raised", repr(error))

    def _judge(self, sample: Any) -> None:
        self.received += 1
        try:
            generation, k = content(self._kind, self._topic, sample.value)
        except ValueError as error:
            self._fault("never published", str(error))
            return
        if k > self._words.announced[generation]:
            self._fault("never published", [generation, k])
        lost, self._lost = self._subscriber.lost - self._lost, self._subscriber.lost
        if lost < 0:
            self._fault("lost is smaller than before", lost)
        if generation != self._generation:
            if generation in self._left:
                self._fault("after others'", [self._generation, generation, k])
            self._left.add(self._generation)
        elif k <= self._k:
            self._fault("not the next", [generation, self._k, k])
        # A value that is retained begins the next publisher's numbers with another one.
        elif sample.sequence > self._sequence and self._miscounted(k - self._k - 1, lost):
            self._fault("wrongly counted", [generation, self._k, k, lost])
        self._generation, self._k, self._sequence = generation, k, sample.sequence
        self._strayed = False

    def _miscounted(self, missing: int, lost: int) -> bool:
        return lost < missing or (lost > missing and not self._strayed)

    def _fault(self, what: str, detail: Any) -> None:
        self._log("fault", what, ["stream", self._topic, self._kind, detail])


def receive(log: Log, words: Words, topics: int, seed: int) -> None:
    """Follows all topics with the same subscribers."""
    dice = random.Random(seed)
    streams = [Stream(log, words, topic, kind) for topic in range(topics) for kind in KINDS]
    logged = time.monotonic()
    while not words.ending:
        for stream in streams:
            stream.look(dice)
        if time.monotonic() > logged + 0.5:  # a reader that is killed later has received so many
            logged = time.monotonic()
            _log_received(log, streams)
    _log_received(log, streams)


def _log_received(log: Log, streams: list[Stream]) -> None:
    log("received", sum(stream.received for stream in streams))
    for stream in streams:
        stream.received = 0
