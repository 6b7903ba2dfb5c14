"""The CPU time of `shm-pub-sub top`, on a pseudo-terminal.

    python benchmarks/top.py                                 # 100 topics at 100 Hz, for 20 s
    python benchmarks/top.py --topics 1000 --rate 10

From /proc/PID/task/*/schedstat: counters of ticks miss bursts as short as these. Needs rich.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

LINES, COLUMNS = 50, 120
BEGINNING = 3.0  # seconds, not counted: imports, and the first look at all topics

PUBLISHER = """
import resource, sys, time
import shm_pub_sub
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
topics, rate = int(sys.argv[1]), float(sys.argv[2])
pubs = [shm_pub_sub.Publisher(f"robot/joint{n}/angle", 0.0, 5) for n in range(topics)]
print("ready", flush=True)
start = time.monotonic()
for n in range(sys.maxsize):
    for pub in pubs:
        pub.publish(n / 100)
    time.sleep(max(0.0, start + (n + 1) / rate - time.monotonic()))
"""


def processor_seconds(pid: int) -> float:
    found = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[0]) for path in found) / 1e9


def read_for(terminal: int, seconds: float) -> int:
    """Read as a terminal does, and return how many bytes were drawn."""
    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            count += len(os.read(terminal, 1 << 16))
    return count


def measure(seconds: float, options: list[str]) -> tuple[float, float]:
    """Return CPU seconds per second, and bytes drawn per second."""
    terminal, end = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    program = Path(sys.executable).parent / "shm-pub-sub"
    environment = os.environ | {"TERM": "xterm-256color"}
    top = subprocess.Popen([program, "top", *options], stdin=end, stdout=end, env=environment)
    try:
        read_for(terminal, BEGINNING)
        start, before = time.monotonic(), processor_seconds(top.pid)
        drawn = read_for(terminal, seconds)
        took = processor_seconds(top.pid) - before
        passed = time.monotonic() - start
    finally:
        top.kill()
        top.wait()
    return took / passed, drawn / passed


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the CPU time of shm-pub-sub top.")
    parser.add_argument("--topics", type=int, default=100)
    parser.add_argument("--rate", type=float, default=100.0, help="of each topic, in Hz")
    parser.add_argument("--seconds", type=float, default=20.0)
    options, of_top = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="shm_pub_sub-top-", dir="/dev/shm") as domain:
        os.environ["SHM_PUB_SUB_DIR"] = domain
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(options.topics), str(options.rate)],
            stdout=subprocess.PIPE,
        )
        try:
            assert publisher.stdout is not None
            publisher.stdout.readline()
            share, drawn = measure(options.seconds, of_top)
        finally:
            publisher.kill()
            publisher.communicate()
    print(
        f"{options.topics} topics at {options.rate:g} Hz: {share:.2%} of a processor,"
        f" {drawn / 1000:.1f} kB/s drawn on {LINES} lines of {COLUMNS}"
    )


if __name__ == "__main__":
    main()
