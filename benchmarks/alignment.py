"""Sets of samples that belong together: how old, how far apart, and what they cost.

    python benchmarks/alignment.py [--quick] [--json FILE]

Three sensors, each in its own process, measure 60 times a second and publish 5, 20 and 50 ms later,
with jitter. align() takes sets of them, and so does a program that waits for each sensor in turn.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import shm_pub_sub
from harness.isolation import own_domain
from harness.turns import program

HZ = 60.0
LATENCIES = {"gripper": 0.005, "arm": 0.020, "camera": 0.050}
JITTER = 0.002
TOLERANCE = 1 / HZ / 2
WAYS = ("align", "asyncio", "executor", "in turn")
SLOWEST = max(LATENCIES.values())
TARGET = SLOWEST + 1 / HZ
"""Seconds: the median age of a set, by the oldest sample."""

IDLE_TARGET = 0.001
"""Processor time while nothing is published, of one processor; recv() takes half of it."""

FRAME = 640 * 480 * 3

Figures = dict[str, Any]


@contextmanager
def sensors() -> Iterator[None]:
    with ExitStack() as stack:
        for seed, (topic, latency) in enumerate(LATENCIES.items()):
            command = program("sensor", topic, *map(str, (HZ, latency, JITTER, seed)))
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise SystemExit(f"the sensor {topic} ended")
        yield


def taken(way: str, seconds: float) -> Figures:
    command = program("aligning", way, str(TOLERANCE), str(seconds), *LATENCIES)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def turns(rounds: int, seconds: float) -> dict[str, Figures]:
    """Return the figures of all rounds by way: the ways take turns."""
    found: dict[str, Figures] = {
        way: {"ages": [], "spreads": [], "cpu": 0.0, "seconds": 0.0} for way in WAYS
    }
    for _ in range(rounds):
        for way in WAYS:
            one, all_ = taken(way, seconds), found[way]
            all_["ages"] += one["ages"]
            all_["spreads"] += one["spreads"]
            all_["cpu"] += one["cpu"]
            all_["seconds"] += seconds
    return found


def show(found: dict[str, Figures]) -> None:
    print(f"\nthree sensors at {HZ:g} Hz, {SLOWEST * 1e3:g} ms late at most, and jitter")
    print(f"{'':12}{'sets/s':>8}{'age, ms: median':>18}{'worst':>8}{'spread, ms: median':>20}"
          f"{'worst':>8}{'CPU, us/set':>13}")  # fmt: skip
    for way, figures in found.items():
        ages, spreads = figures["ages"], figures["spreads"]
        if not ages:
            print(f"{way:12} no set")
            continue
        print(
            f"{way:12}{len(ages) / figures['seconds']:8.1f}{statistics.median(ages) * 1e3:18.2f}"
            f"{max(ages) * 1e3:8.2f}{statistics.median(spreads) * 1e3:20.2f}"
            f"{max(spreads) * 1e3:8.2f}{figures['cpu'] / len(ages) * 1e6:13.0f}"
        )
    print(f"target for align: a median age <= {TARGET * 1e3:.1f} ms")


def idle(seconds: float) -> dict[str, float]:
    """Return CPU seconds per second while nothing is published."""
    shares = {}
    with ExitStack() as stack:
        for topic in LATENCIES:
            stack.enter_context(shm_pub_sub.Publisher(topic, 0))
        for way in ("align", "asyncio"):
            shares[way] = taken(way, seconds)["cpu"] / seconds
    return shares


def cost(rounds: int, n: int) -> dict[str, float]:
    """Return the least processor time of one set, in us, without publishing."""
    costs = {}
    for name, default, value, options in (
        ("three ints", 0, 1, {}),
        ("three frames of 0.9 MB, views", b"", bytes(FRAME), {"copy": False}),
        ("three frames of 0.9 MB, copies", b"", bytes(FRAME), {}),
    ):
        with ExitStack() as stack:
            size = {"max_size": FRAME} if default == b"" else {}
            publishers = [
                stack.enter_context(shm_pub_sub.Publisher(f"{topic}/cost", default, **size))
                for topic in LATENCIES
            ]
            subscribers = [
                stack.enter_context(shm_pub_sub.Subscriber(f"{topic}/cost", default, **options))
                for topic in LATENCIES
            ]
            aligned = shm_pub_sub.align(subscribers, tolerance=1.0)

            def publish() -> None:
                for publisher in publishers:  # noqa: B023
                    publisher.publish(value)  # noqa: B023

            costs[name] = least(rounds, n, publish, aligned.recv)
    return costs


def least(rounds: int, n: int, before: Callable[[], object], call: Callable[[], object]) -> float:
    totals = []
    for _ in range(rounds):
        total = 0
        for _ in range(n):
            before()
            start = time.perf_counter_ns()
            call()
            total += time.perf_counter_ns() - start
        totals.append(total / n / 1e3)
    return min(totals)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of each round")
    options = parser.parse_args()
    rounds, seconds, n = (1, 0.2, 20) if options.quick else (5, 10.0, 1000)
    print(f"CPython {platform.python_version()}, Linux {platform.release()}")
    with own_domain():
        with sensors():
            time.sleep(0.2)  # until all have published
            found = turns(rounds, seconds)
        show(found)
        shares = idle(seconds)
        costs = cost(rounds, n)
    print("\nwhile nothing is published; % of a processor")
    for way, share in shares.items():
        print(f"{way:36} {100 * share:8.3f}")
    print(f"target <= {100 * IDLE_TARGET:g}")
    print("\none set that is there, the clock's 0.05 us included; us")
    for name, us in costs.items():
        print(f"{name:36} {us:8.2f}")
    if options.json:
        written = {"python": sys.version, "ways": found, "idle": shares, "cost": costs}
        options.json.write_text(json.dumps(written, indent=1))


if __name__ == "__main__":
    main()
