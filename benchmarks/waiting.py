"""What waiting costs: publish() with waiters, how late values are, and CPU time without values.

    python benchmarks/waiting.py [--quick] [--before COMMIT] [--json FILE]

--before builds the library of an earlier commit below build/ and compares publish() with it.
Lateness is measured with futex_waitv and, in the same run, without it, as before Linux 5.16.
compare.py measures round trips.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import shm_pub_sub
from harness import environments
from harness.isolation import own_domain
from harness.turns import program
from harness.workers import Failed, Worker

WAITERS = ("nobody", "blocked", "selecting", "asyncio", "polling")
TARGET = 1.05
"""Now / before while nobody waits."""

IDLE = {
    "blocked in recv, with a publisher": ("blocked", True),
    "blocked in recv, no publisher": ("blocked", False),
    "select, with a publisher": ("selecting", True),
    "asyncio, with a publisher": ("asyncio", True),
    "asyncio, no publisher": ("asyncio", False),
    "polling, with a publisher": ("polling", True),
}

LATE = ("descriptors", "asyncio", "following", "selecting")
KERNELS = {"new": "", "old": ", no futex_waitv"}
TOPICS = (1, 3, 12)

Command = list[str | Path]
Times = dict[str, list[float]]


def publish(before: Path | None, rounds: int, scale: float) -> tuple[Times, dict[str, str]]:
    """Return the median of each turn by row, in ns, and why a row has none."""
    looping, pausing = ([*program("publishing", rhythm)] for rhythm in ("loop", "paused"))
    quiet: dict[str, Command] = {"loop, nobody waits": [*looping, "nobody"]}
    if before is not None:
        quiet["loop, nobody waits, before"] = [before, *looping[1:], "nobody"]
    times: Times = {}
    troubles: dict[str, str] = {}
    in_turn(quiet, rounds, int(100_000 * scale), times, troubles)
    for waiter in WAITERS[1:]:  # one at a time: each has a waiter that runs
        row = {f"loop, {waiter} waiter": [*looping, waiter]}
        in_turn(row, max(3, rounds // 3), int(100_000 * scale), times, troubles)
    for waiter in WAITERS:
        who = "nobody waits" if waiter == "nobody" else f"{waiter} waiter"
        row = {f"paused, {who}": [*pausing, waiter]}
        in_turn(row, max(3, rounds // 3), max(5, int(200 * scale)), times, troubles)
    return times, troubles


def in_turn(
    commands: dict[str, Command], rounds: int, n: int, times: Times, troubles: dict[str, str]
) -> None:
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for row, command in commands.items():
            try:
                workers[row] = Worker(command)
            except Failed as error:
                troubles[row] = str(error)
                continue
            stack.callback(workers[row].end)
        for turn in range(rounds + 1):
            for row, worker in [*workers.items()]:
                try:
                    ns = worker.measure(n)
                except Failed as error:
                    troubles[row] = str(error)
                    del workers[row]
                    continue
                if turn:
                    times.setdefault(row, []).append(statistics.median(ns))


def show_publish(times: Times, troubles: dict[str, str]) -> None:
    print("\npublish() of a float; ns")
    for row, ns in times.items():
        low, middle, high = min(ns), statistics.median(ns), max(ns)
        print(f"{row:36} median {middle:8.1f}   min {low:8.1f}   max {high:8.1f}")
    for row, why in troubles.items():
        print(f"{row:36} {why}")
    before, now = times.get("loop, nobody waits, before"), times.get("loop, nobody waits")
    if before and now:
        ratio = statistics.median(b / a for a, b in zip(before, now, strict=True))
        print(f"now / before, nobody waits: {ratio:.3f}   target <= {TARGET}")


def late_program(kind: str, kernel: str, count: int, topics: list[str]) -> subprocess.Popen[str]:
    command = program("late", kind, kernel, str(count), *topics)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        raise SystemExit(f"the {kind} waiter ended")
    return process


def late(numbers: tuple[int, ...], count: int, seconds: float) -> dict[str, dict[str, float]]:
    """Return how late values are, and the CPU time while there are none, by row.

    One value every 0.5 to 1.5 ms, of one topic after the other.
    """
    found: dict[str, dict[str, float]] = {}
    chance = random.Random(1)
    for n in numbers:
        for kind in LATE:
            for kernel, note in KERNELS.items():
                with ExitStack() as stack:
                    topics = [f"late/{kind}/{kernel}/{number}" for number in range(n)]
                    made = [shm_pub_sub.Publisher(topic, 0, 100) for topic in topics]
                    for publisher in made:
                        stack.callback(publisher.close)
                    process = late_program(kind, kernel, count, topics)
                    stack.callback(process.communicate)
                    stack.callback(process.kill)
                    time.sleep(min(0.5, seconds))
                    before, start = cpu_ns(process.pid), time.monotonic_ns()
                    time.sleep(seconds)
                    share = (cpu_ns(process.pid) - before) / (time.monotonic_ns() - start)
                    for number in range(count):
                        made[number % n].publish(time.monotonic_ns())
                        time.sleep(chance.uniform(0.0005, 0.0015))
                    assert process.stdout is not None
                    ns = sorted(map(int, process.stdout.readline().split()))
                topics_text = "1 topic" if n == 1 else f"{n} topics"
                found[f"{kind}, {topics_text}{note}"] = {
                    "median_us": statistics.median(ns) / 1000,
                    "p99_us": ns[len(ns) * 99 // 100] / 1000,
                    "idle": share,
                }
    return found


def show_late(found: dict[str, dict[str, float]]) -> None:
    print("\nfrom publish() to the value, us; while nothing is published, % of a processor")
    for row, figures in found.items():
        print(
            f"{row:42} median {figures['median_us']:8.1f}   p99 {figures['p99_us']:8.1f}"
            f"   idle {100 * figures['idle']:8.3f}"
        )


@contextmanager
def waiting(kind: str, topic: str) -> Iterator[int]:
    command = program("waiter", kind, topic)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise SystemExit(f"the {kind} waiter ended")
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def cpu_ns(pid: int) -> int:
    """Return the CPU time of all threads of a process."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads)


