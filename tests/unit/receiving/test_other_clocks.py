"""Values with another clock's time: of an earlier boot, or of another time namespace."""

import math
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from shm_pub_sub import Publisher, Sample, Subscriber, inspect, remove, topics
from shm_pub_sub._plot.collector import Collector
from shm_pub_sub._text import duration
from support.layout import FIRST_SLOT, topic_file, write_at

SECOND = 10**9
AHEAD = 30 * 86400 * SECOND

SetTime = Callable[[int], None]


@pytest.fixture
def set_time(shm_dir: Path) -> SetTime:
    """set_time(ns): when the first value of "topic" was published."""
    slot = FIRST_SLOT + 32

    def set_time(ns: int) -> None:
        write_at(topic_file(shm_dir), slot + 8, struct.pack("<q", ns))

    return set_time


def newest(subscriber: Subscriber[int]) -> Sample[int]:
    found = subscriber.sample()
    assert found is not None
    return found


@pytest.mark.parametrize("ahead", [3600 * SECOND, AHEAD, 2**62, 2**63 - 1])
def test_what_is_ahead_of_ours_is_infinitely_old(set_time: SetTime, ahead: int) -> None:
    with (
        Publisher("topic", 0) as pub,
        Subscriber("topic", -1) as sub,
        Subscriber("topic", -1, max_age=9e9) as fresh,
    ):
        pub.publish(1)
        set_time(min(time.monotonic_ns() + ahead, 2**63 - 1))
        assert newest(sub).age == math.inf
        assert inspect("topic").age == math.inf
        assert sub.subscribe() == (1, True)
        assert fresh.subscribe() == (-1, False)
        assert "inf s old" in repr(sub)
        assert "an unknown time ago" in repr(topics())


def test_what_is_a_little_ahead_is_new(set_time: SetTime) -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", -1, max_age=3600) as sub:
        pub.publish(1)
        set_time(time.monotonic_ns() + 9 * SECOND // 10)
        for age in (newest(sub).age, inspect("topic").age):
            assert age is not None
            assert 0 <= age < 60  # 0, if nothing stalled this process
        assert sub.subscribe() == (1, True)


@pytest.mark.parametrize("before", [0, 1, 3600 * SECOND])
def test_no_age_is_too_old_for_a_clock_that_began_just_now(set_time: SetTime, before: int) -> None:
    """As of a value that would have been published before its zero."""
    with Publisher("topic", 0) as pub, Subscriber("topic", -1) as sub:
        pub.publish(1)
        earliest = time.monotonic()
        set_time(-before)
        for age in (newest(sub).age, inspect("topic").age):
            assert age is not None
            assert 0 <= age - earliest - before / 1e9 < 60


def test_infinitely_long_has_a_name() -> None:
    assert duration(math.inf) == "an unknown time"


def test_a_curve_has_it_when_it_was_found_and_goes_on_from_there(set_time: SetTime) -> None:
    """And not in a month, before which no later value would be drawn."""
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
        set_time(time.monotonic_ns() + AHEAD)
        collector = Collector(["topic"], 10)
        (curve,) = collector.curves
        collector.poll()
        points = curve.points(time.monotonic_ns())
        assert [value for _, value in points] == [1]
        assert points[0][0] <= time.monotonic_ns()
        pub.publish(2)
        while curve.newest != 2:
            collector.poll()
        assert [value for _, value in curve.points(time.monotonic_ns())] == [1, 2]
        assert time.monotonic_ns() - curve.time < 60e9
    collector.close()
    remove("topic")
