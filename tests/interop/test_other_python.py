"""An installed wheel of a release, of another version or for another processor, and this Python.

`build.py test` runs this folder once for each wheel; SHM_PUB_SUB_PEER_PYTHON names the program that
has it. Without that, peers are this Python.
"""

import os
import platform
import sys

import shm_pub_sub
from support import remote
from support.peer import VARIABLE, Peer
from support.waiting import until

from . import _programs

ROUNDS = 300
DEADLINE = 30.0


def test_it_is_the_wheel_of_that_python(peer: Peer) -> None:
    version, machine, library = peer.call(_programs.about)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    expected = os.environ.get(f"{VARIABLE}_IS", f"{here} {platform.machine()}")
    assert f"{version} {machine}" == expected
    assert library == f"_hot.cpython-{version.replace('.', '')}-{machine}-linux-gnu.so"


def test_this_one_reads_its_values(peer: Peer) -> None:
    for form, values in _programs.VALUES.items():
        peer.call(remote.make_publisher, form, _programs.DEFAULTS[form])
        subscriber = shm_pub_sub.Subscriber(form, _programs.DEFAULTS[form])
        for value in values:
            peer.call(remote.publish, form, value)
            found, ok = subscriber.subscribe()
            assert (form, _programs.plain(found), ok) == (form, _programs.plain(value), True)


def test_it_reads_values_of_this_one(peer: Peer) -> None:
    for form, values in _programs.VALUES.items():
        with shm_pub_sub.Publisher(form, _programs.DEFAULTS[form]) as publisher:
            peer.call(remote.make_subscriber, form, _programs.DEFAULTS[form])
            for value in values:
                publisher.publish(value)
                assert peer.call(_programs.read, form) == (_programs.plain(value), True), form


def test_its_forked_child_has_topics_of_its_own(peer: Peer) -> None:
    peer.call(remote.make_publisher, "inherited", 0)
    peer.call(remote.publish, "inherited", 5)
    assert peer.call(_programs.fork_and_use, "inherited", "own") == 0
    assert shm_pub_sub.Subscriber("inherited", -1).subscribe() == (5, True)
    assert shm_pub_sub.Subscriber("own", -1).subscribe() == (-1, False)


def test_each_wakes_the_other_up(peer: Peer) -> None:
    """Without wake-ups a waiter looks now and then: that would take minutes."""
    with shm_pub_sub.Publisher("there", 0) as publisher:
        subscriber = shm_pub_sub.Subscriber("back", 0)
        peer.begin(_programs.send_back, "there", "back", ROUNDS)
        for value in range(1, ROUNDS + 1):
            publisher.publish(value)
            assert subscriber.recv(DEADLINE) == value
        assert peer.answer() == ROUNDS


def test_a_kill_shows_and_its_topic_can_be_taken(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 1)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (1, True)
    peer.kill()
    until(lambda: subscriber.subscribe() == (-1, False))
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(2)
        assert subscriber.subscribe() == (2, True)
