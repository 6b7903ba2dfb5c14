"""Decides at random which actor starts, is killed, stopped or continued, or removes a topic."""

import json
import logging  # noqa: F401 - here once, rather than in every publisher
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from . import _publishers, _readers
from ._log import Log, path_of
from ._processes import Processes
from ._publishers import Plan
from ._values import LIMIT
from ._words import Words

TOPICS = 3
PATIENCE = 30.0
"""Seconds for the last actors to end."""

LASTING, OTHERS = ("last", "threads", "streams"), ("forks", "gopy", "renewed", "go")
"""Readers that live through the storm, and readers that are killed and restarted."""


class Controller:
    """It never uses the library itself, so that its forks are as good as fresh programs."""

    def __init__(self, folder: Path, seed: int, seconds: float, go_actor: Path | None) -> None:
        self._dice = random.Random(seed)
        self._folder, self._seconds, self._go_actor = folder, seconds, go_actor
        self._words = Words(folder / "words")
        self._processes = Processes(folder, Log(folder, "controller"), int(seconds + 2 * PATIENCE))
        self._generation = 1
        self._topics = list(range(TOPICS))

    def run(self) -> dict[str, int]:
        end = time.monotonic() + self._seconds
        for role in LASTING + OTHERS:
            self._start_reader(role)
        while time.monotonic() < end:
            actions, weights = zip(*self._actions(), strict=True)
            self._dice.choices(actions, weights)[0](self._dice.choice(self._topics))
            time.sleep(self._dice.uniform(0, 0.03))
            self._processes.attend()
        for process in self._processes.of("publisher"):
            self._processes.kill(process)
        self._words.end()
        self._processes.wait_for_all(PATIENCE)
        counted = self._processes
        return {"kills": counted.kills, "stops": counted.stops, "orphans": counted.orphans}

    def _actions(self) -> list[tuple[Any, int]]:
        return [
            (self._start_publisher, 40),
            (self._kill_publisher, 30),
            (self._kill_all_and_contend, 8),
            (self._stop_publisher, 15),
            (self._remove, 10),
            (self._stop_reader, 4),
            (self._restart_reader, 3),
        ]

    def _start_publisher(self, topic: int) -> None:
        if len(self._processes.of("publisher", topic=topic)) < 3:
            self._start(self._plan(topic))

    def _start(self, plan: Plan) -> None:
        self._processes.start("publisher", plan.topic, lambda log: self._publish(plan, log))

    def _kill_publisher(self, topic: int) -> None:
        if found := self._processes.of("publisher", topic=topic):
            self._processes.kill(self._dice.choice(found))

    def _kill_all_and_contend(self, topic: int) -> None:
        for process in self._processes.of("publisher", topic=topic):
            self._processes.kill(process)
        if self._dice.random() < 0.5:
            for _ in range(3):
                self._start_publisher(topic)
            return
        # A closed publisher that retains leaves a dead file: for all others to take over at once.
        kind, retain = self._dice.choice(["int", "float"]), self._dice.random() < 0.8
        short = {"kind": kind, "retain": retain, "values": 20, "pause": 0}
        for _ in range(3):
            self._start(self._plan(topic, lives=20, seconds=self._dice.choice([0, 0.001]), **short))

    def _stop_publisher(self, topic: int) -> None:
        # A remover as well: it may hold a lock that all others wait for.
        if found := self._processes.of("publisher", "remover", topic=topic):
            self._processes.stop(self._dice.choice(found), self._dice.uniform(0.01, 0.4))

    def _remove(self, topic: int) -> None:
        self._processes.start("remover", topic, lambda log: _publishers.remove(topic, log))
        if self._dice.random() < 0.3:
            time.sleep(self._dice.uniform(0, 0.03))
            for process in self._processes.of("remover", topic=topic):
                self._processes.kill(process)

    def _stop_reader(self, _: int) -> None:
        if found := self._processes.of(*LASTING, *OTHERS):
            self._processes.stop(self._dice.choice(found), self._dice.uniform(0.01, 0.3))

    def _restart_reader(self, _: int) -> None:
        role = self._dice.choice(OTHERS)
        for process in self._processes.of(role):
            self._processes.kill(process)
        self._start_reader(role)

    def _start_reader(self, role: str) -> None:
        seed = self._dice.getrandbits(32)
        if role != "go":
            read = _readers.ROLES[role]
            self._processes.start(role, None, lambda log: read(log, self._words, TOPICS, seed))
        elif self._go_actor is not None:
            self._processes.start(role, None, lambda log: self._become_go("subscribe", log, TOPICS))

    def _plan(self, topic: int, lives: int = 0, **given: Any) -> Plan:
        dice = self._dice
        lives = lives or dice.choice([1, 1, 1, 4])
        first, self._generation = self._generation, self._generation + lives
        if self._generation >= LIMIT:
            raise OverflowError("more generations than values have room for")
        by = dice.choice(["c", "c", "gopy", "go" if self._go_actor else "gopy"])
        plan = Plan(
            by=by,
            topic=topic,
            kind=dice.choices(["int", "float", "bool"], [6, 3, 1])[0],
            buffers=dice.choice([1, 2, 3, 10, 1000]),
            retain=dice.random() < 0.35,
            first=first,
            lives=lives,
            seconds=dice.choice([0.002, 0.05, 0.2]) if lives > 1 else dice.uniform(0, 3),
            pause=dice.choice([0, 0, 0.0002, 0.005]),
            values=dice.choice([0, 1, 50, *[2**26] * 7]),
            fork=by == "c" and dice.random() < 0.5,
            leave=dice.random() < 0.3,
            seed=dice.getrandbits(32),
        )
        return plan._replace(**given)

    def _publish(self, plan: Plan, log: Log) -> None:
        if plan.by == "go":
            self._become_go("publish", log, json.dumps(plan._asdict()))
        _publishers.publish(plan, log, self._words)

    def _become_go(self, what: str, log: Log, argument: Any) -> None:
        assert self._go_actor is not None
        path = path_of(self._folder, log.actor)
        words = self._folder / "words"
        os.execv(self._go_actor, [*map(str, (self._go_actor, what, path, words, argument))])


def storm(folder: Path, seed: int, seconds: float, go_actor: Path | None) -> dict[str, int]:
    """A storm in this process, which is left without children. Returns what was done."""
    signal.alarm(int(seconds + 4 * PATIENCE))  # longer than a Peer's life otherwise is
    return Controller(folder, seed, seconds, go_actor).run()
