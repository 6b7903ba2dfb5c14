"""A subscriber that a forked child inherits reads on."""

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support import remote
from support.forked import ForkChild
from support.peer import NewPeer, Peer
from support.waiting import until


def test_it_reads_on_what_the_parent_publishes(fork_child: ForkChild) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def steps() -> Generator[Any, None, None]:
        while True:
            yield subscriber.subscribe()

    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        child = fork_child(steps)
        for value in range(2, 50):
            publisher.publish(value)
            assert child.next() == (value, True)
            assert subscriber.subscribe() == (value, True)
    assert child.next() == (-1, False)
    child.end()


@pytest.mark.parametrize("end", [Peer.finish, Peer.kill])
def test_it_follows_restarts_after_the_fork(
    fork_child: ForkChild, new_peer: NewPeer, end: Callable[[Peer], None]
) -> None:
    """The child needs Go for this, and so its own copy of the library."""
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def steps() -> Generator[Any, None, None]:
        while True:
            yield subscriber.subscribe(), subscriber.publisher_alive, subscriber.buffer_num

    def start(value: int, buffers: int) -> Peer:
        peer = new_peer()
        peer.call(remote.make_publisher, "topic", 0, buffers)
        peer.call(remote.publish, "topic", value)
        return peer

    peer = start(1, 1)
    assert subscriber.subscribe() == (1, True)
    child = fork_child(steps)
    assert child.next() == ((1, True), True, 1)
    for value in range(2, 6):
        end(peer)
        peer = start(value, value)
        assert child.next() == ((value, True), True, value)
        assert subscriber.subscribe() == (value, True)
    peer.finish()
    assert child.next() == ((-1, False), False, None)
    child.end()


def test_it_may_be_closed_in_the_child_and_not_in_the_parent(fork_child: ForkChild) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def steps() -> Generator[Any, None, None]:
        subscriber.close()
        yield subscriber.closed
        with pytest.raises(ValueError, match="closed"):
            subscriber.subscribe()
        yield "refused"

    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        child = fork_child(steps)
        assert child.next() is True
        assert child.next() == "refused"
        child.end()
        publisher.publish(2)
        assert subscriber.subscribe() == (2, True)


def test_closed_in_the_child_it_is_unmapped_though_a_thread_of_the_parent_s_waits(
    fork_child: ForkChild, shm_dir: Path
) -> None:
    def steps() -> Generator[Any, None, None]:
        subscriber.close()
        yield Path("/proc/self/maps").read_text().count(str(shm_dir))

    with shm_pub_sub.Publisher("topic", 0), shm_pub_sub.Subscriber("topic", -1) as subscriber:
        received: list[int] = []
        thread = threading.Thread(target=lambda: received.extend(subscriber))
        thread.start()
        # The publisher's two, the subscriber's, and page 0 to be waited on.
        until(lambda: Path("/proc/self/maps").read_text().count(str(shm_dir)) == 4)
        child = fork_child(steps)
        assert child.next() == 0
        child.end()
        subscriber.close()
        thread.join()


def test_it_raises_the_type_error_of_a_new_type(fork_child: ForkChild, peer: Peer) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def steps() -> Generator[Any, None, None]:
        yield subscriber.subscribe()

    child = fork_child(steps)
    peer.call(remote.make_publisher, "topic", 0.0)
    with pytest.raises(shm_pub_sub.TopicTypeError, match=r"float.*int"):
        child.next()
    child.end()
