"""With multiprocessing's fork children inherit objects; the other methods need names."""

import multiprocessing
from typing import Any

import pytest
import shm_pub_sub
from support.peer import Peer

from . import _mp_children


def test_forked_children_read_on_with_the_parents_subscriber(peer: Peer) -> None:
    assert peer.call(_mp_children.read_with_inherited) == [(n, True) for n in range(20)]
    peer.finish()


def test_forked_pool_reads_on_with_the_parents_subscriber(peer: Peer) -> None:
    assert peer.call(_mp_children.map_with_inherited) == [(7, True)] * 20
    peer.finish()


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
@pytest.mark.parametrize("make", [shm_pub_sub.Publisher, shm_pub_sub.Subscriber])
def test_objects_are_not_pickled(method: str, make: Any) -> None:
    with make("topic", 0) as made:
        context: Any = multiprocessing.get_context(method)
        child = context.Process(target=print, args=(made,))
        with pytest.raises(TypeError, match=r"cannot pickle .*'topic'.*name"):
            child.start()


def test_a_daemonic_child_that_its_parent_terminates_is_dead(peer: Peer) -> None:
    peer.call(_mp_children.terminate_daemon)
    with shm_pub_sub.Publisher("daemons", 0):
        pass
    peer.finish()
