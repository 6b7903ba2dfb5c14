"""A killed publisher counts as dead even while children that it forked live."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
import shm_pub_sub
from support import remote
from support.peer import Peer
from support.waiting import until

from . import _programs

SLACK = 2.0


@pytest.fixture
def orphans() -> Iterator[list[int]]:
    """The pids of children that their parent leaves behind."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


FORKS: dict[str, Callable[[Peer], list[int]]] = {
    "a child": lambda peer: [peer.call(_programs.fork_sleeper)],
    "a child that used the library": lambda peer: [peer.call(_programs.fork_sleeper, True)],
    "many children": lambda peer: [peer.call(_programs.fork_sleeper) for _ in range(5)],
    "a child of a child": lambda peer: peer.call(_programs.fork_sleeping_grandchild),
    "another program": lambda peer: [peer.call(_programs.start_sleeping_program)],
}


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("retain", [False, True], ids=["", "retained"])
def test_a_killed_parent_is_dead(peer: Peer, orphans: list[int], fork: str, retain: bool) -> None:
    peer.call(remote.make_publisher, "topic", 0, 3, retain)
    peer.call(remote.publish, "topic", 1)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (1, True)
    orphans += FORKS[fork](peer)
    assert subscriber.subscribe() == (1, True)
    peer.kill()
    for pid in orphans:
        os.kill(pid, 0)  # they live
    assert not subscriber.publisher_alive
    if retain:
        assert subscriber.subscribe() == (1, True)
    else:
        until(lambda: subscriber.subscribe() == (-1, False), "the parent's death", SLACK)
    with shm_pub_sub.Publisher("topic", 0, 10) as publisher:
        publisher.publish(2)
        assert subscriber.subscribe() == (2, True)


@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize("retain", [False, True], ids=["", "retained"])
def test_a_closed_topic_is_free(peer: Peer, orphans: list[int], fork: str, retain: bool) -> None:
    peer.call(remote.make_publisher, "topic", 0, 3, retain)
    orphans += FORKS[fork](peer)
    peer.call(remote.close_publisher, "topic")
    with shm_pub_sub.Publisher("topic", 0.0, 10) as publisher:
        publisher.publish(2)
        assert shm_pub_sub.Subscriber("topic", 0.0).subscribe() == (2, True)


def test_a_killed_child_is_dead_while_its_parent_lives(peer: Peer, new_peer: object) -> None:
    child = peer.call(_programs.fork_publisher, "topic")
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    until(lambda: subscriber.subscribe() == (child, True), "the child's value")
    peer.call(_programs.kill, child)
    until(lambda: subscriber.subscribe() == (-1, False), "the child's death", SLACK)
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 5)
    assert subscriber.subscribe() == (5, True)
