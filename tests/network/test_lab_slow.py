"""Slow links: what arrives is new, the last value arrives, and others are not slowed down."""

import itertools
import random
import statistics
import time

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from support.waiting import repeating, until

from ._machines import Machine, connect, machines, site_of

__all__ = ["machines"]  # a fixture

site = site_of(3)

SOAK = pytest.mark.soak

LEASE = 2.0
LATE = 1.5
"""Seconds that a value may be old on a busy machine."""


FEW = 5
"""Values at least, of which the age is the median's."""


def _ago(seconds: float) -> int:
    return time.monotonic_ns() - round(seconds * 1e9)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("kbit", "topics", "seconds", "most"),
    [
        (10, 1, 1.0, LATE),
        (100, 100, 1.0, LATE),
        pytest.param(10, 1, 30.0, 0.3, marks=SOAK),
        pytest.param(10, 100, 60.0, 0.5, marks=SOAK),
        pytest.param(100, 1, 30.0, 0.2, marks=SOAK),
        pytest.param(100, 100, 30.0, 0.5, marks=SOAK),
    ],
)
def test_values_are_new(
    machines: list[Machine], kbit: int, topics: int, seconds: float, most: float
) -> None:
    """most: the median of values' ages on arrival."""
    robot, fast, slow = machines
    robot.lab.limit(2, kbit)
    connect(robot, fast, slow)
    names = [f"topic{number}" for number in range(topics)]
    publishers = {name: robot.publisher(name, 0.0) for name in names}
    flag = robot.publisher("flag", False)
    flag.publish(False)
    turns = itertools.cycle(names)
    lasts: dict[str, float] = {}

    def publish() -> None:
        for name in itertools.islice(turns, 1 + topics // 10):
            lasts[name] = time.monotonic()
            publishers[name].publish(lasts[name])
        time.sleep(0.005)

    watches = [machine.watch() for machine in (fast, slow)]
    with repeating(publish) as failed:
        for watch in watches:
            # The beginning is slow: all topics are described.
            until(lambda w=watch: len(w.samples) == topics + 1, "all topics", 120)  # type: ignore[misc]
            until(lambda w=watch: min(w.ages(names, _ago(1.0)), default=most) < most, "new values")  # type: ignore[misc]
        began = time.monotonic_ns()
        failed.wait(seconds / 2)
        flag.publish(True)
        failed.wait(seconds / 2)
        for watch in watches:
            until(lambda w=watch: len(w.ages(names, began)) >= FEW, "more values")  # type: ignore[misc]
    ended = time.monotonic_ns()
    for watch in watches:
        until(lambda w=watch: w.last("flag") is True, "the bool", 60)  # type: ignore[misc]
        for name, last in lasts.items():
            until(lambda w=watch, n=name, v=last: w.last(n) == v, name, 60)  # type: ignore[misc]
            assert watch.values(name) == sorted(watch.values(name))
    of_fast, of_slow = (watch.ages(names, began, ended) for watch in watches)
    ages = [statistics.median(each) for each in (of_fast, of_slow)]
    print(f"{kbit} kbit/s, {topics} topics: {ages[1]:.3f} s old, {len(of_slow)} values")
    print(f"the fast one beside it: {ages[0]:.4f} s old, {len(of_fast)} values")
    assert ages[1] < most
    assert ages[0] < most / 2
    assert len(of_fast) > 2 * len(of_slow)


@pytest.mark.parametrize(
    ("nbytes", "kbit"), [(60_000, 200), pytest.param(100_000, 100, marks=SOAK)]
)
def test_a_large_value_takes_longer_than_the_lease(
    machines: list[Machine], nbytes: int, kbit: int
) -> None:
    """No sign of life is late for that."""
    robot, laptop, _ = machines
    robot.lab.limit(1, kbit)
    connect(robot, laptop, lease=LEASE)
    large = robot.publisher("large", b"", max_size=nbytes)
    small = robot.publisher("small", 0)
    small.publish(1)
    there = laptop.subscriber("small", 0)
    watch = laptop.watch("large")
    until(lambda: there.subscribe() == (1, True))
    large.publish(value := random.Random(1).randbytes(nbytes))

    def is_there() -> bool:
        assert there.subscribe() == (1, True)
        return watch.last("large") == value

    took = until(is_there, "the large value", 60)
    print(f"{nbytes} bytes on {kbit} kbit/s: {took:.2f} s")
    assert took > LEASE
    small.publish(2)
    until(lambda: there.subscribe() == (2, True))
