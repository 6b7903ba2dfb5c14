"""Rate: deadlines, overruns and lateness, by a clock that the test moves; nothing really sleeps."""

import asyncio
import copy
import math
import pickle
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Rate, TopicTypeError, TopicValueError, _rate
from support.clock import Clock
from support.counts import dice

MS = 10**6
PERIOD = 20 * MS  # of 50 Hz


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(_rate, "time", clock)

    async def sleep(seconds: float) -> None:
        if seconds > 0:
            clock.sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return clock


@pytest.fixture(params=["sleep", "asleep", "for", "async for"])
def step(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Any]:
    """A Rate of 50 Hz that has just begun, and a function that takes it to the next deadline."""
    rate = Rate(50)

    async def following() -> int:
        return await rate.__anext__()

    ways = {
        "sleep": rate.sleep,
        "asleep": lambda: asyncio.run(rate.asleep()),
        "for": lambda: next(rate),
        "async for": lambda: asyncio.run(following()),
    }
    way = ways[request.param]
    if "for" in request.param:
        assert way() == 0
        assert clock.elapsed == 0
    return rate, way


def test_without_delay_every_deadline_is_met(step: Any, clock: Clock) -> None:
    rate, following = step
    for n in range(1, 1000):
        clock.now += 19 * MS  # the loop's body
        assert following() in (None, n)
        assert clock.elapsed == n * PERIOD
    assert (rate.overruns, rate.late, rate.worst) == (0, 0.0, 0.0)


def test_waking_late_does_not_add_up(step: Any, clock: Clock) -> None:
    rate, following = step
    clock.late = 3 * MS
    for n in range(1, 1000):
        following()
        assert clock.elapsed == n * PERIOD + 3 * MS
    assert (rate.overruns, rate.late, rate.worst) == (0, 0.003, 0.003)


def test_a_deadline_that_is_now_is_met(step: Any, clock: Clock) -> None:
    rate, following = step
    clock.now += PERIOD
    assert following() in (None, 1)
    assert (clock.elapsed, rate.overruns, rate.late) == (PERIOD, 0, 0.0)


