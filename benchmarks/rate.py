"""How late loops wake up, in various surroundings; drift; overruns against the truth.

    python benchmarks/rate.py [--quick] [--only WORD] [--json FILE] [--page docs/loops.md]

Every row runs in turn, A B C ... A B C ..., and only one at a time. It takes six minutes; nothing
else should run. Real-time priority, nice and idle states need root, or the rows say so. --page
writes the table into the page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from harness.turns import program
from harness.workers import Failed, Worker
from shm_pub_sub import _rate

ROWS = {
    "Rate(1000)": "rate 1000",
    "clock_nanosleep, TIMER_ABSTIME": "absolute 1000",
    "the last 0.2 ms spinning": "spinning 1000",
    "Rate in asyncio": "asyncio 1000",
    "timer slack 1 ns": "rate 1000 slack",
    "no deep idle states": "rate 1000 awake",
    "pinned": "rate 1000 pinned",
    "SCHED_FIFO": "rate 1000 fifo",
    "beside busy processes": "rate 1000 beside",
    "the same, nice -15": "rate 1000 beside nice",
    "the same, on a processor without them": "rate 1000 pinned beside",
    "the same, SCHED_FIFO": "rate 1000 beside fifo",
    "with a busy thread": "rate 1000 thread",
    "the same, setswitchinterval(0.0002)": "rate 1000 switching thread",
    "SCHED_FIFO, 500,000 lists": "rate 1000 fifo heap",
    "the same, gc.freeze()": "rate 1000 fifo heap frozen",
    "the same, gc.disable()": "rate 1000 fifo heap uncollected",
    "Rate(50)": "rate 50",
    "50 Hz, beside busy processes": "rate 50 beside",
    "50 Hz, the same, SCHED_FIFO": "rate 50 beside fifo",
}
"""Two busy processes per processor. With lists, each step makes 100 more."""

LOOPS = {"Rate(1000)": "rate 1000", "Rate(50)": "rate 50", "time.sleep(0.001)": "relative 1000"}
"""Those whose drift is measured, all at once."""

BEGIN, END = "<!-- by benchmarks/rate.py -->", "<!-- to here -->"


@dataclass
class Row:
    late: list[float] = field(default_factory=list)
    """ns, by deadline that was met."""
    missed: int = 0
    used: list[float] = field(default_factory=list)
    """CPU seconds per second, by round."""
    trouble: str = ""


def in_turn(rows: dict[str, str], rounds: int, seconds: float) -> dict[str, Row]:
    found = {row: Row() for row in rows}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for row, words in rows.items():
            try:
                workers[row] = Worker(program("keeping", *words.split()))
            except Failed as error:
                found[row].trouble = str(error)
                continue
            stack.callback(workers[row].end)
            workers[row].pause()
        for _ in range(rounds):
            for row, worker in workers.items():
                if found[row].trouble:
                    continue
                n = max(1, round(float(rows[row].split()[1]) * seconds))
                worker.resume()
                start = time.monotonic()
                try:
                    cpu, missed, *ns = worker.measure(n)
                except Failed as error:
                    found[row].trouble = str(error)
                    continue
                finally:
                    worker.pause()
                found[row].used.append(cpu / (time.monotonic() - start))
                found[row].missed += int(missed)
                found[row].late += ns
    return found


def figures(found: dict[str, Row]) -> Iterator[list[str]]:
    """Yield the cells of each row: us, and percent of the deadlines and of a processor."""
    yield ["Late by us", "median", "99 %", "99.9 %", "worst", "missed", "CPU"]
    for name, row in found.items():
        if row.trouble:
            yield [name, row.trouble, *[""] * 5]
            continue
        ordered, n = sorted(row.late), len(row.late)
        shares = [ordered[min(int(p * n), n - 1)] for p in (0.5, 0.99, 0.999, 1)]
        cells = [f"{share / 1e3:,.0f}" for share in shares]
        missed = f"{row.missed / (row.missed + n):.2%}"
        yield [name, *cells, missed, f"{statistics.fmean(row.used):.1%}"]


def machine() -> str:
    kernel = ".".join(platform.release().split(".")[:2])
    return (
        f"CPython {platform.python_version()}, Linux {kernel}, {os.cpu_count()} processors; load "
        f"average before it: {os.getloadavg()[0]:.1f}."
    )


def write(page: Path, machine: str, rows: list[list[str]]) -> None:
    """Replace the page's table."""
    head, *rest = ("| " + " | ".join(cells) + " |" for cells in rows)
    table = "\n".join([machine, "", head, "| --- |" + " ---: |" * 6, *rest])
    before, _, after = page.read_text(encoding="utf-8").partition(f"{BEGIN}\n")
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after.partition(END)[2]}", encoding="utf-8")


