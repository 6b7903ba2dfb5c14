"""What Peers and multiprocessing's children do with arrays."""

import multiprocessing
from typing import Any

import numpy as np
import shm_pub_sub

from . import _programs

FRAME = np.zeros((48, 64, 3), np.uint8)

kept: list[Any] = []


def frame(number: int) -> Any:
    return np.full(FRAME.shape, number % 251, np.uint8)


def keep_view() -> bool:
    """Keep a view of the newest value. Return whether it is one."""
    subscriber = shm_pub_sub.Subscriber("cam", FRAME, copy=False)
    view, ok = subscriber.subscribe()
    kept.append(view)
    return ok and view.base is not None


def keep_view_and_fork(use: bool) -> tuple[bool, int]:
    """The same; then fork a child that lives on, and return its pid, too."""
    return keep_view(), _programs.fork_sleeper(use)


def _double(name: str, connection: Any) -> None:
    """Read frames in shared memory, and publish twice their values."""
    with (
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
        shm_pub_sub.Publisher(name, FRAME) as publisher,
    ):
        connection.send("ready")
        while connection.recv():
            view = subscriber.recv(20)
            with publisher.loan() as doubled:
                np.multiply(view, 2, out=doubled)
            connection.send((int(view[0, 0, 0]), subscriber.copied))


def double_in_child(method: str) -> list[Any]:
    """Return what the parent reads of its child, and the child of its parent."""
    context: Any = multiprocessing.get_context(method)
    ours, theirs = multiprocessing.Pipe()
    found: list[Any] = []
    with (
        shm_pub_sub.Publisher("cam", FRAME) as publisher,
        shm_pub_sub.Subscriber("doubled", FRAME, copy=False) as subscriber,
    ):
        child = context.Process(target=_double, args=("doubled", theirs))
        child.start()
        assert ours.poll(20)
        assert ours.recv() == "ready"
        for number in range(1, 6):
            publisher.publish(frame(number))
            ours.send(True)
            assert ours.poll(20)
            found.append((*ours.recv(), int(subscriber.recv(20)[-1, -1, -1])))
        ours.send(False)
        child.join(20)
        found.append(child.exitcode)
    return found


def _sum(array: Any) -> tuple[int, bool]:
    return int(array.sum()), array.flags.writeable


def sums_of_views(method: str) -> list[tuple[int, bool]]:
    """A pool is sent views; what arrives are copies of its own."""
    context: Any = multiprocessing.get_context(method)
    with (
        shm_pub_sub.Publisher("cam", FRAME) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
        context.Pool(2) as pool,
    ):
        found = []
        for number in range(1, 4):
            publisher.publish(frame(number))
            found.append(pool.apply(_sum, (subscriber.recv(20),)))
        pool.close()
        pool.join()
    return found
