"""Blocking round trips: the futex in C, ours, and the peers, in turn."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shlex
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import peers
from _workers import Failed, Worker

HERE = Path(__file__).parent
FLOOR, OURS = "a futex in C", "ours"
TARGET = 1.5
"""Ours, in medians of the futex."""

SECONDS = 0.05
"""What one turn of one row takes."""


@dataclass
class Row:
    times: list[float] = field(default_factory=list)
    """Of single round trips, ns."""
    medians: list[float] = field(default_factory=list)
    """Of each turn's."""
    trouble: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.medians)

    @property
    def p99(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.99)]


def names() -> list[str]:
    """All of peers/, ours first."""
    found = sorted(module.name for module in pkgutil.iter_modules(peers.__path__))
    return sorted(found, key=lambda name: name != OURS)


def requirements(name: str) -> list[str]:
    found: list[str] = importlib.import_module(f"peers.{name}").REQUIREMENTS
    return found


def compile_floor(folder: Path) -> Path:
    target = folder / "futex_floor"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, "-O2", "-o", target, HERE / "futex_floor.c"], check=True)
    return target


def placements() -> dict[str, list[str]]:
    """Where the two processes run. The kernel's choice differs from run to run, and only there may
    a waiter that has more than one processor spin before it sleeps."""
    processors = sorted(os.sched_getaffinity(0))
    placed = {"where the kernel puts them": [], "on one processor": [str(processors[-1])] * 2}
    if len(processors) > 1:
        placed["on two processors"] = [str(processors[-1]), str(processors[-2])]
    return placed


@contextmanager
def workers(
    floor: Path, pythons: Mapping[str, str | Path], processors: list[str], rows: Mapping[str, Row]
) -> Iterator[dict[str, Worker]]:
    with ExitStack() as stack:
        started = {}
        for name, row in rows.items():
            command = [floor] if name == FLOOR else [pythons[name], HERE / "_round_trip.py", name]
            try:
                started[name] = Worker([*command, *processors])
            except Failed as error:
                row.trouble = str(error)
                continue
            stack.callback(started[name].end)
        yield started


def measure(
    floor: Path,
    pythons: Mapping[str, str | Path],
    missing: Mapping[str, str],
    processors: list[str],
    rounds: int,
    seconds: float,
) -> dict[str, Row]:
    """pythons: by a peer's name, the interpreter that has it; missing: why it has not."""
    rows = {name: Row() for name in (FLOOR, *pythons)}
    with workers(floor, pythons, processors, rows) as started:
        trips = {}
        for turn in range(rounds + 1):
            for name, worker in list(started.items()):
                try:
                    times = worker.measure(trips.get(name, 20))
                except Failed as error:
                    rows[name].trouble = str(error)
                    del started[name]
                    continue
                if turn == 0:  # to warm up, and to know how many fit
                    trips[name] = max(5, int(seconds * 1e9 / statistics.median(times)))
                    continue
                rows[name].times += times
                rows[name].medians.append(statistics.median(times))
    rows |= {name: Row(trouble=why) for name, why in missing.items()}
    return rows


def show(where: str, rows: Mapping[str, Row]) -> None:
    print(f"\nblocking round trip between two processes {where}; us")
    for name, row in rows.items():
        if row.trouble or not row.times:
            print(f"{name:20} {row.trouble or 'not measured'}")
            continue
        print(f"{name:20} median {row.median / 1e3:9.1f}   p99 {row.p99 / 1e3:9.1f}", end="")
        print(f"   min {min(row.times) / 1e3:9.1f}   {len(row.times)} trips")
    measured = {name: row for name, row in rows.items() if row.times and not row.trouble}
    if OURS not in measured:
        return
    ours = measured.pop(OURS)
    ratios = {name: _ratio(ours, row) for name, row in measured.items()}
    print(f"ours / a futex in C: {ratios.pop(FLOOR):.2f}   target <= {TARGET}")
    if ratios:
        best = max(ratios, key=ratios.__getitem__)
        print(f"ours / the best peer ({best}): {ratios[best]:.2f}   target < 1")


def _ratio(row: Row, other: Row) -> float:
    """Of turns that were neighbours in time: a machine's mood falls on both."""
    pairs = zip(row.medians, other.medians, strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)
