"""On a machine that was booted a moment ago, CLOCK_MONOTONIC is a small number."""

import time

import pytest
import shm_pub_sub
from shm_pub_sub import Publisher
from support import remote
from support.namespaces import booted_ago, launcher
from support.peer import NewPeer, Peer
from support.waiting import until

from . import _namespaces, _young_clock

uptimes = pytest.mark.parametrize("uptime", [1, 60])


@pytest.fixture
def peer(new_peer: NewPeer, uptime: int) -> Peer:
    begun = time.monotonic()
    peer = new_peer(*launcher(*booted_ago(uptime)))
    assert uptime - 1 <= peer.call(_young_clock.uptime) <= uptime + 1 + time.monotonic() - begun
    return peer


@uptimes
def test_waits_end_in_time_and_values_are_new(peer: Peer) -> None:
    peer.call(_young_clock.all_that_asks_for_the_time)
    peer.finish()


@uptimes
def test_what_was_published_before_the_boot_is_old(peer: Peer, uptime: int) -> None:
    if time.monotonic() - uptime < 10:
        pytest.skip("this machine is too young itself to have older values")
    with Publisher("topic", 0, retain=True) as publisher:
        publisher.publish(7)
    peer.call(_young_clock.older_than_the_machine, "topic")
    peer.finish()
    shm_pub_sub.remove("topic")


@uptimes
def test_a_killed_publisher_is_noticed_in_both_directions(peer: Peer, new_peer: NewPeer) -> None:
    """The clocks have nothing in common: each looks at the lock by its own."""
    other = new_peer()
    for publisher, reader in ((other, peer), (peer, new_peer())):
        publisher.call(remote.make_publisher, "topic", 0)
        publisher.call(remote.publish, "topic", 1)
        reader.call(remote.make_subscriber, "topic", -1)
        assert reader.call(remote.subscribe, "topic") == (1, True)
        publisher.kill() if publisher is other else _namespaces.kill(publisher)
        until(lambda r=reader: r.call(remote.subscribe, "topic") == (-1, False), "its death")
    shm_pub_sub.remove("topic")