def test_it_sleeps_again_if_it_wakes_up_early(
    step: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate, following = step
    sleep = clock.sleep
    monkeypatch.setattr(clock, "sleep", lambda seconds: sleep(max(seconds / 2, 1e-9)))
    for n in range(1, 10):
        following()
        assert clock.elapsed == n * PERIOD
    assert (rate.overruns, rate.worst) == (0, 0.0)


@pytest.mark.parametrize("missed", [1, 2, 7, 10**9])
@pytest.mark.parametrize("after", [1, 10 * MS, PERIOD])
def test_missed_deadlines_are_counted_and_skipped(
    step: Any, clock: Clock, missed: int, after: int
) -> None:
    rate, following = step
    clock.now += missed * PERIOD + after
    assert following() in (None, missed + 1)
    assert (clock.elapsed, rate.overruns) == ((missed + 1) * PERIOD, missed)
    assert following() in (None, missed + 2)
    assert (clock.elapsed, rate.overruns) == ((missed + 2) * PERIOD, missed)
    assert rate.worst == 0.0, "no wake-up was late"


def test_waking_so_late_that_deadlines_pass(step: Any, clock: Clock) -> None:
    rate, following = step
    clock.late = 50 * MS
    assert following() in (None, 1)
    assert (rate.overruns, rate.late) == (0, 0.05), "deadline 1 was slept for"
    clock.late = 0
    assert following() in (None, 4)
    assert (clock.elapsed, rate.overruns) == (4 * PERIOD, 2)
    assert (rate.late, rate.worst) == (0.0, 0.05)


def test_counts_agree_with_a_model(step: Any, clock: Clock) -> None:
    rate, following = step
    random = dice()
    number, overruns, worst = 0, 0, 0
    for _ in range(500):
        clock.now += random.choice([0, PERIOD, random.randrange(4 * PERIOD)])
        clock.late = random.choice([0, 1, random.randrange(3 * PERIOD)])
        begun = clock.elapsed
        number += 1
        while number * PERIOD < begun:
            number, overruns = number + 1, overruns + 1
        assert following() in (None, number)
        assert rate.overruns == overruns
        late = clock.late if number * PERIOD > begun else 0
        assert clock.elapsed == number * PERIOD + late
        worst = max(worst, late)
        assert (rate.late, rate.worst) == (late / 1e9, worst / 1e9)


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError, OSError])
def test_what_interrupts_it_leaves_the_deadline_ahead(
    step: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    rate, following = step
    clock.now += PERIOD + MS  # one was missed
    with monkeypatch.context() as patch:

        def interrupted(seconds: float) -> None:
            clock.now += 5 * MS
            raise error

        async def cancelled(seconds: float) -> None:
            interrupted(seconds)

        patch.setattr(clock, "sleep", interrupted)
        patch.setattr(asyncio, "sleep", cancelled)
        with pytest.raises(error):
            following()
    assert rate.overruns == 0
    assert following() in (None, 2)
    assert (clock.elapsed, rate.overruns, rate.late) == (2 * PERIOD, 1, 0.0)


def test_iterating_starts_with_the_loop(clock: Clock) -> None:
    rate = Rate(50)
    clock.now += 1234 * MS + 1
    assert list(islice(rate, 3)) == [0, 1, 2]
    assert (clock.elapsed, rate.overruns) == (1274 * MS + 1, 0)
    clock.now += 50 * MS
    assert list(islice(rate, 2)) == [5, 6], "a second loop goes on"
    assert rate.overruns == 2
    rate.sleep()
    assert next(rate) == 8


def test_sleep_starts_with_the_rate(clock: Clock) -> None:
    rate = Rate(50)
    clock.now += 45 * MS
    rate.sleep()
    assert (clock.elapsed, rate.overruns) == (60 * MS, 2)
    assert next(rate) == 4


def test_reset_is_a_new_start(step: Any, clock: Clock) -> None:
    rate, following = step
    clock.late = 50 * MS
    following()
    following()
    clock.late = 0
    clock.now += 7 * MS
    rate.reset()
    assert (rate.overruns, rate.late, rate.worst) == (0, 0.0, 0.0)
    reset = clock.now
    clock.now += 5 * MS
    rate.sleep()
    assert clock.now == reset + PERIOD
    rate.reset()
    clock.now += 5 * MS
    reset = clock.now
    assert list(islice(rate, 2)) == [0, 1]
    assert clock.now == reset + PERIOD


@pytest.mark.parametrize("hz", [50, 0.5, 29.97, Fraction(1, 3), np.float32(100), np.int64(7), 1e12])
def test_any_number_is_a_rate(clock: Clock, hz: Any) -> None:
    rate = Rate(hz)
    assert type(rate.hz) is float
    assert (rate.hz, rate.period) == (float(hz), 1 / float(hz))
    rate.sleep()
    assert clock.elapsed == math.floor(10**9 / Fraction(float(hz)))


def test_a_rate_can_be_as_slow_as_you_like(clock: Clock) -> None:
    clock.late = 10**400  # beyond any float of ns, so that it ends
    rate = Rate(5e-324)
    rate.sleep()
    assert clock.elapsed > 10**330


@pytest.mark.parametrize("hz", [0, -1, 0.0, math.nan, math.inf, -math.inf, 10**400])
def test_only_positive_numbers(hz: Any) -> None:
    with pytest.raises(TopicValueError, match=r"Rate: found hz .*; expected a number of Hz such"):
        Rate(hz)


@pytest.mark.parametrize("hz", [True, "50", b"50", None, 50j, [50], int, np.zeros])
def test_only_numbers(hz: Any) -> None:
    with pytest.raises(TopicTypeError, match=r"Rate: found hz of .*; expected a number of Hz"):
        Rate(hz)


def test_it_shows_its_state(clock: Clock) -> None:
    rate = Rate(50)
    clock.now += 25 * MS
    clock.late = 120_000
    rate.sleep()
    assert repr(rate) == "<Rate 50 Hz, at 2, 1 overruns, worst 0.12 ms>"


def test_figures_are_read_only() -> None:
    for name in ("overruns", "late", "worst", "hz", "period"):
        with pytest.raises(AttributeError):
            setattr(Rate(50), name, 0)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda rate: pickle.loads(pickle.dumps(rate))])
def test_a_copy_has_the_same_deadlines(clock: Clock, copied: Any) -> None:
    rate = Rate(50)
    rate.sleep()
    other = copied(rate)
    clock.now += 5 * MS
    other.sleep()
    assert clock.elapsed == 2 * PERIOD
    assert (next(rate), next(other)) == (2, 3)


def test_subclasses_can_see_each_deadline(clock: Clock) -> None:
    class Logged(Rate):
        def __init__(self) -> None:
            super().__init__(50)
            self.seen: list[float] = []

        def sleep(self) -> None:
            super().sleep()
            self.seen.append(self.late)

    rate = Logged()
    clock.late = MS
    assert list(islice(rate, 3)) == [0, 1, 2]
    assert rate.seen == [0.001, 0.001]


def test_it_is_imported_when_it_is_first_used(check_python: Any) -> None:
    check_python(
        "import sys, shm_pub_sub\n"
        "assert 'shm_pub_sub._rate' not in sys.modules\n"
        "shm_pub_sub.Rate(1e6).sleep()\n"
        "assert 'asyncio' not in sys.modules\n"
    )
