"""How echo and hz follow fast topics: values gather, but never as many as the topic keeps."""

from types import SimpleNamespace

import pytest
import shm_pub_sub
from shm_pub_sub._cli import following


class Clock:
    """Stands for the module time, for which nothing takes time but sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def module(self) -> SimpleNamespace:
        return SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(following, "time", clock.module())
    return clock


@pytest.mark.parametrize(
    ("buffers", "values", "seconds", "pause"),
    [
        (10_000, 100, 0.01, 0.01),  # 10 kHz: the most that they may gather
        (400, 100, 0.01, 0.005),  # 400 are 40 ms, of which an eighth
        (8, 8, 0.0008, None),  # 8 are 0.8 ms, an eighth of which is not worth a sleep
        (10_000, 5, 0.01, None),  # 500 Hz: each as it comes
    ],
)
def test_values_gather_for_a_part_of_the_time_in_which_they_are_kept(
    clock: Clock, buffers: int, values: int, seconds: float, pause: float | None
) -> None:
    with (
        shm_pub_sub.Publisher("robot/speed", 0, buffers) as pub,
        following.Following(["robot/speed"], history=0) as follower,
    ):
        for _ in range(2):
            clock.now += seconds - sum(clock.slept)
            pub.publish_many(range(values))
            ((topic, taken),) = follower.take(1.0)
            assert [sample.value for sample in taken] == list(range(values))
            assert topic.lost == 0
    assert clock.slept == ([] if pause is None else [pytest.approx(pause)])


def test_slow_topic_of_few_values_shortens_the_gathering_of_a_fast_one(clock: Clock) -> None:
    with (
        shm_pub_sub.Publisher("fast", 0, 10_000) as fast,
        shm_pub_sub.Publisher("slow", 0, 3) as slow,
        following.Following(["fast", "slow"], history=0) as follower,
    ):
        for pub, count in (fast, 10), (slow, 1), (fast, 10), (fast, 10):
            clock.now += 0.001
            pub.publish_many(range(count))
            assert len(follower.take(1.0)) == 1
    # The slow one came once, after 12 ms: its three values are there for 36 ms.
    assert clock.slept == [pytest.approx(0.01), pytest.approx(0.036 / 8)]


def test_delay_lets_none_gather(clock: Clock) -> None:
    with (
        shm_pub_sub.Publisher("fast", 0, 10_000) as fast,
        following.Following(["fast"], history=0, gather=False) as follower,
    ):
        for _ in range(3):
            clock.now += 0.001
            fast.publish_many(range(1000))
            follower.take(1.0)
    assert clock.slept == []
