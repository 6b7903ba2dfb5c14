"""Rate on the real clock: Ctrl-C and other signals while it sleeps, asyncio's loops, threads."""

import asyncio
import signal
import threading
import time
from itertools import islice

import pytest
from shm_pub_sub import Rate
from support.counts import INTERRUPTS, dice
from support.programs import Start

from .conftest import Run

PROMISED, ALLOWANCE = 0.2, 1.0
"""Seconds from Ctrl-C to KeyboardInterrupt: of most, and more for those on a busy machine."""

PROGRAM = """
import signal, sys, time
import shm_pub_sub

signal.signal(signal.SIGINT, signal.default_int_handler)
rate = shm_pub_sub.Rate(float(sys.argv[1]))
numbers = []
caught = interrupts = 0
print("ready", flush=True)
while interrupts < int(sys.argv[2]):
    try:
        print(interrupts, caught, flush=True)
        for n in rate:
            numbers.append(n)
    except KeyboardInterrupt:
        caught = time.monotonic_ns()
        interrupts += 1
print(interrupts, caught, flush=True)
numbers.append(next(rate))
assert all(a < b for a, b in zip(numbers, numbers[1:])), "out of order"
print(len(numbers), numbers[-1] + 1, rate.overruns, flush=True)
"""


@pytest.mark.timeout(120 + INTERRUPTS)
@pytest.mark.parametrize("hz", [1, 1000])
def test_every_ctrl_c_arrives_soon_and_no_deadline_is_counted_twice(
    hz: int, start_python: Start
) -> None:
    random, took = dice(), []
    program = start_python(PROGRAM, hz, INTERRUPTS)
    assert program.line() == "ready"
    sent = 0
    for number in range(INTERRUPTS):
        interrupts, caught = map(int, program.line().split())
        assert interrupts == number
        if sent:
            took.append((caught - sent) / 1e9)
        time.sleep(random.choice([0.0, random.uniform(0.0, 0.0002), random.uniform(0.0, 0.02)]))
        sent = time.monotonic_ns()
        program.send_signal(signal.SIGINT)
    assert program.line().startswith(f"{INTERRUPTS} ")
    yielded, deadlines, overruns = map(int, program.line().split())
    assert program.wait(20) == 0
    took.sort()
    print(f"{INTERRUPTS} interrupts, the slowest {took[-1]:.4f} s; {overruns} overruns")
    assert took[len(took) * 9 // 10] < PROMISED
    assert took[-1] < PROMISED + ALLOWANCE
    # A Ctrl-C between two byte codes may take a number that the rate has counted as met.
    assert 0 <= deadlines - overruns - yielded <= INTERRUPTS


def test_handlers_run_while_it_sleeps() -> None:
    ran: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: ran.append(0))
    try:
        start, rate = time.monotonic(), Rate(4)
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        rate.sleep()
        end = time.monotonic()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert end - start >= 0.25
    assert len(ran) > 1, "not only once at its end"


def test_what_a_handler_raises_ends_it() -> None:
    class Alarm(Exception):
        pass

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        rate = Rate(1e-3)
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Alarm):
            rate.sleep()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rate.overruns == 0


def test_it_never_wakes_up_early(run: Run) -> None:
    async def main() -> None:
        start, rate = time.monotonic_ns(), Rate(333)
        numbers = []
        async for n in rate:
            assert time.monotonic_ns() >= start + n * 10**9 // 333
            numbers.append(n)
            if n >= 50:
                break
        assert rate.overruns == numbers[-1] + 1 - len(numbers)

    run(main())
    start, rate = time.monotonic_ns(), Rate(333)
    for n in islice(rate, 50):
        assert time.monotonic_ns() >= start + n * 10**9 // 333


def test_other_tasks_run_meanwhile(run: Run) -> None:
    async def main() -> None:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(other())
        async for n in Rate(1e9):  # each deadline is now, or was
            if n and turns >= 5:
                break
        task.cancel()

    run(asyncio.wait_for(main(), 60))


def test_cancelling_leaves_the_deadline_ahead(run: Run) -> None:
    async def main() -> None:
        start, rate = time.monotonic(), Rate(2)
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(rate.asleep(), 0.01)
        if time.monotonic() - start < 0.5:  # on a machine that is not too busy
            await rate.asleep()
            assert time.monotonic() - start >= 0.5

    run(main())


def test_one_loop_after_another_and_several_at_once(run: Run) -> None:
    start, rate = time.monotonic_ns(), Rate(200)
    for _ in range(3):
        run(rate.asleep())
    assert time.monotonic_ns() - start >= 3 * 5 * 10**6

    async def count(hz: float, numbers: list[int]) -> None:
        async for n in Rate(hz):
            numbers.append(n)
            if n >= hz / 10:
                break

    async def several(results: list[list[int]]) -> None:
        await asyncio.gather(*map(count, (50, 100, 200), results))

    loops = [[[], [], []] for _ in range(3)]  # type: list[list[list[int]]]
    threads = [threading.Thread(target=run, args=(several(each),)) for each in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for results in loops:
        for numbers, last in zip(results, (5, 10, 20), strict=True):
            assert numbers[0] == 0
            assert numbers == sorted(set(numbers))
            assert numbers[-1] >= last
