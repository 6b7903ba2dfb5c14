"""at(), after() and since(): which of the kept values they find, whatever their times are."""

import random
import struct
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from shm_pub_sub import Publisher, Sample, Subscriber, WaitTimeoutError
from support.counts import dice
from support.layout import FIRST_SLOT, topic_file, write_at

Times = Sequence[int]


def write_times(path: Path, buffers: int, first: int, times: Times) -> None:
    """Give values from number `first` on of a topic of numbers these times."""
    for k, ns in enumerate(times, first):
        slot = FIRST_SLOT + 32 * (k % (buffers + 1))
        write_at(path, slot + 8, struct.pack("<Q", ns))


def nearest(kept: Sequence[Sample[int]], ns: int) -> int | None:
    found = min(kept, key=lambda s: (abs(s.time_ns - ns), -s.sequence), default=None)
    return found and found.sequence


def numbers(samples: Sequence[Sample[int]]) -> list[int]:
    return [found.sequence for found in samples]


def first(sub: Subscriber[int], ns: int) -> int | None:
    try:
        return sub.after(ns, 0).sequence
    except WaitTimeoutError:
        return None


def compare(sub: Subscriber[int], kept: Sequence[Sample[int]], ns: int) -> None:
    """Against what a look at every value finds."""
    found = sub.at(ns)
    assert (found and found.sequence) == nearest(kept, ns), ns
    assert first(sub, ns) == next((s.sequence for s in kept if s.time_ns >= ns), None), ns
    assert numbers(sub.since(ns)) == [s.sequence for s in kept if s.time_ns > ns], ns


@pytest.mark.parametrize("published", [1, 2, 4, 5, 6, 11, 23])
@pytest.mark.parametrize("buffers", [1, 2, 5])
def test_every_instant_finds_what_a_look_at_every_value_finds(
    shm_dir: Path, buffers: int, published: int
) -> None:
    """Rings that are empty in part, full, and wrapped; times that are equal, or have gaps."""
    random_ = dice()
    with Publisher("topic", 0, buffers) as pub, Subscriber("topic", 0) as sub:
        for n in range(published):
            pub.publish(n)
        for _ in range(5):
            kept_numbers = range(max(1, published - buffers + 1), published + 1)
            times = sorted(random_.choices(range(100, 120), k=len(kept_numbers)))
            write_times(topic_file(shm_dir), buffers, kept_numbers[0], times)
            kept = sub.since(0)
            assert [(s.value, s.sequence, s.time_ns) for s in kept] == [
                (k - 1, k, ns) for k, ns in zip(kept_numbers, times, strict=True)
            ]
            for ns in range(95, 125):
                compare(sub, kept, ns)


def test_of_equal_times_at_takes_the_newest_and_after_the_first(shm_dir: Path) -> None:
    with Publisher("topic", 0, 9) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many(range(9))
        write_times(topic_file(shm_dir), 9, 1, [10, 10, 20, 20, 20, 20, 30, 30, 40])
        for ns, expected in ((0, 2), (10, 2), (14, 2), (15, 6), (16, 6), (25, 8), (99, 9)):
            found = sub.at(ns)
            assert found is not None
            assert found.sequence == expected, ns
        assert [sub.after(ns, 0).sequence for ns in (0, 10, 11, 20, 21, 40)] == [1, 1, 3, 3, 7, 9]
        assert numbers(sub.since(20)) == [7, 8, 9]


def test_they_take_nothing() -> None:
    with Publisher("topic", 0, 5) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many([1, 2, 3])
        assert sub.at(0) is not None
        assert sub.after(0).value == 1
        assert [found.value for found in sub.since(0)] == [1, 2, 3]
        assert (sub.drain(), sub.lost) == ([1, 2, 3], 0)
        assert [found.value for found in sub.since(0)] == [1, 2, 3]


@pytest.mark.parametrize("ns", [-(2**70), -(2**63), -1, 0, 2**63 - 1, 2**63, 2**64, 2**70])
def test_any_int_is_a_time(ns: int) -> None:
    with Publisher("topic", 0, 5) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)
        found, early = sub.at(ns), ns <= 0
        assert found is not None
        assert found.value == 1
        assert len(sub.since(ns)) == early
        assert first(sub, ns) == (1 if early else None)


def test_without_a_value_there_is_none() -> None:
    with Subscriber("topic", 0) as sub:
        assert (sub.at(1), sub.since(1), first(sub, 0)) == (None, [], None)
        with Publisher("topic", 0):
            assert (sub.at(1), sub.since(1), first(sub, 0)) == (None, [], None)


@pytest.mark.parametrize("seed", range(5))
def test_times_in_any_order_find_some_value(shm_dir: Path, seed: int) -> None:
    """What a damaged file has, or one whose first value is of an earlier boot."""
    random_ = random.Random(seed)
    choices = [0, 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1, *range(100, 110)]
    with Publisher("topic", 0, 9) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many(range(12))
        for _ in range(50):
            write_times(topic_file(shm_dir), 9, 4, random_.choices(choices, k=9))
            for ns in (0, 1, 105, 2**63 - 1):
                found = sub.at(ns)
                assert found is not None
                assert 4 <= found.sequence <= 12
                assert first(sub, ns) in (None, *range(4, 13))
                assert set(numbers(sub.since(ns))) <= set(range(4, 13))


def test_a_carried_value_of_an_earlier_boot_hides_nothing(shm_dir: Path) -> None:
    """Its time is ahead of this boot's clock."""
    ahead = time.monotonic_ns() + 10**15
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
        write_times(topic_file(shm_dir), 3, 1, [ahead])
    with Publisher("topic", 0, 3) as pub, Subscriber("topic", 0) as sub:
        carried = sub.at(0)
        assert carried is not None
        assert (carried.value, carried.time_ns) == (1, ahead)
        for value, later in ((2, [2]), (3, [2, 3]), (4, [2, 3, 4])):
            pub.publish(value)
            assert [found.value for found in sub.since(0)] == later
            assert sub.after(0).value == 2
            for ns in (0, time.monotonic_ns(), ahead, 2 * ahead):
                found = sub.at(ns)
                assert found is not None
                assert found.value == (value if ns else 2)


def test_slots_of_garbage_end_every_search(shm_dir: Path) -> None:
    with Publisher("topic", 0, 4) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many(range(4))
        for k in range(5):
            write_at(topic_file(shm_dir), FIRST_SLOT + 32 * k, struct.pack("<Q", 99))
        assert first(sub, 0) is None
        assert sub.since(0) == []
        assert sub.at(0) is None


@pytest.mark.parametrize("ns", [1.5, True, None, "1", b"1", [1]])
def test_what_is_no_int_is_no_time(ns: object) -> None:
    with Subscriber("topic", 0) as sub:
        for call in (sub.at, sub.after, sub.since):
            with pytest.raises(TypeError, match=r"of 'topic': found .*; expected an int: nano"):
                call(ns)  # type: ignore[arg-type]
