"""Two machines on one link, with the processes that a row needs on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))

from support.lab import Lab  # noqa: E402 - of the tests

ROBOT, LAPTOP = 0, 1
BRIDGE, ZENOH = 7447, 7448
"""Ports."""
DEADLINE = 30.0
"""Seconds until something that must happen counts as missing."""


class Process:
    """A process on a machine; ask() sends it a line, and returns its answer."""

    def __init__(self, command: list[str], environment: dict[str, str], stderr: Any = None) -> None:
        pipe, own = subprocess.PIPE, os.environ | environment
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=stderr, text=True, env=own
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def tell(self, *command: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended")
        return json.loads(line)

    def ask(self, *command: Any) -> Any:
        self.tell(*command)
        return self.answer()

    def cpu(self) -> float:
        """Return the seconds of a processor that it has taken."""
        return time.clock_gettime(~self.pid << 3 | 2)  # CPUCLOCK_SCHED of it, as in <time.h>

    def memory(self) -> int:
        """Return resident bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class Machines:
    """A robot and a laptop. Made for one row each; a context manager.

    load: how many processors other programs took before, over so many seconds.
    """

    def __init__(self, seconds: float = 1.0) -> None:
        try:
            self.lab = Lab(2)
        except pytest.skip.Exception as why:
            raise SystemExit(f"needs network namespaces: {why}") from None
        self._folder = Path(tempfile.mkdtemp(prefix="shm_pub_sub.bench.", dir="/dev/shm"))
        self._processes: list[Process] = []
        self.log = (self._folder / "log").open("w+")
        """What bridges say."""
        self.load = load(seconds)

    def __enter__(self) -> Machines:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.lab.end()
        self.log.close()
        shutil.rmtree(self._folder)

    def end(self) -> None:
        """End all processes, and undo limits of the link."""
        while self._processes:
            self._processes.pop().kill()
        self.lab.unlimit(LAPTOP)

    def directory(self, machine: int) -> str:
        folder = self._folder / str(machine)
        folder.mkdir(exist_ok=True)
        return str(folder)

    def start(self, machine: int, *arguments: str, stderr: Any = None) -> Process:
        """Start Python on a machine."""
        command = [*self.lab.launcher(machine), sys.executable, *arguments]
        path = str(Path(__file__).parents[1])
        own = {"SHM_PUB_SUB_DIR": self.directory(machine), "PYTHONPATH": path}
        self._processes.append(Process(command, own, stderr))
        return self._processes[-1]

    def program(self, machine: int, name: str, *arguments: str) -> Process:
        """Start one of benchmarks/programs, and wait until it is ready."""
        program = Path(__file__).parents[1] / "programs" / f"{name}.py"
        process = self.start(machine, str(program), *arguments)
        process.answer()
        return process

    def zenoh(self) -> str:
        """Return the endpoint of the robot for Zenoh alone."""
        return f"tcp/{self.lab.address(ROBOT)}:{ZENOH}"

    def bridge(self, machine: int, *options: str) -> Process:
        """Start a bridge, as users do; options: with "router" before them, of that."""
        router = ["router"] if options[:1] == ("router",) else []
        name = f"m{machine}{''.join(router)}"
        command = "from shm_pub_sub._cli import main; raise SystemExit(main())"
        arguments = ["bridge", *router, "--insecure", "--name", name, *options[len(router) :]]
        return self.start(machine, "-c", command, *arguments, stderr=self.log)

    def bridges(self, *options: str) -> tuple[Process, Process]:
        """Start a bridge on both: all topics go from the robot to the laptop."""
        endpoint = f"tcp/{self.lab.address(ROBOT)}:{BRIDGE}"
        robot = self.bridge(ROBOT, "--listen", endpoint, "--send", "*", *options)
        laptop = self.bridge(LAPTOP, "--connect", endpoint, "--receive", "*", *options)
        return robot, laptop


def load(seconds: float) -> float:
    """Return how many processors all programs take."""

    def busy() -> int:
        user, nice, system, _, _, irq, softirq, *_ = _ticks()
        return user + nice + system + irq + softirq

    before, began = busy(), time.monotonic()
    time.sleep(seconds)
    return (busy() - before) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - began)


def _ticks() -> list[int]:
    return [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]


def shares(processes: tuple[Process, ...], seconds: float) -> list[float]:
    """Return which share of a processor processes take."""
    before, began = [each.cpu() for each in processes], time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return [(each.cpu() - cpu) / passed for each, cpu in zip(processes, before, strict=True)]
