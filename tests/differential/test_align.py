"""One random script of publications for align(), Go's Align and a model: they find the same."""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.aligned import Value, newest_set, spread
from support.counts import ALIGNMENTS, dice

from ._kinds import KINDS, MAX_SIZE
from ._publishing import Publishing
from ._sides import GoProcess

SCRIPTS = max(ALIGNMENTS * 3 // 10, 1)
"""Of three to four sets each."""
STEPS = 40
SPAN = 10**9
"""Nanoseconds that all values' times are in: up to now, but after the machine's start."""

_numbers = itertools.count(1)


class Topic:
    """A topic of some kind and depth, a subscriber of each side, and what the model knows."""

    def __init__(self, go: GoProcess, rng: random.Random, kind: str) -> None:
        self._go, self._rng, self._kind = go, rng, kind
        self.number = next(_numbers)
        self._name = f"aligned/{self.number}"
        self.depth = rng.choice((1, 2, 3, 5, 8))
        self._publisher: Any = None
        self.publishers = 0
        self.newest = 1  # no publisher begins with an earlier time than the last one's
        self.values: list[Value] = []  # of this publisher
        self.restart()
        self.python: Any = shm_pub_sub.Subscriber(
            self._name, KINDS[kind].default, copy=rng.random() < 0.5
        )
        go.ask("subscriber", self.number, self._name, kind, 1)

    def restart(self) -> None:
        """Begin with another publisher, of any side."""
        self.close_publisher()
        views, loans = (2, 1) if KINDS[self._kind].pooled else (-1, -1)
        how = self._name, self._kind, self.depth, False, views, loans, MAX_SIZE
        self._in_go = self._rng.random() < 0.5
        if self._in_go:
            self._go.ask("publisher", self.number, *how)
        else:
            self._publisher = Publishing(*how)
        self.publishers += 1
        self.values = []

    def publish(self, at: int) -> None:
        self.newest = max(self.newest, at)
        value = Value(len(self.values) + 1, self.newest)
        self.values.append(value)
        if self._in_go:
            assert self._go.ask("publish_at", self.number, value.time, value.number) == []
        else:
            assert self._publisher.publish_at(value.time, value.number) == ""

    @property
    def kept(self) -> list[Value]:
        return self.values[-self.depth :]

    def decode(self, value: Any) -> int:
        return KINDS[self._kind].decode(value)

    def close_publisher(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None
        elif self.publishers:
            self._go.ask("close", self.number)

    def close(self) -> None:
        self.close_publisher()
        self._go.ask("end", self.number)
        self.python.close()


class Script:
    def __init__(self, go: GoProcess, rng: random.Random, topics: list[Topic], start: int) -> None:
        self._go, self._rng, self._topics = go, rng, topics
        self._unit = rng.choice([1, 1000])
        self._tolerance = rng.choice([0, 1, 2, 3, 5, 10, 30]) * self._unit
        self._now = max(start, *(topic.newest for topic in topics))
        if self._now > start + SPAN // 2:
            self._now = start
            for topic in topics:
                topic.restart()
                topic.newest = start
        self._python: Any = shm_pub_sub.align(
            [topic.python for topic in topics], tolerance=self._tolerance / 1e9
        )
        go.ask("align", 0, self._tolerance, *(topic.number for topic in topics))
        self._last: list[tuple[int, Value] | None] = [None] * len(topics)
        self._dropped = [0] * len(topics)
        self._worst = 0
        self._story: list[object] = [self._tolerance, [topic.depth for topic in topics]]
        self.sets = 0

    def run(self) -> None:
        for _ in range(STEPS):
            dice = self._rng.random()
            if dice < 0.01:
                number = self._rng.randrange(len(self._topics))
                self._topics[number].restart()
                self._story.append(("restart", number))
            elif dice < 0.55:
                self._publish()
            else:
                self._take()
        self._take()
        self._go.ask("end_align", 0)

    def _publish(self) -> None:
        number = self._rng.randrange(len(self._topics))
        topic = self._topics[number]
        self._now += self._rng.choice([0, 0, 1, 1, 2, 4, 9]) * self._unit
        late = self._rng.choice([0, 0, 0, 1, 3, 12]) * self._unit
        topic.publish(max(self._now - late, topic.newest))
        self._story.append((number, topic.values[-1]))

    def _take(self) -> None:
        expected = self._expected()
        found = [self._in_python(), self._go.ask("next_set", 0)]
        self._story.append(expected)
        assert found == [expected, expected], self._story

    def _expected(self) -> list[str]:
        """What both answer: values, numbers and times; the spread, the worst; what was dropped."""
        after = [0 if last is None else last[1].time for last in self._last]
        found = newest_set([topic.kept for topic in self._topics], after, self._tolerance)
        if found is None:
            return []
        for number, (topic, value) in enumerate(zip(self._topics, found, strict=True)):
            last = self._last[number]
            if last is not None and last[0] == topic.publishers:
                self._dropped[number] += value.number - last[1].number - 1
            self._last[number] = topic.publishers, value
        self._worst = max(self._worst, spread(found))
        self.sets += 1
        samples = [(value.number, value.number, value.time) for value in found]
        return _words(samples, spread(found), self._worst, self._dropped)

    def _in_python(self) -> list[str]:
        try:
            found = self._python.recv(0)
        except shm_pub_sub.WaitTimeoutError:
            return []
        aligned = self._python
        samples = [
            (topic.decode(sample.value), sample.sequence, sample.time_ns)
            for topic, sample in zip(self._topics, found, strict=True)
        ]
        spreads = [round(seconds * 1e9) for seconds in (aligned.spread, aligned.worst_spread)]
        return _words(samples, *spreads, aligned.dropped)


def _words(samples: Any, found: int, worst: int, dropped: Any) -> list[str]:
    return [str(number) for number in (*itertools.chain(*samples), found, worst, *dropped)]


@pytest.fixture
def stage(build_go: Callable[[str], Path]) -> Iterator[tuple[GoProcess, list[list[Topic]]]]:
    """Topics of every kind, which scripts share: a new file takes longer than a script."""
    rng = dice()
    go = GoProcess(build_go("./tests/differential/actor") / "actor", 20)
    with ExitStack() as stack:
        stack.callback(go.kill)
        kinds = itertools.cycle(KINDS)
        made = []
        for count in (1, 2, 2, 3, 3, 4):
            topics = [Topic(go, rng, next(kinds)) for _ in range(count)]
            for topic in topics:
                stack.callback(topic.close)
            made.append(topics)
        yield go, made


@pytest.mark.timeout(120 + SCRIPTS // 20)
def test_python_go_and_the_model_find_the_same_sets(
    stage: tuple[GoProcess, list[list[Topic]]],
) -> None:
    go, made = stage
    rng = dice()
    start = time.monotonic_ns() - SPAN
    sets = 0
    for _ in range(SCRIPTS):
        script = Script(go, rng, rng.choice(made), start)
        script.run()
        sets += script.sets
    print(f"{sets} sets")
    assert sets > SCRIPTS
