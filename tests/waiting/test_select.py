"""select(): waiting for several subscribers at once."""

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber, TopicTypeError, TopicValueError, select
from support import remote
from support.peer import NewPeer, Peer
from support.programs import Run
from support.waiting import later

from . import _descriptors
from ._descriptors import epoch, watchers

Pairs = list[tuple["Publisher[int]", "Subscriber[int]"]]

SLACK = 10.0
"""Seconds that a busy machine may take for anything."""


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [(Publisher(f"topic/{n}", 0, 8), Subscriber(f"topic/{n}", 0)) for n in range(3)]
    yield made
    for publisher, subscriber in made:
        publisher.close()
        subscriber.close()


def test_returns_those_with_something_new_in_their_order(pairs: Pairs) -> None:
    subscribers = [subscriber for _, subscriber in pairs]
    assert select(subscribers, 0) == []
    pairs[2][0].publish(1)
    assert select(subscribers) == [subscribers[2]]
    pairs[0][0].publish(1)
    assert select(subscribers, 0) == [subscribers[0], subscribers[2]]
    assert select(reversed(subscribers), 5.5) == [subscribers[2], subscribers[0]]
    assert select([subscribers[0], subscribers[0]]) == [subscribers[0]] * 2
    assert subscribers[0].subscribe() == (1, True), "which takes nothing"
    assert select(subscribers, 0) == [subscribers[0], subscribers[2]]
    assert [subscribers[n].try_recv() for n in (0, 2)] == [1, 1]
    assert select(subscribers, 0) == []
    assert watchers() == 0, "it needs none"


def test_returns_nothing_after_the_timeout(pairs: Pairs) -> None:
    subscribers = [subscriber for _, subscriber in pairs]
    for seconds in (0, 0.05, 0.15):
        start = time.monotonic()
        assert select(subscribers, seconds) == []
        assert seconds <= time.monotonic() - start < seconds + SLACK


def test_waits_for_the_first_of_them(pairs: Pairs) -> None:
    for publisher, subscriber in pairs:
        with later(0.05, publisher.publish, 1):
            assert select([s for _, s in pairs]) == [subscriber]
        assert subscriber.try_recv() == 1


def test_topics_without_a_publisher_are_waited_for(pairs: Pairs) -> None:
    with Subscriber("later", 0) as absent:
        both = [pairs[0][1], absent]
        assert select(both, 0.05) == []
        made: list[Publisher[int]] = []

        def make() -> None:
            made.append(Publisher("later", 0))
            made[0].publish(1)

        with later(0.05, make):
            assert select(both, 20) == [absent]
        assert absent.recv() == 1
        made[0].close()
        assert select(both, 0.05) == []
        pairs[0][0].publish(1)
        assert select(both, 20) == [pairs[0][1]]


def test_values_of_an_ended_publisher_count(pairs: Pairs) -> None:
    publisher, subscriber = pairs[0]
    assert subscriber.try_recv() is None
    publisher.publish(1)
    publisher.close()
    with Publisher("topic/0", 0):
        assert select([subscriber], 0) == [subscriber]
        assert subscriber.try_recv() == 1
        assert select([subscriber], 0) == []


def test_a_publisher_killed_before_its_wake_is_seen_in_time(pairs: Pairs, shm_dir: Path) -> None:
    subscribers = [subscriber for _, subscriber in pairs]
    start = time.monotonic()
    with later(0.03, _descriptors.publish_without_a_wake, shm_dir, "topic%2F1"):
        assert select(subscribers, 20) == [subscribers[1]]
    assert time.monotonic() - start < 0.03 + 0.1 + SLACK


def test_a_topic_of_another_type_counts_and_raises_when_it_is_read(pairs: Pairs) -> None:
    pairs[0][0].close()
    with Publisher("topic/0", 0.5):
        assert select([pairs[1][1], pairs[0][1]]) == [pairs[0][1]]
        with pytest.raises(TopicTypeError):
            pairs[0][1].try_recv()


@pytest.mark.parametrize("count", [128, 150])
def test_more_topics_than_futex_waitv_takes(count: int) -> None:
    made = [(Publisher(f"topic/{n}", 0), Subscriber(f"topic/{n}", 0)) for n in range(count)]
    subscribers = [subscriber for _, subscriber in made]
    assert select(subscribers, 0.05) == []
    for number in (0, 127, count - 1):
        with later(0.02, made[number][0].publish, number):
            assert select(subscribers, 20) == [subscribers[number]]
        assert subscribers[number].recv() == number
    for publisher, subscriber in made:
        publisher.close()
        subscriber.close()


@pytest.mark.parametrize(
    ("given", "found"), [([1], "int 1"), (["topic"], "'topic'"), (7, "int"), (None, "None")]
)
def test_what_is_no_subscriber_is_refused(given: Any, found: str) -> None:
    with pytest.raises(TopicTypeError, match="select: found") as caught:
        select(given, 0)
    assert found in str(caught.value)