def idle(seconds: float) -> dict[str, float]:
    """Return CPU seconds per second by row, all measured at the same time."""
    with ExitStack() as stack:
        pids = {}
        for name, (kind, published) in IDLE.items():
            topic = name.replace(" ", "_")
            if published:
                publisher = shm_pub_sub.Publisher(topic, 0.0)
                if kind == "polling":
                    Path(shm_pub_sub.inspect(topic).path).chmod(0o444)
                stack.callback(publisher.close)
            pids[name] = stack.enter_context(waiting(kind, topic))
        time.sleep(0.3)  # until all have started
        before = {name: cpu_ns(pid) for name, pid in pids.items()}
        start = time.monotonic_ns()
        time.sleep(seconds)
        elapsed = time.monotonic_ns() - start
        return {name: (cpu_ns(pid) - before[name]) / elapsed for name, pid in pids.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--before", metavar="COMMIT", help="compare publish() with this commit")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures of each round")
    options = parser.parse_args()
    earlier = environments.version(options.before) if options.before else None
    rounds, scale, seconds = (3, 0.02, 0.3) if options.quick else (31, 1.0, 10.0)
    print(f"CPython {platform.python_version()}, Linux {platform.release()}")
    with own_domain() as folder:
        folder.chmod(0o755)  # the polling waiter may be another user
        times, troubles = publish(earlier, rounds, scale)
        show_publish(times, troubles)
        shares = idle(seconds)
        numbers = TOPICS[:1] if options.quick else TOPICS
        lateness = late(numbers, max(20, int(2000 * scale)), seconds / 5)
    print("\na waiting subscriber while nothing is published; % of a processor")
    for name, share in shares.items():
        print(f"{name:36} {100 * share:8.3f}")
    show_late(lateness)
    if options.json:
        found = {"python": sys.version, "ns": times, "troubles": troubles, "idle": shares}
        found["late"] = lateness
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
