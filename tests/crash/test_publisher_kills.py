"""kill -9 of a publisher after each store of publish(), and around its wake, with real waiters.

What it had published is received within a slice, what it had not is not, and the next publisher is
received at once by those who wait.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import shm_pub_sub
from support import remote
from support.counts import SLICE
from support.layout import topic_file
from support.peer import NewPeer, Peer

from . import _stepped, _victims
from ._blocked import FUTEX, run_to_futex, until_blocked, wait_word
from ._memory import Memory
from ._ptrace import Call, Traced

pytestmark = [pytest.mark.usefixtures("ptrace"), pytest.mark.timeout(200)]

ALLOWANCE = 2.0
"""Seconds for what takes a moment on a quiet machine."""

NUMBERS = [1, 2, 3]
"""Published before: the next one goes into a slot that was never used."""

VALUE = 1 << 40
STORES = 6
"""Those of the slot, head, and the wait word's."""

STEPS = [*range(STORES + 1), "about to wake", "woke"]
PUBLISHED = STEPS[5:]
"""Steps that have moved head on."""


@contextmanager
def publisher(peer: Peer, path: Path, others: list[Peer]) -> Iterator[Traced]:
    """A process that is about to publish a value to sleeping waiters; killed at the end."""
    pid = peer.call(_stepped.publish_between_marks, "topic", NUMBERS, [VALUE], 3)
    with Traced(pid) as traced:
        traced.run_to_mark()
        for other in others:
            other.call(remote.make_subscriber, "topic", 0, 0)
            other.begin(remote.receive, "topic", 2)
        until_blocked(path, *(other.pid for other in others))
        yield traced
    peer.call(_victims.wait_for, pid)


def run_to(step: int | str, traced: Traced, path: Path) -> None:
    """Runs publish() until so many stores were made, or to its system call."""
    if isinstance(step, str):
        run_to_futex(traced)
        if step == "woke":
            assert traced.step_to_call() == Call(FUTEX, False)
        return
    with Memory(path) as memory:
        before, stores = memory.snapshot(), 0
        while stores < step:
            assert traced.step()
            after = memory.snapshot()
            # A waiter whose slice ends announces itself again; only this process stores elsewhere.
            if after != before:
                stores += before[8:] != after[8:] or before[:4] != after[:4]
                before = after


@pytest.mark.parametrize("step", STEPS)
def test_what_was_published_is_received_and_so_is_the_next_publisher(
    peer: Peer, new_peer: NewPeer, shm_dir: Path, step: int | str
) -> None:
    peer.call(_victims.warm_up)
    path, others = topic_file(shm_dir), [new_peer(), new_peer()]
    with publisher(peer, path, others) as traced:
        run_to(step, traced, path)
        with Memory(path) as memory:
            assert memory.head == len(NUMBERS) + (step in PUBLISHED)
        assert wait_word(path) >> 1 == (step in PUBLISHED[1:]), "the epoch"
        killed = time.monotonic_ns()
    time.sleep(SLICE)  # some go on waiting for a value that was never published
    with shm_pub_sub.Publisher("topic", 0, 7) as following:
        for number in (10, 11):
            following.publish(number)
        for other in others:
            received = other.answer()
            values = [value for value, _ in received]
            assert values == ([VALUE, 10] if step in PUBLISHED else [10, 11])
            late = (received[0][1] - killed) / 1e9
            assert late < (SLICE if step in PUBLISHED else 2 * SLICE) + ALLOWANCE
            other.call(remote.close_subscriber, "topic")
    assert peer.output == ""
