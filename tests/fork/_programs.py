"""What Peers that fork children do."""

import atexit
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import Any

import shm_pub_sub
from support.children import LIFETIME, fork, pause_forever
from support.waiting import repeating

from ._load import make_go_collect

kept: dict[str, Any] = {}


def publish_kept(topic: str, value: int) -> None:
    if topic not in kept:
        kept[topic] = shm_pub_sub.Publisher(topic, 0)
    kept[topic].publish(value)


def _nothing() -> None:
    pass


def _use() -> None:
    kept["own"] = shm_pub_sub.Publisher("own", 0)
    kept["own"].publish(1)
    make_go_collect(20)


class Ended(BaseException):
    """Unwinds a child to the end of its program, through all that catches Exception."""


def _raise() -> None:
    sys.excepthook = lambda *_: None
    raise Ended


ENDS: dict[str, Any] = {
    "os._exit": (lambda: os._exit(0), 0),
    "normal": (_nothing, 0),
    "normal, with publishers of its own": (_use, 0),
    "sys.exit": (lambda: sys.exit(3), 3),
    "an exception": (_raise, 1),
    "with atexit": (lambda: atexit.register(_nothing), 0),
    "SIGTERM": (lambda: os.kill(os.getpid(), signal.SIGTERM), -signal.SIGTERM),
    "SIGKILL": (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL),
    "exec": (lambda: os.execv(sys.executable, [sys.executable, "-c", ""]), 0),
}


def fork_and_end(end: str) -> None:
    """Forks a child that ends in that way, and waits for it."""
    function, status = ENDS[end]
    pid = os.fork()
    if pid == 0:
        signal.alarm(LIFETIME)
        function()
        # The interpreter's normal end: what called this must not go on in the child.
        sys.exit(0)
    _, found = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(found) == status


def fork_sleeper(use: bool = False) -> int:
    """Fork a child that lives on. It may have used the library itself."""
    ready, tell = os.pipe()
    pid = fork(_sleep, tell, use)
    os.close(tell)
    assert os.read(ready, 1) == b"x"
    os.close(ready)
    return pid


def _sleep(tell: int, use: bool) -> None:
    if use:
        with shm_pub_sub.Publisher("sleepers", 0) as publisher:
            publisher.publish(1)
    os.write(tell, b"x")
    pause_forever()


def fork_sleeping_grandchild() -> list[int]:
    """Fork a child that forks another. Both live on; return their pids."""
    read, write = os.pipe()
    pid = fork(_fork_and_sleep, write)
    os.close(write)
    grandchild = int(os.read(read, 20))
    os.close(read)
    return [pid, grandchild]


def _fork_and_sleep(write: int) -> None:
    os.write(write, b"%d" % fork_sleeper())
    pause_forever()


def start_sleeping_program() -> int:
    """Start another program that lives on: it must not inherit descriptors."""
    process = subprocess.Popen(["sleep", str(LIFETIME)], close_fds=False)
    process.returncode = 0  # no wait for it, and no warning
    return process.pid


def use_in_threads(seconds: float, topics: int) -> None:
    """Open, publish, read and close in threads, while this one forks all the time.

    Each child takes a topic over that its parent closed, then ends.
    """
    end = time.monotonic() + seconds
    with repeating(*(partial(use_topic, f"busy/{n}") for n in range(topics))):
        while time.monotonic() < end:
            _, status = os.waitpid(fork(_publish_own), 0)
            assert status == 0, f"child: {status:#x}"


def use_topic(name: str) -> None:
    with shm_pub_sub.Publisher(name, 0, 3) as publisher:
        reader = shm_pub_sub.Subscriber(name, -1)
        for value in range(20):
            publisher.publish(value)
            assert reader.subscribe() == (value, True)


def _publish_own() -> None:
    signal.alarm(20)
    with shm_pub_sub.Publisher(f"child/{os.getpid()}", 0) as publisher:
        publisher.publish(1)
        assert len(shm_pub_sub.topics()) >= 1


def fork_publisher(topic: str) -> int:
    """Fork a child that publishes its pid and lives on."""
    return fork(_publish_pid, topic)


def _publish_pid(topic: str) -> None:
    publisher = shm_pub_sub.Publisher(topic, 0)
    publisher.publish(os.getpid())
    pause_forever()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
