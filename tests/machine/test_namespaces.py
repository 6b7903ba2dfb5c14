"""Processes in different namespaces that share the directory, as containers do."""

import os
import signal
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub import ExistsError, Publisher, Subscriber
from support import remote
from support.namespaces import MOUNT, PID, TIME, USER, clock_ahead, launcher
from support.peer import NewPeer
from support.waiting import until

from . import _namespaces

SLACK = 2.0

pids = pytest.mark.parametrize("options", [PID, (*USER, *PID)], ids=["pid", "user and pid"])


@pids
def test_a_publisher_in_another_pid_namespace_lives_until_it_is_killed(
    new_peer: NewPeer, options: tuple[str, ...]
) -> None:
    peer = new_peer(*launcher(*options))
    assert peer.call(_namespaces.own_pid) == 1
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 1)
    subscriber = Subscriber("topic", -1)
    assert subscriber.subscribe() == (1, True)
    assert subscriber.publisher_alive
    assert shm_pub_sub.inspect("topic").alive
    with pytest.raises(ExistsError):
        Publisher("topic", 0, replace=True)
    with pytest.raises(ExistsError):
        shm_pub_sub.remove("topic")
    peer.call(remote.publish, "topic", 2)
    assert subscriber.subscribe() == (2, True)
    _namespaces.kill(peer)
    assert not subscriber.publisher_alive
    until(lambda: subscriber.subscribe() == (-1, False), "its death", SLACK)
    with Publisher("topic", 0) as publisher:
        publisher.publish(3)
        assert subscriber.subscribe() == (3, True)


@pids
def test_seen_from_another_pid_namespace_a_publisher_lives_until_it_is_killed(
    new_peer: NewPeer, options: tuple[str, ...]
) -> None:
    publisher, peer = new_peer(), new_peer(*launcher(*options))
    publisher.call(remote.make_publisher, "topic", 0)
    publisher.call(remote.publish, "topic", 1)
    peer.call(remote.make_subscriber, "topic", -1)
    assert peer.call(remote.subscribe, "topic") == (1, True)
    assert peer.call(remote.publisher_alive, "topic")
    with pytest.raises(ExistsError) as refused:
        peer.call(remote.make_publisher, "topic", 0)
    assert f"process {publisher.pid}, which is not in this pid namespace" in str(refused.value)
    publisher.kill()
    assert not peer.call(remote.publisher_alive, "topic")
    until(lambda: peer.call(remote.subscribe, "topic") == (-1, False), "its death", SLACK)
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 2)
    assert peer.call(remote.subscribe, "topic") == (2, True)
    assert Subscriber("topic", -1).subscribe() == (2, True)
    peer.finish()


def test_the_same_pid_in_two_namespaces_is_two_processes(new_peer: NewPeer) -> None:
    one, other = (new_peer(*launcher(*PID)) for _ in range(2))
    assert one.call(_namespaces.own_pid) == other.call(_namespaces.own_pid) == 1
    one.call(remote.make_publisher, "topic", 0)
    one.call(remote.publish, "topic", 1)
    for replace in (False, True):
        with pytest.raises(ExistsError) as refused:
            other.call(remote.make_publisher, "topic", 0, 3, False, replace)
        assert "process 1 " in str(refused.value)
        assert "this process already publishes" not in str(refused.value)
    assert Subscriber("topic", -1).subscribe() == (1, True)
    _namespaces.kill(one)
    other.call(remote.make_publisher, "topic", 0)
    other.call(remote.publish, "topic", 2)
    assert Subscriber("topic", -1).subscribe() == (2, True)
    other.finish()


def test_a_pid_that_is_somebody_elses_makes_no_dead_publisher_live(new_peer: NewPeer) -> None:
    """Its pid in the namespace was 1, and the machine's process 1 lives forever."""
    peer = new_peer(*launcher(*PID))
    peer.call(remote.make_publisher, "topic", 0, 3, True)
    peer.call(remote.publish, "topic", 1)
    _namespaces.kill(peer)
    info = shm_pub_sub.inspect("topic")
    assert (info.pid, info.alive) == (1, False)
    with Publisher("topic", 0):
        pass


def test_the_directory_may_have_another_name_in_another_mount_namespace(
    new_peer: NewPeer, shm_dir: Path, tmp_path: Path
) -> None:
    here = ("sh", "-ec", 'mount --bind "$0" "$1"; shift; exec "$@"', str(shm_dir), str(tmp_path))
    peer = new_peer(*launcher(*MOUNT), *here, SHM_PUB_SUB_DIR=str(tmp_path))
    subscriber = Subscriber("topic", -1)
    for generation in range(3):
        peer.call(remote.make_publisher, "topic", 0)
        peer.call(remote.publish, "topic", generation)
        assert subscriber.subscribe() == (generation, True)
        with pytest.raises(ExistsError, match=str(peer.pid)):
            Publisher("topic", 0)
        peer.call(remote.close_publisher, "topic")
        with Publisher("topic", 0) as publisher:
            publisher.publish(generation + 10)
            peer.call(remote.make_subscriber, "topic", -1)
            assert peer.call(remote.subscribe, "topic") == (generation + 10, True)
    peer.call(remote.make_publisher, "topic", 0)
    peer.kill()
    until(lambda: not subscriber.publisher_alive, "its death", SLACK)
    Publisher("topic", 0).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [-1, 1000])
def test_clock_of_another_namespace_only_ages_values(new_peer: NewPeer, seconds: int) -> None:
    """Its CLOCK_MONOTONIC is another one: a time ahead of ours counts as old, never as new."""
    peer = new_peer(*launcher(*clock_ahead(seconds)))
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 1)
    lasting, fresh = Subscriber("topic", -1), Subscriber("topic", -1, max_age=0.5)
    assert lasting.subscribe() == (1, True)
    assert fresh.subscribe() == (-1, False)
    assert fresh.publisher_alive
    _namespaces.kill(peer)
    until(lambda: lasting.subscribe() == (-1, False), "its death", SLACK)
    Publisher("topic", 0).close()


def test_a_child_in_the_past_notices_a_death(new_peer: NewPeer) -> None:
    """Its clock is behind its parent's, by which an inherited subscriber last checked the lock."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a time namespace without a user namespace")
    launcher(*TIME)
    publisher, peer = new_peer(), new_peer()
    publisher.call(remote.make_publisher, "topic", 0)
    publisher.call(remote.publish, "topic", 1)
    peer.call(remote.make_subscriber, "topic", -1)
    assert peer.call(remote.subscribe, "topic") == (1, True)
    peer.call(_namespaces.fork_reader_in_the_past, "topic", "seen")
    seen = Subscriber("seen", False)
    until(lambda: seen.subscribe() == (True, True), "the child's first value")
    publisher.kill()
    until(lambda: seen.subscribe() == (False, True), "that it notices the death", SLACK)
    os.kill(shm_pub_sub.inspect("seen").pid, signal.SIGKILL)
    until(lambda: not seen.publisher_alive, "the child's end")
    for topic in ("topic", "seen"):
        shm_pub_sub.remove(topic)
