"""`bench`: what publishing and receiving cost on this machine, in a few seconds.

Calls are timed in batches, including the loop; round trips between two processes one by one.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber, WaitTimeoutError
from shm_pub_sub._python import python
from shm_pub_sub._text import duration

from ..arguments import add_option
from ..domain import own_domain
from ..output import EXIT_DONE, log, print_json, put, put_table
from ..progress import Progress

BATCH = 1_000
"""Calls timed together."""

MESSAGES = 10_000
"""In the tutorial's benchmark."""

SPINNING = "round trip, both looping on subscribe()"

STARVED = 1e-4
"""Seconds: a round trip takes longer only if the processes share a processor."""

clock = time.perf_counter_ns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_option(parser, "duration", "time of each measurement (default: 0.5)", 0.5)


def run(options: argparse.Namespace) -> int:
    machine = _machine()
    if options.format == "text":
        put(", ".join(machine.values()), "", flush=True)
    with own_domain("bench"):
        results, progress = {}, Progress()
        for number, (what, measure) in enumerate(MEASUREMENTS.items(), 1):
            progress.show(f"{number} of {len(MEASUREMENTS)}: {what}")
            try:
                results[what] = sorted(measure(options.duration))
            finally:
                progress.end()
    figures = {what: _figures(ns) for what, ns in results.items()}
    if options.format == "json":
        print_json({"machine": machine, "seconds": figures})
    else:
        rows = [
            [what, duration(of["median"]), duration(of["p99"]), f"{1 / of['median']:,.0f}"]
            for what, of in figures.items()
        ]
        put_table([["", "median", "p99", "per second"], *rows], right=(1, 2, 3))
    if figures[SPINNING]["median"] > STARVED:
        log("expected two idle processors; the processes share one, so round trips took far longer")
    return EXIT_DONE


def _figures(ns: list[float]) -> dict[str, float]:
    """Return the median and the 99th percentile of sorted times, in seconds."""
    percentile = ns[math.ceil(len(ns) * 0.99) - 1]  # of two, the greater
    return {"median": round(statistics.median(ns) / 1e9, 12), "p99": round(percentile / 1e9, 12)}


def _machine() -> dict[str, str]:
    """Return the software and hardware that the figures depend on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return {
        "library": f"shm_pub_sub {shm_pub_sub.__version__}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "processors": f"{len(os.sched_getaffinity(0))} processors "
        f"({models[0] if models else platform.machine()})",
    }


def _tutorial(seconds: float) -> Iterator[float]:
    """Yield ns per message: publish 10,000, then read until as many reads succeeded."""
    with Publisher("benchmark", 0, 10) as pub, Subscriber("benchmark", 0) as sub:
        end = clock() + seconds * 1e9
        while clock() < end:
            start = clock()
            for i in range(MESSAGES):
                pub.publish(i)
            received = 0
            while received < MESSAGES:
                _, success = sub.subscribe()
                if success:
                    received += 1
            yield (clock() - start) / MESSAGES


def _batches(
    seconds: float, call: Callable[[], object], before: Callable[[], object]
) -> Iterator[float]:
    """Yield ns per call of each batch; before() runs before each batch, untimed."""
    end = clock() + seconds * 1e9
    while clock() < end:
        before()
        start = clock()
        for _ in repeat(None, BATCH):
            call()
        yield (clock() - start) / BATCH


def _publish(seconds: float) -> Iterator[float]:
    with Publisher("benchmark", 0.0) as pub:
        publish, end = pub.publish, clock() + seconds * 1e9
        while clock() < end:
            start = clock()
            for value in repeat(1.5, BATCH):
                publish(value)
            yield (clock() - start) / BATCH


def _subscribe(seconds: float) -> Iterator[float]:
    with Publisher("benchmark", 0.0) as pub, Subscriber("benchmark", 0.0) as sub:
        yield from _batches(seconds, sub.subscribe, lambda: pub.publish(1.5))


def _recv(seconds: float) -> Iterator[float]:
    values = [1.5] * BATCH
    with Publisher("benchmark", 0.0, BATCH) as pub, Subscriber("benchmark", 0.0) as sub:
        yield from _batches(seconds, sub.recv, lambda: pub.publish_many(values))


MEASUREMENTS: dict[str, Callable[[float], Iterator[float]]] = {
    "the tutorial's benchmark, per message": _tutorial,
    "publish()": _publish,
    "subscribe()": _subscribe,
    "recv(), a value is ready": _recv,
    SPINNING: lambda seconds: round_trips("spinning", seconds),
    "round trip, both in recv()": lambda seconds: round_trips("blocking", seconds),
}


PARTNER = "from shm_pub_sub._cli.verbs.bench import answer; answer({way!r})"
"""The other process's program."""

THERE, BACK = "there", "back"

STOP = -1.0

PATIENCE = 10.0
"""Seconds after which the other process counts as gone."""

WARM_UP = 100
"""Trips that do not count."""


def round_trips(way: str, seconds: float) -> Iterator[float]:
    """Yield ns from publishing a value to having it back, trip by trip, for that long.

    Args:
        way: "spinning": both ends ask again and again. "blocking": both sleep in recv().
    """
    program = python(PARTNER.format(way=way))
    with (
        Publisher(THERE, 0.0) as pub,
        Subscriber(BACK, 0.0, history=0) as sub,
        subprocess.Popen(program, start_new_session=True) as partner,  # Ctrl-C is not for it
    ):
        try:
            sub.wait_for_publisher(PATIENCE)
            receive = _receiver(sub, way)
            clock, number, end = time.perf_counter_ns, 0.0, 0.0
            while not end or clock() < end:
                number += 1.0
                start = clock()
                pub.publish(number)
                receive()
                took = clock() - start
                if number > WARM_UP:
                    end = end or clock() + seconds * 1e9
                    yield took
            pub.publish(STOP)
            partner.wait(PATIENCE)
        finally:
            partner.kill()  # does nothing if it has ended


def answer(way: str) -> None:
    """Send every value back, until STOP."""
    with Subscriber(THERE, 0.0) as sub, Publisher(BACK, 0.0) as pub:
        receive = _receiver(sub, way)
        while (value := receive()) != STOP:
            pub.publish(value)


def _receiver(sub: Subscriber[float], way: str) -> Callable[[], float]:
    """Return what waits for the next value; WaitTimeoutError says that the other end is gone."""
    last = 0.0

    def spin() -> float:
        nonlocal last
        while True:
            value, ok = sub.subscribe()
            if ok and value != last:
                last = value
                return value
            if not ok and not sub.publisher_alive:
                raise WaitTimeoutError("bench: the other process has ended; expected a value")

    return spin if way == "spinning" else lambda: sub.recv(PATIENCE)
