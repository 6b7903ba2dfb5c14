"""A child of the storm tries everything promised to children, then ends in its own way."""

import contextlib
import os
import random
import signal
import sys
import time
import traceback
from typing import Any, NamedTuple, NoReturn

import pytest
import shm_pub_sub

from ._load import make_go_collect

LIFETIME = 150
FAILED = 70
"""The status of a child that found something wrong, or was not killed as it should have been."""

PARENTS: dict[str, Any] = {"parents/int": -1, "parents/float": -1.0, "parents/bool": False}
"""Topics that the parent publishes all the time: the numbers only ever grow."""

PRIZES = [f"prize/{number}" for number in range(6)]
"""Topics for which the children compete. Most die with one."""

READY = -2

# Ways to end, with their statuses.
ENDS = {
    "os._exit": 7,
    "normal": 0,
    "an exception": 1,
    "SIGKILL by itself": -signal.SIGKILL,
    "SIGTERM by its parent": -signal.SIGTERM,
    "SIGKILL at any time": -signal.SIGKILL,
}

CLEAN = {"normal", "an exception"}
"""The ends after which nothing is left but what is retained."""


class Task(NamedTuple):
    serial: int
    seed: int
    end: str
    parent: int
    depth: int = 0
    """How many generations of children it has below it."""


class Ended(BaseException):
    """Unwinds a forked child to the end of its program, through all that catches Exception."""


publishers: list[shm_pub_sub.Publisher[Any]] = []
subscribers: list[shm_pub_sub.Subscriber[Any]] = []
"""The parent's, which only forked children have."""

kept: list[Any] = []
"""What lives until the process's end, however that comes."""


def child(task: Task) -> None:
    """The whole life of a child, except that a normal end is left to the caller."""
    try:
        signal.alarm(LIFETIME)
        work(task)
    except BaseException:
        traceback.print_exc()
        os._exit(FAILED)
    end(task)


def work(task: Task) -> None:
    dice = random.Random(task.seed)
    read_inherited(dice.randint(1, 200))
    refuse_to_publish()
    own = shm_pub_sub.Publisher(
        f"child/{task.serial}", 0, dice.randint(1, 300), retain=dice.random() < 0.2
    )
    reader = shm_pub_sub.Subscriber(own.name, -1)
    kept.extend((own, reader))
    make_go_collect(dice.randint(1, 4), f"load/{task.serial}")
    compete(task, dice)
    for value in range(50):
        own.publish(value)
        assert reader.subscribe() == (value, True)
    if task.depth > 0:
        have_a_child(task)
    read_inherited(100)
    own.publish(READY)


def read_inherited(times: int) -> None:
    last = list(PARENTS.values())
    for _ in range(times):
        for number, subscriber in enumerate(subscribers):
            value, ok = subscriber.subscribe()
            assert ok, f"the parent's {subscriber.name} looks dead"
            assert type(value) is type(last[number])
            assert isinstance(value, bool) or value >= last[number], (value, last[number])
            last[number] = value


def refuse_to_publish() -> None:
    for number, publisher in enumerate(publishers):
        with pytest.raises(shm_pub_sub.ForkedError):
            publisher.publish(5)
        if number == 0:
            publisher.close()  # has no effect on its parent
        with pytest.raises(shm_pub_sub.ExistsError):
            shm_pub_sub.Publisher(publisher.name, 0)


def compete(task: Task, dice: random.Random) -> None:
    """Takes over what dead siblings had, and reads what the live ones publish."""
    for name in dice.sample(PRIZES, 3):
        with contextlib.suppress(shm_pub_sub.ExistsError):
            prize = shm_pub_sub.Publisher(name, 0, dice.randint(1, 100))
            kept.append(prize)
            for count in range(20):
                prize.publish(task.serial << 20 | count)
    reader = shm_pub_sub.Subscriber(dice.choice(PRIZES), -1)
    last = -1
    for _ in range(200):
        value, ok = reader.subscribe()
        assert ok is (value != -1)
        assert value >> 20 != last >> 20 or value >= last, (value, last)
        last = value


def have_a_child(task: Task) -> None:
    pid = os.fork()
    if pid == 0:
        below = task._replace(
            serial=task.serial + 1, seed=task.seed + 1, depth=task.depth - 1, end="os._exit"
        )
        child(below)
    deadline = time.monotonic() + LIFETIME / 4
    while (ended := os.waitpid(pid, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGUSR1)  # faulthandler writes where it is
            time.sleep(0.5)
            os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"child {task.serial + 1} hangs")
        time.sleep(0.001)
    assert os.waitstatus_to_exitcode(ended[1]) == ENDS["os._exit"]
    is_dead(task._replace(serial=task.serial + 1, end="os._exit"))


def is_dead(task: Task) -> None:
    """Its topic has no lock, even if relatives of it live. What is left is removed."""
    topic = f"child/{task.serial}"
    try:
        found = shm_pub_sub.inspect(topic)
        assert not found.alive, f"{task}: looks alive"
        assert found.retain or task.end not in CLEAN, f"{task}: has not removed its topic"
        shm_pub_sub.remove(topic)
    except shm_pub_sub.TopicNotFoundError:
        pass


def end(task: Task) -> None:
    match task.end:
        case "os._exit":
            os._exit(ENDS["os._exit"])
        case "an exception":
            sys.excepthook = lambda *_: None
            sys.stderr = None  # multiprocessing writes there
            raise Ended
        case "SIGKILL by itself":
            os.kill(os.getpid(), signal.SIGKILL)
        case "SIGTERM by its parent" | "SIGKILL at any time":
            wait_for_a_signal(task)


def wait_for_a_signal(task: Task) -> NoReturn:
    """Reads meanwhile. Ends if its parent has died without killing it."""
    try:
        while True:
            os.kill(task.parent, 0)
            read_inherited(1)
            time.sleep(0.001)
    finally:
        os._exit(FAILED)
