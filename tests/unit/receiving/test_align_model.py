"""align() and the model: random scripts give the same sets, each once, none missed, none else."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from shm_pub_sub import Alignment, Publisher, Sample, Subscriber, WaitTimeoutError, align
from support.aligned import Value, newest_set, spread
from support.counts import ALIGNMENTS, dice

STEPS = 24
SPAN = 10**9
"""Nanoseconds that all values' times are in: up to now, but after the machine's start."""

DEPTHS = (1, 2, 3, 5, 8)


class Topic:
    """A topic, and what the model knows of it."""

    def __init__(self, name: str, depth: int) -> None:
        self.name, self.depth = name, depth
        self.publisher = Publisher(name, 0, depth)
        self.subscriber = Subscriber(name, 0)
        self.values: list[Value] = []  # of this publisher
        self.publishers = 1
        self.newest = 1

    def publish(self, at: int) -> None:
        self.newest = max(self.newest, at)
        self.values.append(Value(len(self.values) + 1, self.newest))
        self.publisher.publish_at(self.values[-1].number, self.newest)

    def restart(self, earlier: int = 0) -> None:
        """Begin another publisher, with times that may be earlier than the last one's."""
        self.newest -= earlier
        self.publisher.close()
        self.publisher = Publisher(self.name, 0, self.depth)
        self.values = []
        self.publishers += 1

    @property
    def kept(self) -> list[Value]:
        return self.values[-self.depth :]

    def close(self) -> None:
        self.publisher.close()
        self.subscriber.close()


class Script:
    """Publishes at random, and takes sets, which the model must have found as well."""

    def __init__(self, rng: random.Random, topics: list[Topic], start: int) -> None:
        self.rng, self.topics = rng, topics
        self.unit = rng.choice([1, 1000])
        self.tolerance = rng.choice([0, 1, 2, 3, 5, 10, 30]) * self.unit
        self.now = max(start, *(topic.newest for topic in topics))
        if self.now > start + SPAN // 2:
            self.now = start
            for topic in topics:
                topic.restart()
                topic.newest = start
        self.aligned: Alignment[tuple[Sample[int], ...]] = align(
            [topic.subscriber for topic in topics], tolerance=self.tolerance / 1e9
        )
        self.last: list[tuple[int, Value] | None] = [None] * len(topics)
        self.dropped = [0] * len(topics)
        self.worst = 0
        self.story: list[object] = [self.tolerance]

    def publish(self) -> None:
        number = self.rng.randrange(len(self.topics))
        topic = self.topics[number]
        self.now += self.rng.choice([0, 0, 1, 1, 2, 4, 9]) * self.unit
        late = self.rng.choice([0, 0, 0, 1, 3, 12]) * self.unit
        topic.publish(max(self.now - late, topic.newest))
        self.story.append((number, topic.values[-1]))

    def take(self) -> None:
        expected = newest_set(
            [topic.kept for topic in self.topics],
            [0 if last is None else last[1].time for last in self.last],
            self.tolerance,
        )
        found: tuple[Value, ...] | None
        try:
            samples = self.aligned.recv(0)
        except WaitTimeoutError:
            found = None
        else:
            assert [sample.value for sample in samples] == [s.sequence for s in samples]
            found = tuple(Value(sample.sequence, sample.time_ns) for sample in samples)
        self.story.append(found)
        assert found == expected, self.story
        if found is not None:
            self.count(found)

    def count(self, found: tuple[Value, ...]) -> None:
        for number, (topic, value) in enumerate(zip(self.topics, found, strict=True)):
            last = self.last[number]
            if last is not None and last[0] == topic.publishers:
                self.dropped[number] += value.number - last[1].number - 1
            self.last[number] = topic.publishers, value
        self.worst = max(self.worst, spread(found))
        assert self.aligned.dropped == tuple(self.dropped), self.story
        assert self.aligned.spread == spread(found) / 1e9 <= self.tolerance / 1e9
        assert self.aligned.worst_spread == self.worst / 1e9

    def run(self) -> None:
        for _ in range(STEPS):
            dice = self.rng.random()
            if dice < 0.02:
                self.rng.choice(self.topics).restart(self.rng.choice([0, 5, 40]) * self.unit)
                self.story.append("restart")
            elif dice < 0.55:
                self.publish()
            else:
                self.take()
        self.take()


@pytest.fixture
def sets_of_topics() -> Iterator[list[list[Topic]]]:
    """Topics with every depth, which scripts share: a new file takes longer than a script."""
    rng = dice()
    with ExitStack() as stack:
        made = []
        for count in (1, 2, 2, 3, 3, 3, 4):
            depths = [rng.choice(DEPTHS) for _ in range(count)]
            topics = [Topic(f"set/{len(made)}/{n}", depth) for n, depth in enumerate(depths)]
            for topic in topics:
                stack.callback(topic.close)
            made.append(topics)
        yield made


@pytest.mark.timeout(120 + ALIGNMENTS // 100)
def test_finds_the_models_sets(sets_of_topics: list[list[Topic]]) -> None:
    rng = dice()
    start = time.monotonic_ns() - SPAN
    for _ in range(ALIGNMENTS):
        Script(rng, rng.choice(sets_of_topics), start).run()


def test_the_model_itself() -> None:
    def found(*kept: list[int], last: Any = None, tolerance: int = 10) -> list[int] | None:
        topics = [[Value(n, t) for n, t in enumerate(times, 1)] for times in kept]
        one = newest_set(topics, last or [0] * len(kept), tolerance)
        return None if one is None else [value.time for value in one]

    assert found([], [5]) is None
    assert found([5], [16]) is None, "beyond the tolerance"
    assert found([5], [15]) == [5, 15]
    assert found([5, 20, 41], [6, 21, 60]) == [20, 21], "the newest"
    assert found([5, 20], [6, 21], last=[20, 6]) is None, "each once"
    assert found([100], [99, 108]) == [100, 99], "the least spread with the pivot, 100"
    assert found([100], [95, 105]) == [100, 105], "of two the later"
    assert found([100], [100, 100, 101]) == [100, 100]
    assert found([7]) == [7]
