"""Processes that contend for one topic, and log when they own it."""

import json
import os
import random
import signal
import time
from pathlib import Path

import shm_pub_sub
from support.children import fork


def begin(topic: str, log: Path, seeds: list[int], start_at: float) -> list[int]:
    """Forks a contender for each seed, which begins at start_at. Returns their pids."""
    return [fork(_contend, topic, log, random.Random(seed), start_at) for seed in seeds]


def _contend(topic: str, log: Path, dice: random.Random, start_at: float) -> None:
    fd = os.open(log, os.O_WRONLY | os.O_APPEND)
    try:
        reader = shm_pub_sub.Subscriber(topic, -1)
        while time.monotonic() < start_at:
            pass
        while True:
            _own_once(topic, fd, dice, reader)
    except BaseException as error:
        _note(fd, "error", repr(error))


def _own_once(
    topic: str, fd: int, dice: random.Random, reader: "shm_pub_sub.Subscriber[int]"
) -> None:
    try:
        publisher = shm_pub_sub.Publisher(topic, 0, dice.choice([1, 3, 100]))
    except shm_pub_sub.ExistsError:
        return
    _note(fd, "owns")
    until = time.monotonic() + dice.choice([0, 0.001, 0.01])
    while True:
        publisher.publish(os.getpid())
        found = reader.subscribe()
        # For 0.1 s its subscriber may read a dead publisher's value; of live ones, only its own.
        if found != (os.getpid(), True):
            _note(fd, "reads", found[0])
        if time.monotonic() >= until:
            break
    _note(fd, "closes")
    publisher.close()


def _note(fd: int, what: str, detail: object = None) -> None:
    """Appends a line to the log, whole or not at all."""
    line = json.dumps([time.monotonic(), os.getpid(), what, detail])
    os.write(fd, line.encode() + b"\n")


def kill(pid: int) -> float:
    """Kills a contender, waits for its end, and returns the time just before."""
    before = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return before
