"""The pace of pub, top, echo -i, hz and delay."""

import pytest
from shm_pub_sub import _pace
from shm_pub_sub._pace import Pace


class Clock:
    """Stands for the module time: sleeping takes longer than asked for."""

    def __init__(self, late: float) -> None:
        self.now, self._late = 100.0, late

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds + self._late


@pytest.mark.parametrize("late", [0.0, 0.0004, 0.035])
def test_moments_are_absolute(monkeypatch: pytest.MonkeyPatch, late: float) -> None:
    clock = Clock(late)
    monkeypatch.setattr(_pace, "time", clock)
    pace = Pace(0.01, catch_up=1.0)
    for n in range(1000):
        pace.wait()
        assert n / 100 - 1e-9 <= clock.now - 100.0 <= n / 100 + late + 1e-9


@pytest.mark.parametrize("catch_up", [0.0, 1.0])
def test_they_restart_after_a_long_pause(monkeypatch: pytest.MonkeyPatch, catch_up: float) -> None:
    clock = Clock(0.0)
    monkeypatch.setattr(_pace, "time", clock)
    pace = Pace(0.1, catch_up)
    times = []
    for n in range(100):
        pace.wait()
        times.append(clock.now)
        if n == 9:
            clock.now += 3600  # the machine was asleep
    assert times[10] == times[9] + 3600
    assert times[20] == pytest.approx(times[10] + 1.0)


def test_a_short_delay_is_caught_up_if_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(0.0)
    monkeypatch.setattr(_pace, "time", clock)
    eager, lazy = Pace(0.1, catch_up=1.0), Pace(0.1)
    clock.now += 0.25
    assert [eager.left(), lazy.left()] == [0.0, 0.0]
    for pace in (eager, lazy):
        pace.advance()
    assert [eager.left(), lazy.left()] == [0.0, pytest.approx(0.1)]
