"""The deadlines of Rate, pub, top, plot, echo -i, hz and delay."""

import math
from fractions import Fraction

import pytest
from shm_pub_sub import _rate
from shm_pub_sub._rate import Deadlines
from support.clock import Clock
from support.counts import dice


@pytest.mark.parametrize("late", [0, 400_000, 35_000_000])
def test_deadlines_are_absolute(monkeypatch: pytest.MonkeyPatch, late: int) -> None:
    clock = Clock(late)
    monkeypatch.setattr(_rate, "time", clock)
    deadlines = Deadlines(period=0.01)
    for n in range(1000):
        deadlines.wait(behind=1.0)
        assert 0 <= clock.now - (100 * 10**9 + n * 10**7) <= late


@pytest.mark.parametrize("behind", [0.0, 1.0])
def test_after_a_long_pause_they_go_on_on_the_grid(
    monkeypatch: pytest.MonkeyPatch, behind: float
) -> None:
    clock = Clock()
    monkeypatch.setattr(_rate, "time", clock)
    deadlines = Deadlines(hz=10)
    times = []
    for n in range(100):
        deadlines.wait(behind)
        times.append(clock.now)
        if n == 9:
            clock.now += 3600 * 10**9 + 5  # it was stopped
    since = [time - times[9] for time in times]
    assert times[9] == 100 * 10**9 + 9 * 10**8
    assert since[10] == 3600 * 10**9 + 5  # the one that was missed: at once
    assert since[11:14] == [3600 * 10**9 + n * 10**8 for n in (1, 2, 3)]


def test_a_short_delay_is_caught_up_if_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(_rate, "time", clock)
    eager, lazy = Deadlines(period=0.1), Deadlines(period=0.1)
    clock.now += 250_000_000
    assert [eager.left(), lazy.left()] == [0.0, 0.0]
    eager.advance(behind=1.0)
    lazy.advance()
    assert [eager.left(), lazy.left()] == [0.0, pytest.approx(0.05)]
    assert [eager.number, lazy.number] == [1, 3]


def test_numbers_agree_with_fractions() -> None:
    random = dice()
    for _ in range(2000):
        hz = random.choice([random.uniform(1e-3, 1e6), 10 ** random.uniform(-300, 300), 29.97])
        deadlines = Deadlines(hz=hz)
        deadlines.number = random.choice([0, 1, random.randrange(10**9)])
        period = Fraction(10**9) / Fraction(hz)
        now = deadlines.start + random.choice(
            [0, random.randrange(10**6), random.randrange(10**18)]
        )
        elapsed = now - deadlines.start
        first = max(deadlines.number + 1, math.ceil(elapsed / period))
        assert deadlines.following(now) == first
        assert deadlines.at(first) == deadlines.start + math.floor(first * period)
        assert deadlines.at(first) >= now
        on_it = deadlines.at(deadlines.number + 1)
        assert deadlines.at(deadlines.following(on_it)) == on_it


@pytest.mark.parametrize("period", [5e-324, 1e308])
def test_any_period_can_be_slept_for(period: float) -> None:
    deadlines = Deadlines(period=period)
    deadlines.advance()
    assert 0 <= deadlines.left() <= 1e9
