"""What a waiting subscriber costs while nothing is published."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import shm_pub_sub

ROWS = {
    "blocked in recv, with a publisher": ("blocked", True),
    "blocked in recv, no publisher": ("blocked", False),
    "select, with a publisher": ("selecting", True),
    "asyncio, with a publisher": ("asyncio", True),
    "asyncio, no publisher": ("asyncio", False),
    "polling, with a publisher": ("polling", True),
}


@contextmanager
def _waiting(kind: str, topic: str) -> Iterator[int]:
    command = [sys.executable, Path(__file__).with_name("_waiter.py"), kind, topic]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise SystemExit(f"the {kind} waiter ended")
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def _cpu_ns(pid: int) -> int:
    """What all threads of a process have run."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads)


def measure(seconds: float) -> dict[str, float]:
    """Return CPU seconds a second, all at the same time."""
    with ExitStack() as stack:
        pids = {}
        for name, (kind, published) in ROWS.items():
            topic = name.replace(" ", "_")
            if published:
                publisher = shm_pub_sub.Publisher(topic, 0.0)
                if kind == "polling":
                    Path(shm_pub_sub.inspect(topic).path).chmod(0o444)
                stack.callback(publisher.close)
            pids[name] = stack.enter_context(_waiting(kind, topic))
        time.sleep(0.3)  # their starts
        before = {name: _cpu_ns(pid) for name, pid in pids.items()}
        start = time.monotonic_ns()
        time.sleep(seconds)
        elapsed = time.monotonic_ns() - start
        return {name: (_cpu_ns(pid) - before[name]) / elapsed for name, pid in pids.items()}


def show(figures: dict[str, float]) -> None:
    print("\na waiting subscriber while nothing is published; % of a processor")
    for name, share in figures.items():
        print(f"{name:36} {100 * share:8.3f}")
