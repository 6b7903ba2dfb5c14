"""Rows on a fast link: how late values are, how many cross, and what the bridges take for it."""

from __future__ import annotations

import time
from statistics import median

from .figures import Figure, percent, times
from .machines import DEADLINE, LAPTOP, ROBOT, Machines, Process, shares

US = 1000.0


def wait_until_it_crosses(out: Process, into: Process, *command: object) -> None:
    """Publish until something arrives."""
    end = time.monotonic() + DEADLINE
    while True:
        out.ask(*command)
        time.sleep(0.1)
        got = into.ask()
        if got["ages"] or got.get("values"):
            return
        if time.monotonic() > end:
            raise SystemExit(f"nothing has crossed within {DEADLINE} s")


def latency(machines: Machines, quick: bool) -> list[Figure]:
    """One topic at 1 kHz, beside Zenoh alone and a subscriber on the robot, in turn."""
    rounds, seconds = (2, 0.2) if quick else (12, 1.0)
    out = machines.program(ROBOT, "crossing_out", machines.zenoh())
    bridges = machines.bridges()
    ways = {
        "direct": (machines.program(ROBOT, "crossing_in", "direct"), ["direct"]),
        "zenoh": (machines.program(LAPTOP, "crossing_in", "zenoh", machines.zenoh()), ["zenoh"]),
        "bridge": (machines.program(LAPTOP, "crossing_in", "ticks"), ["ticks", 1, 1000]),
    }
    for into, command in ways.values():
        wait_until_it_crosses(out, into, *command, 0.2)
    found: dict[str, list[list[int]]] = {way: [] for way in ways}
    took = []
    for _ in range(rounds):
        for way, (into, command) in ways.items():
            before, began = [each.cpu() for each in bridges], time.monotonic()
            out.ask(*command, seconds)
            time.sleep(0.05)
            if way == "bridge":
                passed = time.monotonic() - began
                took.append([(b.cpu() - c) / passed for b, c in zip(bridges, before, strict=True)])
            found[way].append(into.ask()["ages"])
    medians = {way: [median(each) for each in ages] for way, ages in found.items()}
    pairs = [*zip(medians["bridge"], medians["zenoh"], strict=True)]
    every = {way: [age for each in ages for age in each] for way, ages in found.items()}
    count = len(every["bridge"]) / len(every["zenoh"])
    return [
        *times("on one machine, without a network", every["direct"], US, "us"),
        *times("Zenoh alone", every["zenoh"], US, "us"),
        *times("bridges", every["bridge"], US, "us"),
        Figure("bridges - Zenoh alone", median(a - b for a, b in pairs) / US, "us", 160),
        Figure("bridges / Zenoh alone", median(a / b for a, b in pairs), "x", 2.5),
        Figure("values that came, of those by Zenoh alone", 100 * count, "%"),
        *percent("1 topic at 1 kHz", [median(each) for each in zip(*took, strict=True)], None),
    ]


def every(machines: Machines, quick: bool) -> list[Figure]:
    """One topic, 100,000 values a second in batches, every one."""
    size, seconds = (10, 0.5) if quick else (100, 10.0)
    out = machines.program(ROBOT, "crossing_out")
    bridges = machines.bridges("--every", "*")
    into = machines.program(LAPTOP, "crossing_in", "every")
    wait_until_it_crosses(out, into, "every", size, 0.2)
    time.sleep(0.2)
    into.ask()
    before = [each.cpu() for each in bridges]
    began = time.monotonic()
    out.tell("every", size, seconds)
    published = out.answer()
    passed = time.monotonic() - began
    took = [(each.cpu() - cpu) / passed for each, cpu in zip(bridges, before, strict=True)]
    came, end = 0, time.monotonic() + 5.0
    while came < published and time.monotonic() < end:
        time.sleep(0.1)
        came += into.ask()["values"]
    return [
        Figure("values a second, published", published / passed, "1/s"),
        Figure("values that did not come", published - came, "", 0),
        *percent(f"{size * 1000:,} values/s, each", took, 20),
    ]


def many(machines: Machines, quick: bool) -> list[Figure]:
    """1,000 topics at 5 Hz, and the same ones once they are quiet."""
    n, seconds = (20, 0.5) if quick else (1000, 10.0)
    out = machines.program(ROBOT, "crossing_out")
    bridges = machines.bridges("--max-topics", "2000")
    into = machines.program(LAPTOP, "crossing_in", "all")
    wait_until_it_crosses(out, into, "ticks", n, 5, 0.4)
    out.ask("ticks", n, 5, min(3.0, seconds))
    into.ask()
    out.tell("ticks", n, 5, seconds + 1.0)
    time.sleep(0.5)
    busy = shares(bridges, seconds)
    published = out.answer()
    time.sleep(0.2)
    ages = into.ask()["ages"]
    time.sleep(min(1.0, seconds))
    quiet = shares(bridges, seconds)
    return [
        *percent(f"{n:,} topics at 5 Hz", busy, 15),
        *times("from publish() to a follower there", ages, 1e6, "ms"),
        Figure("values that came, of those published", 100 * len(ages) / published, "%"),
        *percent(f"{n:,} quiet topics", quiet, 3),
    ]


def camera(machines: Machines, quick: bool) -> list[Figure]:
    """Frames of 640 x 480 x 3 bytes at 30 Hz, the newest."""
    seconds = 1.0 if quick else 10.0
    out = machines.program(ROBOT, "crossing_out")
    bridges = machines.bridges()
    into = machines.program(LAPTOP, "crossing_in", "camera")
    wait_until_it_crosses(out, into, "frames", 30, 0.5)
    out.tell("frames", 30, seconds + 0.5)
    time.sleep(0.2)
    took = shares(bridges, seconds)
    published = out.answer()
    time.sleep(0.2)
    ages = into.ask()["ages"]
    return [
        *percent("640 x 480 x 3 at 30 Hz", took, 30),
        *times("from publish() to a subscriber there", ages, 1e6, "ms"),
        Figure("frames that came, of those published", 100 * len(ages) / published, "%"),
    ]
