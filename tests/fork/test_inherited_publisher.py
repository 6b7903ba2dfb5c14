"""A publisher that a forked child inherits stays its parent's."""

import gc
import os
import re
from collections.abc import Generator
from typing import Any

import pytest
import shm_pub_sub
from support.forked import ForkChild, Forked
from support.peer import Peer

from . import _programs


def test_it_is_refused_with_the_owners_pid(fork_child: ForkChild) -> None:
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)

        def steps() -> Generator[Any, None, None]:
            for value in (2, 3):
                with pytest.raises(shm_pub_sub.ForkedError) as refused:
                    publisher.publish(value)
                assert isinstance(refused.value, RuntimeError)
                yield str(refused.value)
            with pytest.raises(shm_pub_sub.ForkedError), publisher:
                pass
            yield publisher.closed, repr(publisher)

        child = fork_child(steps)
        for _ in range(2):
            assert re.search(rf"\b{os.getpid()}\b", child.next())
        closed, text = child.next()
        assert closed
        assert f"inherited from process {os.getpid()}" in text
        child.end()
        assert shm_pub_sub.Subscriber("topic", -1).subscribe() == (1, True)


def test_neither_close_nor_collection_in_the_child_ends_it(fork_child: ForkChild) -> None:
    holder = {name: shm_pub_sub.Publisher(name, 0) for name in ("topic", "other")}
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def steps() -> Generator[Any, None, None]:
        holder["topic"].close()
        holder["topic"].close()
        yield subscriber.subscribe()
        holder.clear()
        gc.collect()
        yield subscriber.subscribe()

    holder["topic"].publish(1)
    child = fork_child(steps)
    assert child.next() == (1, True)
    assert child.next() == (1, True)
    holder["topic"].publish(2)
    assert subscriber.subscribe() == (2, True)
    child.end()
    holder["topic"].publish(3)
    assert subscriber.subscribe() == (3, True)
    assert subscriber.publisher_alive
    assert {topic.name for topic in shm_pub_sub.topics()} == {"topic", "other"}
    for publisher in holder.values():
        publisher.close()


def test_the_parents_topic_is_the_parents_to_the_child(fork_child: ForkChild) -> None:
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)

        def steps() -> Generator[Any, None, None]:
            for replace in (False, True):
                with pytest.raises(shm_pub_sub.ExistsError) as refused:
                    shm_pub_sub.Publisher("topic", 0, replace=replace)
                yield str(refused.value)
            with pytest.raises(shm_pub_sub.ExistsError) as refused:
                shm_pub_sub.remove("topic")
            yield str(refused.value)

        child = fork_child(steps)
        for _ in range(3):
            message = child.next()
            assert re.search(rf"\b{os.getpid()}\b", message)
            assert "this process already publishes" not in message
        child.end()
        assert shm_pub_sub.Subscriber("topic", -1).subscribe() == (1, True)


def test_the_child_may_take_the_topic_after_the_parents_close(fork_child: ForkChild) -> None:
    publisher = shm_pub_sub.Publisher("topic", 0)
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def steps() -> Generator[Any, None, None]:
        with shm_pub_sub.Publisher("topic", 0, 7) as own:
            own.publish(2)
            yield os.getpid()
            publisher.close()  # the inherited one: no concern of the child's own
            own.publish(3)
            yield None
        yield None

    child = fork_child(steps)
    publisher.publish(1)
    assert subscriber.subscribe() == (1, True)
    publisher.close()
    assert subscriber.subscribe() == (-1, False)
    assert child.next() == child.pid
    assert subscriber.subscribe() == (2, True)
    with pytest.raises(shm_pub_sub.ExistsError, match=str(child.pid)):
        shm_pub_sub.Publisher("topic", 0)
    child.next()
    assert subscriber.subscribe() == (3, True)
    child.next()
    assert subscriber.subscribe() == (-1, False)
    child.end()


def test_a_grandchild_gets_the_same_error(fork_child: ForkChild) -> None:
    with shm_pub_sub.Publisher("topic", 0) as publisher:

        def grandchild() -> Generator[Any, None, None]:
            try:
                publisher.publish(1)
            except shm_pub_sub.ForkedError as error:
                yield str(error)

        def child() -> Generator[Any, None, None]:
            forked = Forked(grandchild)
            found = forked.next()
            forked.end()
            yield found

        assert str(os.getpid()) in fork_child(child).next()


@pytest.mark.parametrize("end", _programs.ENDS)
def test_the_end_of_a_child_leaves_the_parents_topics(peer: Peer, end: str) -> None:
    peer.call(_programs.publish_kept, "topic", 1)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (1, True)
    peer.call(_programs.fork_and_end, end)
    assert subscriber.subscribe() == (1, True)
    assert subscriber.publisher_alive
    peer.call(_programs.publish_kept, "topic", 2)
    assert subscriber.subscribe() == (2, True)
    assert {topic.name for topic in shm_pub_sub.topics()} == {"topic"}
    peer.finish()
    assert subscriber.subscribe() == (-1, False)
