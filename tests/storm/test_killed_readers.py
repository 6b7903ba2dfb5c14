"""Readers that are killed with values in shared memory: none of those is missing afterwards."""

import mmap
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from support.children import fork
from support.counts import VIEWS, dice
from support.layout import topic_file
from support.waiting import until

PINNED = 3
WORDS = np.zeros(512, np.int64)

KILLS = VIEWS // 1000


def pins(directory: Path) -> int:
    """How many entries of the table are taken, views' and the copies'."""
    with topic_file(directory).open("rb") as file:
        table = np.frombuffer(file.read(8 * (PINNED + 2)), np.uint64)[1:]
    return int(np.count_nonzero(table))


def read_until_killed(inherited: Any, progress: memoryview, seed: int) -> None:
    """Keeps up to two views, or copies, and counts them."""
    rng = random.Random(seed)
    own = rng.random() < 0.5
    subscriber = (
        shm_pub_sub.Subscriber("topic", WORDS, copy=rng.random() < 0.3) if own else inherited
    )
    kept: list[Any] = []
    while True:
        value = subscriber.subscribe()[0]
        kept.append((value, value[0]))
        if len(kept) > rng.randrange(3):
            array, first = kept.pop(0)
            if not (array == first).all():
                progress[1] += 1
        progress[0] += 1


@pytest.mark.timeout(60 + VIEWS // 1000)
def test_no_chunk_is_missing(shm_dir: Path, record_property: Callable[[str, object], None]) -> None:
    rng = dice()
    progress = memoryview(mmap.mmap(-1, 4096)).cast("Q")
    views = left = 0
    with (
        shm_pub_sub.Publisher("topic", WORDS, 2, views=PINNED) as publisher,
        shm_pub_sub.Subscriber("topic", WORDS, copy=False) as subscriber,
        shm_pub_sub.Subscriber("topic", WORDS) as copies,
    ):
        value, view = WORDS.copy(), None
        publisher.publish(value)
        for number in range(1, KILLS + 1):
            begun = progress[0]
            child = fork(read_until_killed, subscriber, progress, rng.getrandbits(32))
            enough = begun + rng.randrange(1, 200)
            try:
                while progress[0] < enough:
                    for _ in range(100):
                        value[:] += 1
                        publisher.publish(value)
                        views += 1
                        view = subscriber.subscribe()[0]
                        assert (view == value[0]).all()
                    look = os.WEXITED | os.WNOHANG | os.WNOWAIT
                    assert os.waitid(os.P_PID, child, look) is None, "the reader has ended"
                while views < VIEWS * number // KILLS:
                    view = subscriber.subscribe()[0]
                    views += 1
                view = None
            finally:
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            left += pins(shm_dir)

        def all_are_had() -> bool:
            before = subscriber.copied
            kept = [subscriber.subscribe()[0] for _ in range(PINNED)]
            copies.subscribe()
            for _ in range(20):
                value[:] += 1
                publisher.publish(value)
            assert all((each == each[0]).all() for each in kept)
            return subscriber.copied == before

        until(all_are_had, "the dead readers' pins are given back")
        until(lambda: all_are_had() and pins(shm_dir) == 0, "the copies' entry is given back")
    figures = {
        "views": views + progress[0],
        "kills": KILLS,
        "pins found after kills": left,
        "changed": progress[1],
    }
    print(figures)
    for name, figure in figures.items():
        record_property(name, figure)
    assert progress[1] == 0
    assert left > 0
