"""A Peer that starts thousands of children while its threads publish, read, open and close."""

import faulthandler
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Any, NamedTuple

import shm_pub_sub
from support.waiting import repeating

from . import _storm_child
from ._storm_child import CLEAN, ENDS, PARENTS, READY, Task, is_dead

DEADLINE = 100.0
"""Seconds until a child counts as hanging."""

AT_ONCE = 4
ENDED = "parents/ended"
METHODS = ["os.fork", "os.fork in a thread", "fork", "forkserver", "spawn", "Pool"]
POOL = 4
"""Workers of a Pool, each of which does one task."""


class Report(NamedTuple):
    children: Counter[str]
    descendants: int
    ends: Counter[str]
    slowest: tuple[float, str]
    before: tuple[int, int, int]
    after: tuple[int, int, int]


class Fork:
    """A child by os.fork(), which may be called in a thread of its own."""

    def __init__(self, task: Task, in_thread: bool) -> None:
        self.pid = 0
        if in_thread:
            thread = threading.Thread(target=self._fork, args=(task, True))
            thread.start()
            thread.join()
        else:
            self._fork(task, False)

    def _fork(self, task: Task, in_thread: bool) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            # multiprocessing would end its children at this one's exit; they are its parent's.
            multiprocessing.process._children.clear()  # type: ignore[attr-defined]
            _storm_child.child(task)
            if in_thread:
                os._exit(_storm_child.FAILED)  # there is no program to return to
            sys.exit(0)

    def status(self) -> int | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None


class Process:
    """A child of multiprocessing."""

    def __init__(self, task: Task, method: str) -> None:
        context: Any = multiprocessing.get_context(method)
        self._process = context.Process(target=_storm_child.child, args=(task,))
        self._process.start()
        self.pid: int = self._process.pid

    def status(self) -> int | None:
        code: int | None = self._process.exitcode
        if code is not None:
            self._process.close()
        return code


class Pool:
    """Workers of a Pool, which forks them from a thread that it has for that."""

    def __init__(self, tasks: list[Task], method: str) -> None:
        self.pid = os.getpid()  # its traceback shows where it waits
        self._pool = multiprocessing.get_context(method).Pool(2, maxtasksperchild=1)
        self._result = self._pool.map_async(_storm_child.child, tasks, chunksize=1)
        self._pool.close()

    def status(self) -> int | None:
        if not self._result.ready():
            return None
        self._result.get()
        self._pool.join()
        return 0


