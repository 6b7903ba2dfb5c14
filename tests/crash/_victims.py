"""Hundreds of publishing processes to kill, forked from one that has imported the library.

It never uses the library itself, so that its forks are as good as fresh programs.
"""

import os
import random
import signal
import time
from typing import Any

import shm_pub_sub
from support.children import fork

DEFAULTS: list[Any] = [0, 0.0, False]


def warm_up() -> int:
    """Imports what a publisher imports at its first use, without starting Go here."""
    import json  # noqa: F401, PLC0415
    import logging  # noqa: F401, PLC0415

    return os.getpid()


def publish_forever(topic: str, kind: int, buffer_num: int, generation: int) -> int:
    """Fork a publisher of generation << 32 | k, for k from 1. Return its pid."""
    return fork(_publish, topic, kind, buffer_num, generation)


def _publish(topic: str, kind: int, buffer_num: int, generation: int) -> None:
    default = DEFAULTS[kind]
    publisher = shm_pub_sub.Publisher(topic, default, buffer_num)
    make = type(default)
    k = generation << 32
    while True:
        k += 1
        publisher.publish(make(k))


def publish_and_close_forever(topic: str, seed: int) -> int:
    """Fork one that opens and closes publishers as fast as it can. Return its pid."""
    return fork(_publish_and_close, topic, random.Random(seed))


def _publish_and_close(topic: str, dice: random.Random) -> None:
    while True:
        with shm_pub_sub.Publisher(topic, 0, dice.randint(1, 50)) as publisher:
            publisher.publish(1)
            time.sleep(dice.choice([0.0, 0.002]))  # half last as long as a check of the lock


def kill(pid: int) -> None:
    """Kills a fork and waits for its end. AssertionError if it had ended by itself."""
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), "it had ended by itself"
    assert os.WTERMSIG(status) == signal.SIGKILL


def kill_without_waiting(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def wait_for(pid: int) -> None:
    os.waitpid(pid, 0)
