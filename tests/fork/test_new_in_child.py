"""Publishers and subscribers that a forked child opens, whatever its parent did before."""

import gc
import os
from collections.abc import Generator
from typing import Any

import shm_pub_sub
from support.forked import ForkChild, Forked, Steps
from support.peer import Peer

from . import _programs
from ._load import make_go_collect


def steps() -> Generator[Any, None, None]:
    with shm_pub_sub.Publisher("childs", 0.0, 5) as publisher:
        reader = shm_pub_sub.Subscriber("childs", 0.0)
        publisher.publish(2.5)
        yield reader.subscribe()
        yield shm_pub_sub.Subscriber("parents", -1).subscribe()
        make_go_collect()
        publisher.publish(3.5)
        yield reader.subscribe()
    yield sorted(topic.name for topic in shm_pub_sub.topics())


def test_child_publishes_and_reads_while_go_collects_garbage(fork_child: ForkChild) -> None:
    with shm_pub_sub.Publisher("parents", 0) as publisher:
        publisher.publish(7)
        make_go_collect(100)
        child = fork_child(steps)
        reader = None
        for expected in [(2.5, True), (7, True), (3.5, True)]:
            assert child.next() == expected
            reader = reader or shm_pub_sub.Subscriber("childs", 0.0)
            assert reader.subscribe()[1]
            make_go_collect(10)
        assert reader is not None
        assert reader.subscribe() == (3.5, True)
        assert child.next() == ["parents"]
        assert reader.subscribe() == (0.0, False)
        child.end()


def test_children_of_children_work_too(fork_child: ForkChild) -> None:
    depth = 5

    def descend(level: int) -> Steps:
        def steps() -> Generator[Any, None, None]:
            with shm_pub_sub.Publisher(f"level/{level}", 0) as publisher:
                publisher.publish(level)
                make_go_collect(20)
                below = []
                if level < depth:
                    child = Forked(descend(level + 1))
                    below = child.next()
                    child.next()
                    child.end()
                yield [(level, os.getppid()), *below]
            yield None

        return steps

    child = fork_child(descend(1))
    found = child.next()
    assert [level for level, _ in found] == list(range(1, depth + 1))
    assert found[0][1] == os.getpid()
    child.next()
    child.end()


def test_many_children_at_once(fork_child: ForkChild) -> None:
    subscriber = shm_pub_sub.Subscriber("parents", -1)

    def steps() -> Generator[Any, None, None]:
        with shm_pub_sub.Publisher(f"child/{os.getpid()}", 0) as publisher:
            publisher.publish(os.getpid())
            yield subscriber.subscribe()
        yield None

    with shm_pub_sub.Publisher("parents", 0) as publisher:
        publisher.publish(1)
        children = [fork_child(steps) for _ in range(10)]
        for child in children:
            assert child.next() == (1, True)
            reader = shm_pub_sub.Subscriber(f"child/{child.pid}", -1)
            assert reader.subscribe() == (child.pid, True)
        for child in children:
            child.next()
            child.end()
    gc.collect()


def test_each_of_many_forks_in_turn_works() -> None:
    """Like a server that forks for each request."""
    with shm_pub_sub.Publisher("parents", 0) as publisher:
        for value in range(60):
            publisher.publish(value)

            def steps() -> Generator[Any, None, None]:
                yield shm_pub_sub.Subscriber("parents", -1).subscribe()

            child = Forked(steps)
            assert child.next() == (value, True)
            child.end()


def test_a_fork_before_the_library_is_used_shares_nothing(peer: Peer) -> None:
    """Parent and child both load it for the first time after the fork."""
    child = peer.call(_programs.fork_publisher, "childs")
    peer.call(_programs.publish_kept, "parents", 1)
    peer.call(make_go_collect, 50)
    assert shm_pub_sub.Subscriber("parents", -1).subscribe() == (1, True)
    reader = shm_pub_sub.Subscriber("childs", -1)
    assert reader.subscribe()[0] in (child, -1)
    peer.call(_programs.kill, child)
    peer.finish()
    if any(topic.name == "childs" for topic in shm_pub_sub.topics()):
        shm_pub_sub.remove("childs")


def test_objects_of_both_sides_of_a_fork_are_what_they_seem(fork_child: ForkChild) -> None:
    old = shm_pub_sub.Subscriber("topic", 0)

    def steps() -> Generator[Any, None, None]:
        with shm_pub_sub.Publisher("topic", 0) as new_publisher:
            new = shm_pub_sub.Subscriber("topic", 0)
            yield isinstance(old, shm_pub_sub.Subscriber), isinstance(new, shm_pub_sub.Subscriber)
            new_publisher.publish(4)
            yield old.subscribe(), new.subscribe()

    child = fork_child(steps)
    assert child.next() == (True, True)
    assert child.next() == ((4, True), (4, True))
    child.end()
    if any(topic.name == "topic" for topic in shm_pub_sub.topics()):
        shm_pub_sub.remove("topic")