def drift(seconds: float) -> dict[str, tuple[float, float]]:
    """Return by loop how late it was in its first tenth and its last tenth; medians, in ns."""
    with ExitStack() as stack:
        workers, found = {}, {}
        for loop, words in LOOPS.items():
            workers[loop] = Worker(program("keeping", *words.split()))
            stack.callback(workers[loop].end)
        for loop, words in LOOPS.items():
            workers[loop].send(round(float(words.split()[1]) * seconds))
        for loop, worker in workers.items():
            _, _, *ns = worker.answer(3 * seconds + 60)
            part = max(1, len(ns) // 10)
            found[loop] = statistics.median(ns[:part]), statistics.median(ns[-part:])
    return found


def overruns(steps: int, hz: float) -> tuple[int, int]:
    """Return the overruns that a Rate counted in steps of random length, and the true number.

    The truth is by the times at which sleep() looked at the clock, each deadline in turn.
    """

    class Clock:
        """Stands for the module time in _rate, and notes what it said."""

        seen: ClassVar[list[int]] = []
        sleep = staticmethod(time.sleep)

        @classmethod
        def monotonic_ns(cls) -> int:
            cls.seen.append(time.monotonic_ns())
            return cls.seen[-1]

    dice, true, number = random.Random(1), 0, 0
    _rate.time = Clock  # type: ignore[attr-defined]
    try:
        rate = _rate.Rate(hz)
        start = Clock.seen[-1]
        for _ in range(steps):
            end = time.monotonic_ns() + int(dice.expovariate(1) * 1e9 / hz)
            while time.monotonic_ns() < end:
                pass
            Clock.seen.clear()
            rate.sleep()
            number += 1
            while (start + number * 10**9 // int(hz)) < Clock.seen[0]:
                true, number = true + 1, number + 1
        return rate.overruns, true
    finally:
        _rate.time = time  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--only", metavar="WORD", default="", help="rows that contain it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table into this page")
    options = parser.parse_args()
    rounds, seconds, minute, steps = (2, 0.05, 0.5, 50) if options.quick else (10, 1.0, 60.0, 5_000)
    rows = {row: words for row, words in ROWS.items() if options.only in row}
    about = machine()
    print(about)
    found = in_turn(rows, rounds, seconds)
    cells = [*figures(found)]
    print()
    for row, *rest in cells:
        print(f"{row:38}", *(f"{cell:>9}" for cell in rest))
    if options.page:
        write(options.page, about, cells)
    drifts = drift(minute)
    print(f"\nlate by us, median      at first   {minute:g} s later")
    for loop, (first, last) in drifts.items():
        print(f"{loop:20} {first / 1e3:11.0f} {last / 1e3:14.0f}")
    counted, true = overruns(steps, 1000)
    print(f"\noverruns of {steps:,} steps of random length: {counted:,} counted, {true:,} true")
    if options.json:
        figured = {"machine": about, "rows": {name: vars(row) for name, row in found.items()}}
        figured |= {"drift": drifts, "overruns": {"counted": counted, "true": true}}
        options.json.write_text(json.dumps(figured))


if __name__ == "__main__":
    main()
