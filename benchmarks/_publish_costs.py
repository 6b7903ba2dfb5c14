"""What publishing costs while nobody waits and while somebody does; before and now, in turn."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from _workers import Failed, Worker

PROGRAM = Path(__file__).with_name("_publishing.py")
WAITERS = ("nobody", "blocked", "selecting", "asyncio", "polling")
TARGET = 1.05
"""Now, in medians of before, while nobody waits."""

Times = dict[str, list[float]]


def _commands(before: Path | None) -> dict[str, tuple[list[str | Path], int]]:
    """Return the command of each row, and how many one turn of it publishes."""
    now: list[str | Path] = [sys.executable, PROGRAM]
    rows = {}
    if before is not None:
        rows["loop, nobody waits, before"] = ([before, PROGRAM, "loop", "nobody"], 100_000)
    for waiter in WAITERS:
        rows[f"loop, {_who(waiter)}"] = ([*now, "loop", waiter], 100_000)
    for waiter in WAITERS:
        rows[f"paused, {_who(waiter)}"] = ([*now, "paused", waiter], 200)
    return rows


def _who(waiter: str) -> str:
    return "nobody waits" if waiter == "nobody" else f"{waiter} waiter"


def measure(before: Path | None, rounds: int, scale: float) -> tuple[Times, dict[str, str]]:
    """Return each turn's median by row, and why a row has none.

    The rows without a waiter take turns by themselves first: nothing else runs then.
    """
    times: Times = {}
    troubles: dict[str, str] = {}
    commands = _commands(before)
    quiet = [row for row in commands if row.startswith("loop, nobody waits")]
    _in_turn({row: commands[row] for row in quiet}, rounds, scale, times, troubles)
    for row in commands:
        if row not in quiet:  # one at a time: each has a waiter of its own that runs
            _in_turn({row: commands[row]}, max(3, rounds // 3), scale, times, troubles)
    return times, troubles


def _in_turn(
    commands: Mapping[str, tuple[list[str | Path], int]],
    rounds: int,
    scale: float,
    times: Times,
    troubles: dict[str, str],
) -> None:
    workers: dict[str, Worker] = {}
    try:
        for row, (command, _) in commands.items():
            try:
                workers[row] = Worker(command)
            except Failed as error:
                troubles[row] = str(error)
        for turn in range(rounds + 1):
            for row, worker in list(workers.items()):
                n = max(5, int(commands[row][1] * scale))
                try:
                    ns = worker.measure(n)
                except Failed as error:
                    troubles[row] = str(error)
                    workers.pop(row).end()
                    continue
                if turn:
                    times.setdefault(row, []).append(statistics.median(ns))
    finally:
        for worker in workers.values():
            worker.end()


def show(times: Times, troubles: Mapping[str, str]) -> None:
    print("\npublish() of a float; ns")
    for row, ns in times.items():
        print(f"{row:36} median {statistics.median(ns):8.1f}   min {min(ns):8.1f}", end="")
        print(f"   max {max(ns):8.1f}")
    for row, why in troubles.items():
        print(f"{row:36} {why}")
    if {"loop, nobody waits, before", "loop, nobody waits"} <= {*times}:
        before, now = times["loop, nobody waits, before"], times["loop, nobody waits"]
        # Of neighbours in time: a machine's mood falls on both.
        ratio = statistics.median(b / a for a, b in zip(before, now, strict=True))
        print(f"now / before, nobody waits: {ratio:.3f}   target <= {TARGET}")
