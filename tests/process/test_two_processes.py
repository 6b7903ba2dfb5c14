"""A publisher and a subscriber in different processes."""

import pytest
import shm_pub_sub
from support import remote
from support.peer import NewPeer, Peer
from support.values import DEFAULTS, EDGES, bits

each_type = pytest.mark.parametrize("kind", [bool, int, float])


@each_type
def test_subscriber_reads_every_value_of_another_process(peer: Peer, kind: type) -> None:
    peer.call(remote.make_publisher, "topic", DEFAULTS[kind])
    subscriber = shm_pub_sub.Subscriber("topic", DEFAULTS[kind])
    assert subscriber.subscribe() == (DEFAULTS[kind], False)
    for value in EDGES[kind]:
        peer.call(remote.publish, "topic", value)
        found, ok = subscriber.subscribe()
        assert (bits(found), ok) == (bits(value), True)


@each_type
def test_another_process_reads_every_value(peer: Peer, kind: type) -> None:
    with shm_pub_sub.Publisher("topic", DEFAULTS[kind]) as publisher:
        peer.call(remote.make_subscriber, "topic", DEFAULTS[kind])
        for value in EDGES[kind]:
            publisher.publish(value)
            found, ok = peer.call(remote.subscribe, "topic")
            assert (bits(found), ok) == (bits(value), True)


@each_type
def test_subscriber_may_be_there_first(peer: Peer, kind: type) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", DEFAULTS[kind])
    assert subscriber.subscribe() == (DEFAULTS[kind], False)
    peer.call(remote.make_publisher, "topic", DEFAULTS[kind])
    assert subscriber.subscribe() == (DEFAULTS[kind], False)
    value = EDGES[kind][-1]
    peer.call(remote.publish, "topic", value)
    assert subscriber.subscribe() == (value, True)


@each_type
def test_late_joiner_reads_the_newest_value(peer: Peer, kind: type) -> None:
    peer.call(remote.make_publisher, "topic", DEFAULTS[kind])
    peer.call(remote.publish, "topic", *EDGES[kind])
    subscriber = shm_pub_sub.Subscriber("topic", DEFAULTS[kind])
    newest = EDGES[kind][-1]
    assert [subscriber.subscribe() for _ in range(3)] == [(newest, True)] * 3


def test_many_processes_read_one_publisher(new_peer: NewPeer) -> None:
    peers = [new_peer() for _ in range(4)]
    for peer in peers:
        peer.call(remote.make_subscriber, "topic", 0)
    with shm_pub_sub.Publisher("topic", 0, 1) as publisher:
        for value in range(1, 50):
            publisher.publish(value)
            assert [peer.call(remote.subscribe, "topic") for peer in peers] == [(value, True)] * 4


def test_names_that_differ_are_different_topics(peer: Peer) -> None:
    names = ["a/b", "a_b", "a%2Fb", "A/b", "ä/b", "a/b/"]
    for number, name in enumerate(names):
        peer.call(remote.make_publisher, name, 0)
        peer.call(remote.publish, name, number)
    found = [shm_pub_sub.Subscriber(name, -1).subscribe() for name in names]
    assert found == [(number, True) for number in range(len(names))]
