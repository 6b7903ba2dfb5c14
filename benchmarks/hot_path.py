"""What publish, subscribe and receive cost, beside the least that a C method can cost, in one run.

    python benchmarks/hot_path.py [--quick] [--json FILE]

Everything is measured in turn, A B C ... A B C ..., in rounds of a tenth of a millisecond: most of
those end before anything else wants the processor. The figure that ratios are made of is the one
that a tenth of the rounds stay below, which other programs hardly move; the median they do. Figures
are as timeit's, the loop with its call included; the loop alone is a row. Compiles
benchmarks/floor.c with the C compiler.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import shm_pub_sub

HERE = Path(__file__).parent


def build(name: str, folder: Path, *options: str) -> ModuleType:
    """Compile an extension module of this folder, NAME.c, and import it as _NAME."""
    target = folder / f"_{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    flags = ["-O2", "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}", *options]
    subprocess.run([*compiler, *flags, "-o", target, HERE / f"{name}.c"], check=True)
    spec = importlib.util.spec_from_file_location(f"_{name}", target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timer(statement: str, **names: Any) -> Callable[[int], float]:
    """Return a function that runs statement n times and returns ns for each.

    Unlike timeit's, the loop binds its names as locals and keeps the garbage collector on.
    """
    source = f"def run(n, {', '.join(names)}):\n"
    source += " start = clock()\n for _ in repeat(None, n):\n"
    source += f"  {statement}\n return (clock() - start) / n\n"
    scope: dict[str, Any] = {"clock": time.perf_counter_ns, "repeat": itertools.repeat}
    exec(source, scope)
    return lambda n: scope["run"](n, **names)


@contextmanager
def own_domain() -> Iterator[Path]:
    """Keep the benchmark's topics apart from everybody else's."""
    folder = Path(tempfile.mkdtemp(prefix="shm_pub_sub.bench.", dir="/dev/shm"))
    os.environ["SHM_PUB_SUB_DIR"] = str(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def contenders(floor: Any) -> dict[str, Callable[[int], float]]:
    """Return what is measured, by its name in the table."""
    rows = {
        "the loop alone": timer("pass"),
        "empty C method, no argument": timer("f.empty()", f=floor),
        "empty C method, one argument": timer("f.empty_o(1.5)", f=floor),
        "C method with clock_gettime": timer("f.clock_o(1.5)", f=floor),
        "C method making (float, True)": timer("f.pair()", f=floor),
    }
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


def measure(rows: dict[str, Callable[[int], float]], rounds: int, n: int) -> dict[str, list[float]]:
    """Run every row in turn, rounds times, after one round to warm up."""
    figures: dict[str, list[float]] = {name: [] for name in rows}
    for turn in range(rounds + 1):
        for name, run in rows.items():
            ns = run(n)
            if turn:
                figures[name].append(ns)
    return figures


def quiet(figures: list[float]) -> float:
    """Return what a tenth of the rounds stay below."""
    return sorted(figures)[len(figures) // 10]


def ratios(costs: dict[str, float]) -> list[tuple[str, float, float]]:
    """Return the targets: what, the ratio measured, the ratio aimed at."""
    promised = []
    for kind in ("bool", "int", "float"):
        clock = costs[f"publish {kind}"] / costs["C method with clock_gettime"]
        promised.append((f"publish {kind} / (empty C method + clock_gettime)", clock, 1.5))
    for kind in ("bool", "int", "float"):
        # A value that was not read before: the pair of calls, less the publish and the loop.
        fresh = costs[f"publish, subscribe {kind}"] - costs[f"publish {kind}"]
        same = costs[f"subscribe {kind}, same value"]
        empty = costs["empty C method, no argument"]
        promised.append((f"subscribe {kind}, same value / empty C method", same / empty, 3.0))
        fresh += costs["the loop alone"]
        promised.append((f"subscribe {kind}, new value / empty C method", fresh / empty, 3.0))
    return promised


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--json", type=Path, help="write every round's figures there")
    options = parser.parse_args()
    rounds, n = (3, 1_000) if options.quick else (600, 2_000)
    with own_domain() as folder:
        figures = measure(contenders(build("floor", folder).Floor()), rounds, n)
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
