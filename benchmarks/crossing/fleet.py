"""A fleet: many robots, a router in the middle, and an office that receives all of them."""

from __future__ import annotations

import time
from pathlib import Path

from shm_pub_sub import Subscriber

from .figures import Figure
from .machines import BRIDGE, DEADLINE, LAPTOP, ROBOT, Machines, shares

TOPICS = 10
HZ = 1
FEW, ALL, WHOLE = 50, 200, 1000
"""Robots: measured, and what is extrapolated to."""
PARTS = 4
"""Processes that have them."""


def fleet(machines: Machines, quick: bool) -> list[Figure]:
    """Robots with 10 topics each behind one router, idle and at 1 Hz, and the office behind it."""
    few, most, seconds = (2, 4, 1.0) if quick else (FEW, ALL, 10.0)
    endpoint = f"tcp/{machines.lab.address(LAPTOP)}:{BRIDGE}"
    router = machines.bridge(LAPTOP, "router", "--listen", endpoint)
    options = "--receive", "*", "--prefix", "{source}/", "--max-topics", "20000"
    office = machines.bridge(LAPTOP, "--connect", endpoint, *options)
    parts = [
        machines.program(ROBOT, "crossing_fleet", endpoint, str(TOPICS))
        for _ in range(1 if quick else PARTS)
    ]
    found: list[Figure] = []
    memory, cpu = [], []
    for count, more in (few, few), (most, most - few):
        for number, part in enumerate(parts):
            part.tell("add", more // len(parts) + (number < more % len(parts)))
        for part in parts:
            part.answer()
        _wait_for(machines, count)
        time.sleep(min(5.0, seconds))
        idle = shares((router, office), seconds)
        for part in parts:
            part.tell("publish", HZ, seconds + 2.0)
        time.sleep(1.0)
        before = _received(machines)
        busy = shares((router, office), seconds)
        rate = (_received(machines) - before) / seconds
        for part in parts:
            part.answer()
        memory.append(router.memory())
        cpu.append((idle, busy))
        found.append(Figure(f"{count} robots: values that the office gets", rate, "1/s"))
        for row, at in zip(("router", "office"), (0, 1), strict=True):
            text = f"{count} robots, {row}"
            found += [
                Figure(f"{text}: idle", 100 * idle[at], "% of a core"),
                Figure(f"{text}: {TOPICS} topics at {HZ} Hz", 100 * busy[at], "% of a core"),
                Figure(f"{text}: memory", (router, office)[at].memory() / 1e6, "MB"),
            ]
    each = (memory[1] - memory[0]) / (most - few)
    found.append(Figure("a robot more, router: memory", each / 1e3, "kB"))
    found.append(
        Figure(
            f"{WHOLE:,} robots, router: memory, extrapolated", _line(memory, few, most) / 1e6, "MB"
        )
    )
    for what, kind in ("idle", 0), (f"{TOPICS} topics at {HZ} Hz", 1):
        for row, at in zip(("router", "office"), (0, 1), strict=True):
            shown = [100 * each[kind][at] for each in cpu]
            text = f"{WHOLE:,} robots, {row}: {what}, extrapolated"
            found.append(Figure(text, _line(shown, few, most), "% of a core"))
    return found


def _line(values: list[float], few: int, most: int) -> float:
    """Return what a straight line through two values gives for all robots."""
    return values[1] + (values[1] - values[0]) / (most - few) * (WHOLE - most)


def _received(machines: Machines) -> int:
    """Return how many values the office has got, as it says each second."""
    directory = machines.directory(LAPTOP)
    with Subscriber(f"bridge/m{LAPTOP}/received", 0, directory=directory) as subscriber:
        return subscriber.subscribe()[0]


def _wait_for(machines: Machines, robots: int) -> None:
    """Wait until the office has all topics of so many robots."""
    folder, end = Path(machines.directory(LAPTOP)), time.monotonic() + 4 * DEADLINE
    while sum("robot" in topic.name for topic in folder.iterdir()) < robots * TOPICS:
        if time.monotonic() > end:
            raise SystemExit(f"found {len([*folder.iterdir()])} topics; expected {robots} robots")
        time.sleep(0.1)
