"""What publish, subscribe and receive cost, beside empty C methods, in one run.

    python benchmarks/hot_path.py [--quick] [--before COMMIT] [--json FILE]

Everything is measured in turn, A B C ... A B C ..., in rounds of a tenth of a millisecond: most end
before another program runs. Ratios use the tenth percentile, which other programs hardly affect.
Figures include the loop around the call, as timeit's do; the loop alone is a row. Compiles
floors/floor.c with the C compiler.

--before builds the library of this tree and of an earlier commit below build/ and measures both in
turn, in new processes for each pair of runs; both run this tree's benchmark.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import floors
import shm_pub_sub
from harness import environments
from harness.isolation import own_domain, own_names
from harness.timing import measure, quiet, timer
from harness.turns import in_turn, program
from report.tables import table

Rows = dict[str, Callable[[int], float]]

LEAST = 1.5
"""ns by which a call may be slower than before, even if that is more than MOST."""

MOST = 1.02
"""Now / before."""


def empty_methods(floor: Any) -> Rows:
    """Return what any call costs, by name."""
    return {
        "the loop alone": timer("pass"),
        "empty C method, no argument": timer("f.empty()", f=floor),
        "empty C method, one argument": timer("f.empty_o(1.5)", f=floor),
        "C method with clock_gettime": timer("f.clock_o(1.5)", f=floor),
        "C method making (float, True)": timer("f.pair()", f=floor),
    }


def calls() -> Rows:
    """Return the library's calls, by name."""
    rows = {}
    for kind, value in (("bool", True), ("int", 123456789), ("float", 1.5)):
        publisher = shm_pub_sub.Publisher(kind, value, 10)
        subscriber = shm_pub_sub.Subscriber(kind, value)
        publisher.publish(value)
        rows[f"publish {kind}"] = timer("p.publish(v)", p=publisher, v=value)
        rows[f"subscribe {kind}, same value"] = timer("s.subscribe()", s=subscriber)
        for method in ("subscribe", "try_recv", "recv"):
            rows[f"publish, {method} {kind}"] = timer(
                f"p.publish(v); s.{method}()", p=publisher, s=subscriber, v=value
            )
    nobody = shm_pub_sub.Subscriber("nobody", 0.0)
    silent = shm_pub_sub.Publisher("silent", 0.0)
    waiting = shm_pub_sub.Subscriber("silent", 0.0)
    rows["subscribe, nothing published yet"] = timer("s.subscribe()", s=waiting, keep=silent)
    rows["subscribe, no publisher"] = timer("s.subscribe()", s=nobody)
    rows["try_recv, nothing new"] = timer("s.try_recv()", s=waiting)
    return rows


def ratios(costs: dict[str, float]) -> list[tuple[str, float, float]]:
    """Return each target: its name, the ratio measured, the ratio aimed at."""
    promised = []
    for kind in ("bool", "int", "float"):
        clock = costs[f"publish {kind}"] / costs["C method with clock_gettime"]
        promised.append((f"publish {kind} / (empty C method + clock_gettime)", clock, 1.5))
    for kind in ("bool", "int", "float"):
        # A new value: both calls, less the publish and the loop.
        fresh = costs[f"publish, subscribe {kind}"] - costs[f"publish {kind}"]
        same = costs[f"subscribe {kind}, same value"]
        empty = costs["empty C method, no argument"]
        promised.append((f"subscribe {kind}, same value / empty C method", same / empty, 3.0))
        fresh += costs["the loop alone"]
        promised.append((f"subscribe {kind}, new value / empty C method", fresh / empty, 3.0))
    return promised


def pairs(
    before: Path, now: Path, count: int, milliseconds: int
) -> dict[str, list[tuple[float, float]]]:
    """Return ns before and now, by name, of each of count pairs of runs."""
    found: dict[str, list[tuple[float, float]]] = {}
    command = program("hot")[1:]
    order = {"before": [before, *command], "now": [now, *command]}
    for _ in range(count):
        turns = in_turn(order, 3, milliseconds)
        order = dict(reversed(order.items()))  # neither is always the first
        for name, run in turns.items():
            if run.trouble:
                raise SystemExit(f"the run of {name} failed: {run.trouble}")
        times = {name: run.by_figure() for name, run in turns.items()}
        for figure, ns in times["now"].items():
            pair = statistics.median(times["before"][figure]), statistics.median(ns)
            found.setdefault(figure.replace("_", " "), []).append(pair)
    return found


def show(found: dict[str, list[tuple[float, float]]]) -> None:
    """Print the medians of the pairs, and what is slower than it may be."""
    lines = []
    for name, runs in found.items():
        before, now = (statistics.median(ns) for ns in zip(*runs, strict=True))
        more = statistics.median(b - a for a, b in runs)
        ratio = statistics.median(b / a for a, b in runs)
        met = "yes" if more <= LEAST or ratio <= MOST else "**no**"
        lines.append([name, f"{before:.1f}", f"{now:.1f}", f"{more:+.2f}", f"{ratio:.3f}", met])
    print(table(["ns", "before", "now", "now - before", "now / before", "met"], lines))
    print(f"\nmedians of {len(runs)} pairs; target: {MOST} or {LEAST} ns more")


def compare(commit: str, quickly: bool) -> dict[str, list[tuple[float, float]]]:
    before, (now, _) = environments.version(commit), environments.comparison({})
    with own_names():
        return pairs(before, now, *((2, 20) if quickly else (15, 400)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--before", metavar="COMMIT", help="compare with the library of a commit")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of each round")
    options = parser.parse_args()
    if options.before:
        found = compare(options.before, options.quick)
        show(found)
        if options.json:
            options.json.write_text(json.dumps({"before, now; ns": found}, indent=1))
        return
    rounds, n = (3, 1_000) if options.quick else (600, 2_000)
    with own_domain() as folder:
        empty = empty_methods(floors.extension("floor", folder).Floor())
        figures = measure({**empty, **calls()}, rounds, n)
    costs = {name: quiet(f) for name, f in figures.items()}
    print(f"CPython {platform.python_version()}, {rounds} rounds of {n}; ns")
    for name, f in figures.items():
        low, middle = costs[name], statistics.median(f)
        print(f"{name:36} a tenth below {low:7.1f}   median {middle:7.1f}   min {min(f):7.1f}")
    print()
    for name, ratio, promise in ratios(costs):
        print(f"{name:48} {ratio:5.2f}   target <= {promise}")
    if options.json:
        machine = {
            "python": sys.version,
            "machine": platform.machine(),
            "kernel": platform.release(),
        }
        options.json.write_text(json.dumps({"machine": machine, "ns": figures}, indent=1))


if __name__ == "__main__":
    main()
