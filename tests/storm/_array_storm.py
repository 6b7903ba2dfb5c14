"""Decides at random which actor of the storm of arrays starts, is killed, stopped or continued."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from . import _arrays
from ._arrays import Plan
from ._log import Log
from ._payloads import SIZES
from ._processes import Processes
from ._values import LIMIT
from ._words import Words

PATIENCE = 30.0
"""Seconds for the last actors to end."""

READERS = 3
"""Of each topic."""


class Controller:
    """It never uses the library itself, so that its forks are as good as fresh programs."""

    def __init__(self, folder: Path, seed: int, seconds: float) -> None:
        self._dice = random.Random(seed)
        self._seconds = seconds
        self._words = Words(folder / "words")
        lifetime = int(seconds + 2 * PATIENCE)
        self._processes = Processes(folder, Log(folder, "controller"), lifetime)
        self._generation = 0

    def run(self) -> dict[str, int]:
        end, topics = time.monotonic() + self._seconds, range(len(SIZES))
        while time.monotonic() < end:
            topic = self._dice.choice(topics)
            actions = [self._start_publisher, self._start_reader, self._kill, self._stop]
            self._dice.choices(actions, [40, 25, 45, 12])[0](topic)
            time.sleep(self._dice.uniform(0, 0.02))
            self._processes.attend()
        for process in self._processes.of("publisher"):
            self._processes.kill(process)
        self._words.end()
        self._processes.wait_for_all(PATIENCE)
        counted = self._processes
        return {"kills": counted.kills, "stops": counted.stops, "started": self._generation}

    def _start_publisher(self, topic: int) -> None:
        if len(self._processes.of("publisher", topic=topic)) > 1:
            return
        dice = self._dice
        self._generation += 1
        if self._generation >= LIMIT:
            raise OverflowError("more generations than values have room for")
        plan = Plan(
            topic=topic,
            generation=self._generation,
            buffers=dice.choice([1, 2, 3]),
            views=dice.choice([0, 1, 2, 3]),
            loans=dice.choice([1, 2]),
            retain=dice.random() < 0.4,
            seconds=dice.uniform(0, 2),
            seed=dice.getrandbits(32),
        )
        self._start("publisher", topic, lambda log: _arrays.publish(plan, log, self._words))

    def _start_reader(self, topic: int) -> None:
        if len(self._processes.of("reader", topic=topic)) < READERS:
            seed = self._dice.getrandbits(32)
            outsider = os.geteuid() == 0 and self._dice.random() < 0.3
            words = self._words
            self._start(
                "reader", topic, lambda log: _arrays.read(topic, log, words, seed, outsider)
            )

    def _start(self, role: str, topic: int, run: Any) -> None:
        self._processes.start(role, topic, run)

    def _kill(self, topic: int) -> None:
        if found := self._processes.of("publisher", "reader", topic=topic):
            self._processes.kill(self._dice.choice(found))

    def _stop(self, topic: int) -> None:
        if found := self._processes.of("publisher", "reader", topic=topic):
            self._processes.stop(self._dice.choice(found), self._dice.uniform(0.01, 0.3))


def storm(folder: Path, seed: int, seconds: float) -> dict[str, int]:
    """A storm in this process, which is left without children. Returns what was done."""
    signal.alarm(int(seconds + 4 * PATIENCE))  # longer than a Peer's life otherwise is
    return Controller(folder, seed, seconds).run()
