"""kill -9 of a waiter at each step of waiting costs the others one spurious wake at most."""

from collections.abc import Callable, Iterator
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

STEPS = ["before", "announced", "about to sleep", "asleep", "overtaken", "woken", "received"]
"""Overtaken: the value was published between its last look and its sleep."""

LEAVES_ITS_BIT = ("announced", "about to sleep", "asleep")
MEETS_A_VALUE = ("overtaken", "woken", "received")


def run_to(step: str, traced: Traced, path: Path, wake: Callable[[], None]) -> bool:
    """Runs a waiter to a step. Returns whether wake() was called on the way."""
    before = wait_word(path)
    assert before & 1 == 0
    if step == "before":
        return False
    if step == "announced":
        while wait_word(path) == before:
            assert traced.step()
        assert wait_word(path) == before | 1
        return False
    run_to_futex(traced)
    while wait_word(path) & 1 == 0:
        run_to_futex(traced)
    if step in ("asleep", "woken"):
        traced.let_go()
        until_blocked(path, traced.pid)
    if step not in MEETS_A_VALUE:
        return False
    wake()
    if step == "overtaken":
        assert traced.step_to_call() == Call(FUTEX, False)
    elif step == "received":
        traced.run_to_mark()
    return True


@contextmanager
def waiter(peer: Peer) -> Iterator[Traced]:
    """A process that is about to wait; killed at the end."""
    pid = peer.call(_stepped.receive_between_marks, "topic", 0)
    with Traced(pid) as traced:
        traced.run_to_mark()
        yield traced
    peer.call(_victims.wait_for, pid)


@pytest.mark.parametrize("step", STEPS)
def test_a_waiter_killed_there_costs_one_empty_wake(peer: Peer, shm_dir: Path, step: str) -> None:
    peer.call(_victims.warm_up)
    path = topic_file(shm_dir)
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        with waiter(peer) as traced:
            woken = run_to(step, traced, path, lambda: publisher.publish(2))
        left = wait_word(path)
        assert left & 1 == (step in LEAVES_ITS_BIT)
        words = []
        for value in (3, 4, 5):
            publisher.publish(value)
            words.append(wait_word(path))
        # If the bit was left, the first one wakes nobody; after that there is no bit.
        assert words == [left + (left & 1)] * 3
        assert woken == (step in MEETS_A_VALUE)
    assert peer.output == ""


@pytest.mark.parametrize("step", STEPS)
def test_other_waiters_go_on(peer: Peer, new_peer: NewPeer, shm_dir: Path, step: str) -> None:
    peer.call(_victims.warm_up)
    path = topic_file(shm_dir)
    others = [new_peer(), new_peer()]
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        for other in others:
            other.call(remote.make_subscriber, "topic", 0, 0)
        with waiter(peer) as traced:
            run_to(step, traced, path, lambda: publisher.publish(2))
        expected = [2] if step in MEETS_A_VALUE else []
        for other in others:
            other.begin(remote.receive, "topic", 2 + len(expected))
        until_blocked(path, *(other.pid for other in others))
        publisher.publish(3)
        until_blocked(path, *(other.pid for other in others))
        publisher.publish(4)
        for other in others:
            received = other.answer()
            assert [value for value, _ in received] == [*expected, 3, 4]
            other.call(remote.close_subscriber, "topic")
    assert peer.output == ""


@pytest.mark.parametrize("step", STEPS)
def test_next_publisher_is_received(
    peer: Peer, new_peer: NewPeer, shm_dir: Path, step: str
) -> None:
    peer.call(_victims.warm_up)
    path, other = topic_file(shm_dir), new_peer()
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        other.call(remote.make_subscriber, "topic", 0, 0)
        with waiter(peer) as traced:
            run_to(step, traced, path, lambda: publisher.publish(2))
        other.begin(remote.receive, "topic", 2 if step in MEETS_A_VALUE else 1)
        until_blocked(path, other.pid)
    with shm_pub_sub.Publisher("topic", 0, 7) as publisher, Memory(path) as memory:
        publisher.publish(3)
        assert other.answer(SLICE + ALLOWANCE)[-1][0] == 3
        assert memory.head == 1
        other.call(remote.close_subscriber, "topic")
    assert peer.output == ""