class Storm:
    """Starts children in random order, at most a few at once, and checks how they end."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._serials = itertools.count(1)
        self._running: list[tuple[Any, list[Task], str, float]] = []
        self._kill_at: dict[int, float] = {}
        self._signalled: set[int] = set()
        self.children: Counter[str] = Counter()
        self.descendants = 0
        self.ends: Counter[str] = Counter()
        self.slowest = 0.0, ""

    def blow(self, children: int, ended: Callable[[int], None]) -> None:
        target = self.children.total() + children
        while self._running or self.children.total() < target:
            if len(self._running) < AT_ONCE and self.children.total() < target:
                self._start()
            else:
                time.sleep(0.001)
            for entry in list(self._running):
                if self._goes_on(*entry):
                    continue
                self._running.remove(entry)
                ended(self.children.total())

    def _task(self, ends: list[str]) -> Task:
        depth = self._dice.choice([0, 0, 0, 1, 2])
        # Its descendants have the serials in between.
        serial = next(itertools.islice(self._serials, depth, None)) - depth
        end = self._dice.choice(ends)
        if end == "SIGKILL at any time":
            depth = 0
        return Task(serial, self._dice.getrandbits(32), end, os.getpid(), depth)

    def _start(self) -> None:
        method = self._dice.choice(METHODS)
        begun = time.monotonic()
        started: Fork | Process | Pool
        if method == "Pool":
            way = self._dice.choice(["fork", "forkserver", "spawn"])
            tasks = [self._task(["normal"]) for _ in range(POOL)]
            method, started = f"Pool, {way}", Pool(tasks, way)
        elif method == "os.fork in a thread":
            tasks = [self._task([end for end in ENDS if end not in CLEAN])]
            started = Fork(*tasks, in_thread=True)
        else:
            tasks = [self._task(list(ENDS))]
            started = Fork(*tasks, False) if method == "os.fork" else Process(*tasks, method)
        for task in tasks:
            if task.end == "SIGKILL at any time":
                self._kill_at[task.serial] = time.monotonic() + self._dice.uniform(0, 0.2)
            self.children[method] += 1
            self.descendants += task.depth
            self.ends[task.end] += 1
        self._running.append((started, tasks, method, begun))

    def _goes_on(self, child: Any, tasks: list[Task], method: str, begun: float) -> bool:
        """Report whether it lives. If not, check what it left."""
        seconds = time.monotonic() - begun
        status = child.status()
        task = tasks[0]
        what = f"child {task.serial} by {method}, {task.end}"
        if status is None:
            if seconds > DEADLINE:
                os.kill(child.pid, signal.SIGUSR1)  # faulthandler writes where it is
                time.sleep(0.5)
                raise AssertionError(f"{what}: hangs")
            self._signal(child.pid, task)
            return True
        assert status == ENDS[task.end], f"{what}: ended with {status}"
        self.slowest = max(self.slowest, (seconds, what))
        for task in tasks:
            is_dead(task)
        return False

    def _signal(self, pid: int, task: Task) -> None:
        """Send its final signal, once: a forkserver's child's pid may be reused afterwards."""
        if task.serial in self._signalled:
            return
        if task.end == "SIGKILL at any time":
            number, now = signal.SIGKILL, time.monotonic() >= self._kill_at[task.serial]
        elif task.end == "SIGTERM by its parent":
            reader = shm_pub_sub.Subscriber(f"child/{task.serial}", -1)
            number, now = signal.SIGTERM, reader.subscribe() == (READY, True)
        else:
            return
        if now:
            self._signalled.add(task.serial)
            os.kill(pid, number)


def remove_dead() -> None:
    for topic in shm_pub_sub.topics():
        if not topic.alive:
            shm_pub_sub.remove(topic.name)


def usage() -> tuple[int, int, int]:
    """Descriptors, threads and mappings of this process."""
    return (
        len(list(Path("/proc/self/fd").iterdir())),
        len(list(Path("/proc/self/task").iterdir())),
        len(Path("/proc/self/maps").read_text().splitlines()),
    )


def _publish() -> Callable[[], None]:
    counter = itertools.count(1)

    def publish() -> None:
        number = next(counter)
        for publisher, value in zip(
            _storm_child.publishers, (number, number / 2, number % 2 == 0), strict=True
        ):
            publisher.publish(value)

    return publish


def _make(name: str, retain: bool) -> None:
    with shm_pub_sub.Publisher(name, 0, 10, retain=retain) as publisher:
        reader = shm_pub_sub.Subscriber(name, -1)
        publisher.publish(1)
        assert reader.subscribe() == (1, True)


def run(children: int, seed: int, lifetime: int) -> Report:
    """The storm, in two parts: nothing may grow from the first to the second."""
    signal.alarm(lifetime)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    sys.setswitchinterval(0.0005)
    multiprocessing.get_context("forkserver").set_forkserver_preload(["fork._storm_child"])
    ensure_running()  # its descriptors are no growth
    storm = Storm(seed)
    for topic, default in PARENTS.items():
        _storm_child.publishers.append(shm_pub_sub.Publisher(topic, default))
        _storm_child.subscribers.append(shm_pub_sub.Subscriber(topic, default))
    publish = _publish()
    publish()
    with shm_pub_sub.Publisher(ENDED, 0) as ended:
        before = _blow(storm, children // 2, publish, ended.publish)
        after = _blow(storm, children - children // 2, publish, ended.publish)
    _storm_child.read_inherited(1)
    for publisher in _storm_child.publishers:
        publisher.close()
    remove_dead()
    return Report(storm.children, storm.descendants, storm.ends, storm.slowest, before, after)


def _blow(
    storm: Storm, children: int, publish: Callable[[], None], ended: Callable[[int], None]
) -> tuple[int, int, int]:
    with repeating(
        publish,
        lambda: _storm_child.read_inherited(20),
        lambda: _storm_child.read_inherited(20),
        lambda: _make("made/1", retain=False),
        lambda: _make("made/2", retain=True),
        lambda: subprocess.run(["/bin/true"], check=True, close_fds=False),
    ):
        storm.blow(children, ended)
    return usage()
