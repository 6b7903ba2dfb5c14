"""Statements timed in turn, in rounds so short that most end before anything else runs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any


def timer(
    statement: str, clock: Callable[[], int] = time.perf_counter_ns, **names: Any
) -> Callable[[int], float]:
    """Return a function that runs statement n times and returns ns per run, by that clock.

    Unlike timeit's, the loop binds its names as locals and keeps the garbage collector on.
    """
    source = f"def run(n, {', '.join(names)}):\n"
    source += " start = clock()\n for _ in repeat(None, n):\n"
    source += f"  {statement}\n return (clock() - start) / n\n"
    scope: dict[str, Any] = {"clock": clock, "repeat": itertools.repeat}
    exec(source, scope)
    return lambda n: scope["run"](n, **names)


def measure(
    rows: Mapping[str, Callable[[int], float]], rounds: int, n: int
) -> dict[str, list[float]]:
    """Run every row in turn, rounds times, after one round to warm up."""
    figures: dict[str, list[float]] = {name: [] for name in rows}
    for turn in range(rounds + 1):
        for name, run in rows.items():
            ns = run(n)
            if turn:
                figures[name].append(ns)
    return figures


def quiet(figures: list[float]) -> float:
    """Return the tenth percentile, which other programs hardly move."""
    return sorted(figures)[len(figures) // 10]
