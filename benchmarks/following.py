"""What following many topics costs, and what it misses: follow(), and the loop of record.

    python benchmarks/following.py [--quick] [--before COMMIT] [--json FILE]

--before builds the library of an earlier commit below build/ and measures its record too.
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import environments
from harness.isolation import own_domain
from harness.turns import program

TOPICS = 1000
TARGET = 0.01
"""Of a processor, for quiet topics."""

KINDS = {
    "live": "1,000 quiet topics with publishers",
    "dead": "1,000 quiet topics, retained",
    "busy": "10 of 1,000 topics at 100 Hz",
}


@contextmanager
def publishers(kind: str, n: int) -> Iterator[subprocess.Popen[str]]:
    with own_domain():
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            program("many_topics", kind, str(n)), stdin=pipe, stdout=pipe, text=True
        )
        try:
            wait_for_ready(process)
            yield process
        finally:
            process.kill()
            process.communicate()


def wait_for_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        raise SystemExit(f"{process.args} ended")


class Follower:
    """A program that follows, while it runs."""

    def __init__(self, python: Path | str, how: str) -> None:
        command = [python, *program("follower", how)[1:]]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        wait_for_ready(self.process)

    def cpu_ns(self) -> int:
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads)

    def measure(self, seconds: float) -> float:
        """Return the share of a processor that it takes."""
        self.process.send_signal(signal.SIGUSR1)
        before, began = self.cpu_ns(), time.monotonic_ns()
        time.sleep(seconds)
        return (self.cpu_ns() - before) / (time.monotonic_ns() - began)

    def end(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        found: dict[str, Any] = json.loads(self.process.communicate()[0])
        return found


def shares(rows: dict[str, tuple[Path | str, str]], kind: str, n: int, seconds: float) -> Any:
    """Return the share of a processor by row, one row after the other."""
    found = {}
    with publishers(kind, n):
        for row, (python, how) in rows.items():
            follower = Follower(python, how)
            time.sleep(min(2.0, seconds))  # until all topics are open
            found[row] = follower.measure(seconds)
            follower.end()
    return found


def lateness(rows: dict[str, tuple[Path | str, str]], n: int, seconds: float) -> Any:
    """Return the median time from publish() to the receiver by row, in us."""
    found = {}
    with publishers("paced", n):
        for row, (python, how) in rows.items():
            follower = Follower(python, how)
            time.sleep(min(2.0, seconds))
            follower.measure(seconds)
            late = follower.end()["late"]
            found[row] = statistics.median(late) / 1000 if late else None
    return found


def brief(rows: dict[str, tuple[Path | str, str]], n: int) -> Any:
    """Return the share of topics that were seen, of those that live for 10 ms."""
    found = {}
    for row, (python, how) in rows.items():
        with own_domain():
            follower = Follower(python, how)
            time.sleep(0.5)
            subprocess.run(program("many_topics", "brief", str(n)), check=True, capture_output=True)
            time.sleep(0.2)
            found[row] = follower.end()["topics"] / n
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--before", metavar="COMMIT", help="measure this commit too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args()
    n, briefs, seconds = (20, 20, 0.3) if options.quick else (TOPICS, 1000, 10.0)
    rows: dict[str, tuple[Path | str, str]] = {
        "follow()": (sys.executable, "follow"),
        "record": (sys.executable, "record"),
    }
    if options.before:
        rows["record, before"] = environments.version(options.before), "record"
    alone: dict[str, tuple[Path | str, str]] = {"recv() of one": (sys.executable, "recv")}
    print(f"CPython {platform.python_version()}, Linux {platform.release()}")
    found: dict[str, Any] = {}
    for kind, text in KINDS.items():
        found[kind] = shares(rows, kind, n, seconds)
        print(f"\n{text}; % of a processor")
        for row, share in found[kind].items():
            print(f"{row:20} {100 * share:8.2f}")
    print(f"target for quiet topics <= {100 * TARGET:g} %")
    for text, count in (("1 topic", 1), ("1 of 1,000 topics", n)):
        found[text] = lateness(alone | rows, count, seconds)
        print(f"\n{text} at 200 Hz: from publish() to the receiver, median; us")
        for row, late in found[text].items():
            print(f"{row:20} {'-' if late is None else format(late, '8.1f')}")
    found["brief"] = brief(rows, briefs)
    print("\ntopics that live for 10 ms: the share that was seen; %")
    for row, share in found["brief"].items():
        print(f"{row:20} {100 * share:8.1f}")
    if options.json:
        options.json.write_text(json.dumps({"python": sys.version, "found": found}, indent=1))


if __name__ == "__main__":
    main()
