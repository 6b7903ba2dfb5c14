"""Rows on slow links: how old values are on arrival."""

from __future__ import annotations

import time
from statistics import median

from .figures import Figure, times
from .machines import DEADLINE, LAPTOP, ROBOT, Machines

FRAME = 480 * 640 * 3 * 8
"""Bits."""


def _ages(machines: Machines, n: int, hz: int, kbit: int, seconds: float) -> list[float]:
    """Return the ages of values that come within some seconds, once the first has come."""
    out = machines.program(ROBOT, "crossing_out")
    machines.bridges()
    into = machines.program(LAPTOP, "crossing_in", "ticks" if n == 1 else "all")
    out.ask("values", n)
    machines.lab.limit(LAPTOP, kbit)
    out.tell("ticks", n, hz, 60.0 + seconds)
    end = time.monotonic() + DEADLINE
    while not into.ask()["ages"] and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(min(seconds, 10.0))  # the descriptions are there, the budget has settled
    into.ask()
    time.sleep(seconds)
    ages: list[float] = into.ask()["ages"]
    if not ages:
        raise SystemExit(f"nothing has come in {seconds} s")
    machines.end()
    return ages


def _row(machines: Machines, kbit: int, quick: bool) -> list[Figure]:
    seconds, found = (3.0 if quick else 30.0), []
    for n, hz, most in (1, 200, 0.2), (100, 10, 0.5):
        ages = _ages(machines, n, hz, kbit, seconds)
        what = f"{n} topic{'s' * (n > 1)} at {hz} Hz: age on arrival"
        middle, late = times(what, ages, 1e9, "s")
        middle.most = most if kbit == 10 else None
        rate = Figure(f"{n} topic{'s' * (n > 1)}: values that came", len(ages) / seconds, "1/s")
        found += [middle, late, rate]
    return found


def kbit10(machines: Machines, quick: bool) -> list[Figure]:
    """On 10 kbit/s."""
    return _row(machines, 10, quick)


def kbit100(machines: Machines, quick: bool) -> list[Figure]:
    """On 100 kbit/s."""
    return _row(machines, 100, quick)


def mbit10(machines: Machines, quick: bool) -> list[Figure]:
    """A camera's frames on 10 Mbit/s, which takes 0.74 s for one."""
    kbit, seconds = 10_000, (3.0 if quick else 20.0)
    out = machines.program(ROBOT, "crossing_out")
    machines.bridges()
    into = machines.program(LAPTOP, "crossing_in", "camera")
    machines.lab.limit(LAPTOP, kbit)
    out.tell("frames", 30, 10.0 + seconds)
    time.sleep(5.0)
    into.ask()
    time.sleep(seconds)
    ages = [age / 1e9 for age in into.ask()["ages"]]
    frame = FRAME / (kbit * 1000)
    return [
        Figure("time that the link takes for a frame", frame, "s"),
        Figure("frames a second that came", len(ages) / seconds, "1/s"),
        Figure("age on arrival, median", median(ages), "s"),
        Figure("age on arrival, oldest", max(ages), "s"),
        Figure("oldest, in times of a frame", max(ages) / frame, "", 2),
    ]
