"""Threads do everything to publishers and subscribers, at once and in random order."""

import contextlib
import gc
import os
import random
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from shm_pub_sub import Publisher, ShmError, Subscriber, inspect, topics
from support.counts import dice
from support.waiting import run_threads

SECONDS = float(os.environ.get("SHM_PUB_SUB_CHAOS") or 3)
"""For how long; a long run finds more."""

NAMES = [f"topic/{number}" for number in range(4)]


@pytest.fixture(autouse=True)
def _threads_alternate_all_the_time() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Chaos:
    """Publishers and subscribers that any thread can use and replace."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._generations = iter(range(1, 1 << 30))
        self.publishers: dict[str, tuple[Publisher[int], int]] = {}
        self.subscribers = {name: Subscriber(name, -1) for name in NAMES}
        self.watched: list[Any] = []

    def make(self) -> None:
        """Closes the earlier one, if any, perhaps while another thread does that."""
        name, generation = self._dice.choice(NAMES), next(self._generations)
        made = Publisher(name, 0, self._dice.randint(1, 60), replace=self._dice.random() < 0.7)
        self.publishers[name] = made, generation

    def publish(self) -> None:
        publisher, generation = self.publishers[self._dice.choice(NAMES)]
        publisher.publish(generation << 20 | self._dice.randrange(1 << 20))

    def read(self) -> None:
        value, ok = self.subscribers[self._dice.choice(NAMES)].subscribe()
        assert ok is (value != -1)
        assert value == -1 or 1 <= value >> 20 < 1 << 30, value

    def close(self) -> None:
        self.publishers[self._dice.choice(NAMES)][0].close()

    def renew(self) -> None:
        """Replaces a subscriber, and closes the old one under its readers."""
        name = self._dice.choice(NAMES)
        old, self.subscribers[name] = self.subscribers[name], Subscriber(name, -1)
        if self._dice.random() < 0.5:
            old.close()

    def look(self) -> None:
        topics()
        with contextlib.suppress(LookupError):
            inspect(self._dice.choice(NAMES))
        repr(self.subscribers[NAMES[0]])

    def collect(self) -> None:
        """A cycle that holds both; its finalizer and a callback use others."""
        cycle = Cycle(self)
        kept = weakref.ref(cycle.publisher, lambda _: self.in_callback())
        self.watched.append(kept)
        del cycle
        gc.collect()
        self.watched.clear()

    def in_callback(self) -> None:
        for work in (self.publish, self.read, self.close):
            with contextlib.suppress(ShmError, KeyError):
                work()


class Cycle:
    def __init__(self, chaos: Chaos) -> None:
        self.itself, self.chaos = self, chaos
        self.publisher = Publisher(f"cycle/{id(self)}", 0)
        self.subscriber = Subscriber(self.publisher.name, -1)
        self.publisher.publish(1)

    def __del__(self) -> None:
        self.chaos.in_callback()
        with contextlib.suppress(ShmError):
            self.chaos.make()
        self.subscriber.close()


def test_threads_do_everything_at_once() -> None:
    chaos = Chaos(dice().randrange(2**32))

    def repeat(work: Callable[[], None]) -> Callable[[], None]:
        def tolerant() -> None:
            with contextlib.suppress(ShmError, KeyError):  # KeyError: none has been made yet
                work()

        return tolerant

    works = [chaos.make, chaos.publish, chaos.read, chaos.close, chaos.renew, chaos.look]
    run_threads([repeat(work) for work in [*works, chaos.collect, chaos.make, chaos.read]], SECONDS)

    # Afterwards every topic works like a new one.
    chaos.publishers.clear()
    gc.collect()
    assert topics() == []
    for name in NAMES:
        with Publisher(name, 0) as publisher, Subscriber(name, -1) as subscriber:
            for reader in (subscriber, chaos.subscribers[name]):
                publisher.publish(5)
                assert reader.subscribe() == (5, True)