def test_a_subscriber_by_itself_is_no_list_of_them(pairs: Pairs) -> None:
    pairs[0][0].publish(1)
    with pytest.raises(TopicTypeError, match="expected a list of subscribers"):
        select(pairs[0][1], 0)  # type: ignore[arg-type]
    assert pairs[0][1].try_recv() == 1  # it takes no values for subscribers


def test_what_the_iterable_raises_goes_through() -> None:
    def broken() -> Iterator[Subscriber[int]]:
        raise TypeError("mine")
        yield

    with pytest.raises(TypeError, match=r"^mine$"):
        select(broken(), 0)


def test_no_subscribers_need_a_timeout() -> None:
    with pytest.raises(TopicValueError, match="no subscribers"):
        select([])
    start = time.monotonic()
    assert select([], 0.05) == []
    assert time.monotonic() - start >= 0.05


def test_closed_subscriber_ends_it(pairs: Pairs) -> None:
    subscribers = [subscriber for _, subscriber in pairs]
    start = time.monotonic()
    with later(0.05, subscribers[1].close), pytest.raises(ClosedError, match="topic/1"):
        select(subscribers, 20)
    assert time.monotonic() - start < 0.05 + 0.1 + SLACK
    with pytest.raises(ClosedError):
        select(subscribers, 0)


def test_other_threads_run_meanwhile(pairs: Pairs) -> None:
    publisher, subscriber = pairs[1]

    def work_and_publish() -> None:
        for _ in range(200_000):
            pass
        publisher.publish(1)

    thread = threading.Thread(target=work_and_publish)
    thread.start()
    assert select([subscriber for _, subscriber in pairs], 20) == [subscriber]
    thread.join()


def test_signal_handlers_run_and_may_end_it(run_python: Run) -> None:
    ended = run_python(
        "import signal, shm_pub_sub\n"
        "def handle(*_):\n"
        "    handled.append(1)\n"
        "    if len(handled) == 3:\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "        raise KeyboardInterrupt\n"
        "handled = []\n"
        "signal.signal(signal.SIGALRM, handle)\n"
        "publisher = shm_pub_sub.Publisher('topic', 0)\n"
        "with shm_pub_sub.Subscriber('topic', 0) as subscriber:\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\n"
        "    try:\n"
        "        shm_pub_sub.select([subscriber])\n"
        "    except KeyboardInterrupt:\n"
        "        print(len(handled))\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "3\n", "")


@pytest.mark.parametrize("kernel", ["this kernel", "without futex_waitv"])
def test_no_value_is_missed(new_peer: NewPeer, kernel: str) -> None:
    print("seed", seed := random.randrange(2**32))
    chance = random.Random(seed)
    topics, count = ["a", "b", "c"], 500
    publishers = {topic: Publisher(topic, 0, 1000) for topic in topics}
    peer = new_peer()
    if kernel != "this kernel" and not peer.call(_descriptors.forbid_futex_waitv):
        pytest.skip("no seccomp here")
    peer.begin(_descriptors.take_all, topics, count)
    order = topics * count
    chance.shuffle(order)
    published = dict.fromkeys(topics, 0)
    for topic in order:
        published[topic] += 1
        publishers[topic].publish(published[topic])
        if chance.random() < 0.2:
            time.sleep(chance.random() / 1000)
    assert peer.answer() == {topic: list(range(1, count + 1)) for topic in topics}
    for publisher in publishers.values():
        publisher.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_topics_that_may_only_be_read(peer: Peer, shm_dir: Path) -> None:
    shm_dir.chmod(0o755)
    peer.call(_descriptors.become_nobody)
    with Publisher("topic", 0, 1000, mode=0o644) as publisher:
        peer.begin(_descriptors.take_all, ["topic"], 100)
        for value in range(1, 101):
            publisher.publish(value)
            time.sleep(0.0005)
        assert peer.answer() == {"topic": list(range(1, 101))}
        assert epoch(shm_dir) == 0, "it cannot announce itself"


def test_publishers_restart_meanwhile(peer: Peer) -> None:
    for topic in ("topic", "other"):
        peer.call(remote.make_subscriber, topic, 0)
    for value in range(40):
        peer.begin(_descriptors.take_next, "topic")
        with Publisher("topic", 0) as publisher:
            publisher.publish(value)
            assert peer.answer() == value


def test_remote_publisher_ends_the_wait(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0)
    with Subscriber("topic", 0) as subscriber:
        for value in range(200):
            peer.begin(remote.publish, "topic", value)
            assert select([subscriber], 20) == [subscriber]
            assert subscriber.drain() == [value]
            peer.answer()
