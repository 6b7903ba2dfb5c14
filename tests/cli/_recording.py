"""A recorder that is at work before the test goes on."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .conftest import Cli

DEADLINE = 30.0


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def followed(recorder: "subprocess.Popen[str]", count: int) -> bool:
    """Whether the recorder has mapped so many topics."""
    maps = Path(f"/proc/{recorder.pid}/maps").read_text()
    return len({line.split()[-1] for line in maps.splitlines() if "/shm_pub_sub." in line}) >= count


def start(cli: Cli, *arguments: object, topics: int = 1) -> "subprocess.Popen[str]":
    recorder = cli.start("record", *arguments)
    until(lambda: followed(recorder, topics), "the recorder follows its topics")
    return recorder
