"""What one value costs in each way of receiving and publishing, in one process."""

from __future__ import annotations

import array
import statistics
import time
from collections.abc import Callable
from typing import Any

import shm_pub_sub

BATCH = 1000
"""Values at a time."""

Prepare = Callable[[], object]
Run = Callable[[], float]


def _timed(statement: str, each: int, prepare: Prepare, **names: Any) -> Run:
    """Return a function that prepares, runs statement that many times and returns ns for each."""
    source = f"def run(times, {', '.join(names)}):\n start = clock()\n for _ in times:\n"
    source += f"  {statement}\n return clock() - start\n"
    scope: dict[str, Any] = {"clock": time.perf_counter_ns}
    exec(source, scope)

    def run() -> float:
        prepare()
        return scope["run"](range(each), **names) / BATCH

    return run


def contenders() -> tuple[dict[str, Run], Callable[[], None]]:
    """Return what is measured, and what closes it."""
    numbers = [float(number) for number in range(BATCH)]
    packed = array.array("d", numbers)
    into = array.array("d", numbers)
    publisher = shm_pub_sub.Publisher("values", 0.0, BATCH)
    subscriber = shm_pub_sub.Subscriber("values", 0.0)
    names: dict[str, Any] = {"p": publisher, "s": subscriber}

    def fill() -> None:
        subscriber.drain()
        publisher.publish_many(packed)

    def empty() -> None:
        subscriber.drain()

    def unread() -> None:
        """Nothing to prepare: what is published is read by nobody."""

    rows = {
        "the loop alone": _timed("pass", BATCH, unread),
        "publish": _timed("p.publish(1.5)", BATCH, unread, **names),
        "publish_many(list)": _timed("p.publish_many(v)", 1, unread, v=numbers, **names),
        "publish_many(array.array)": _timed("p.publish_many(v)", 1, unread, v=packed, **names),
        "subscribe, same value": _timed("s.subscribe()", BATCH, fill, **names),
        "sample": _timed("s.sample()", BATCH, fill, **names),
        "recv, there already": _timed("s.recv()", BATCH, fill, **names),
        "recv_sample, there already": _timed("s.recv_sample()", BATCH, fill, **names),
        "try_recv, there": _timed("s.try_recv()", BATCH, fill, **names),
        "try_recv, nothing new": _timed("s.try_recv()", BATCH, empty, **names),
        "publish, recv": _timed("p.publish(1.5); s.recv()", BATCH, empty, **names),
        "drain() of 1000": _timed("s.drain()", 1, fill, **names),
        "drain(into=) of 1000": _timed("s.drain(into=b)", 1, fill, b=into, **names),
    }
    try:
        import numpy  # noqa: PLC0415 - where it is installed
    except ImportError:
        pass
    else:
        rows["publish_many(numpy array)"] = _timed(
            "p.publish_many(v)", 1, unread, v=numpy.array(numbers), **names
        )
        rows["drain(into=numpy array) of 1000"] = _timed(
            "s.drain(into=b)", 1, fill, b=numpy.zeros(BATCH), **names
        )

    def close() -> None:
        subscriber.close()
        publisher.close()

    return rows, close


def measure(rounds: int) -> dict[str, list[float]]:
    rows, close = contenders()
    figures: dict[str, list[float]] = {name: [] for name in rows}
    for turn in range(rounds + 1):
        for name, run in rows.items():
            ns = run()
            if turn:
                figures[name].append(ns)
    close()
    return figures


def show(figures: dict[str, list[float]]) -> None:
    print("\none value, in one process; ns")
    for name, ns in figures.items():
        print(f"{name:36} median {statistics.median(ns):8.1f}   min {min(ns):8.1f}", end="")
        print(f"   max {max(ns):8.1f}")
