"""follow(): every value of every topic that matches, blocking."""

import gc
import logging
import pickle
import signal
import threading
import time
import weakref
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import (
    ClosedError,
    Follow,
    Publisher,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
    follow,
)
from support.forked import ForkChild
from support.programs import Start

LONG = 30.0
"""Seconds that nothing takes."""


@pytest.fixture
def everything() -> Iterator[Follow]:
    with follow() as found:
        yield found


def values(follower: Follow, n: int) -> list[tuple[str, Any]]:
    found = (follower.recv(LONG) for _ in range(n))
    return [(name, sample.value) for name, sample in found]


def test_the_newest_of_what_is_there_and_all_of_what_comes() -> None:
    with Publisher("early", 0, 5) as early, Publisher("other", 0):
        early.publish_many([1, 2, 3])
        with follow("early", "late*") as follower:
            assert values(follower, 1) == [("early", 3)]
            with Publisher("late/one", 0, 5) as late:
                late.publish_many([4, 5, 6])
                assert values(follower, 3) == [("late/one", 4), ("late/one", 5), ("late/one", 6)]
                assert follower.topics == ["early", "late/one"]
                early.publish(7)
                assert values(follower, 1) == [("early", 7)]
                with pytest.raises(WaitTimeoutError, match="'early', 'late\\*': found no value wi"):
                    follower.recv(0.01)
            assert follower.lost == 0


def test_samples_say_when_and_which(everything: Follow) -> None:
    with Publisher("topic", 0, 5) as pub:
        before = time.monotonic_ns()
        pub.publish(1)
        pub.publish(2)
        (_, first), (_, second) = everything.recv(LONG), everything.recv(LONG)
        assert (first.sequence, second.sequence) == (1, 2)
        assert before <= first.time_ns <= second.time_ns <= time.monotonic_ns()


def test_values_of_several_topics_come_in_the_order_of_their_times(everything: Follow) -> None:
    with Publisher("b", 0, 50) as b, Publisher("a", 0, 50) as a:
        for n in range(20):
            (a if n % 3 else b).publish(n)
        assert [value for _, value in values(everything, 20)] == [*range(20)]


def test_a_topic_s_values_keep_their_order_whatever_their_times(everything: Follow) -> None:
    now = time.monotonic_ns()
    with Publisher("a", 0, 9) as pub:
        pub.publish_at(1, now - 2000)
        assert values(everything, 1) == [("a", 1)]
        pub.publish_at(2, now - 1000)
    with Publisher("a", 0, 9) as pub, Publisher("b", 0, 9) as other:
        pub.publish_at(3, now - 4000)
        other.publish_at(4, now - 500)
        pub.publish_at(5, now)
        assert [value for _, value in values(everything, 4)] == [2, 3, 4, 5]


def test_newest_skips_what_is_older() -> None:
    with follow(newest=True) as follower, Publisher("a", 0, 50) as a, Publisher("b", "", 50) as b:
        for n in range(5):
            a.publish_many(range(10 * n, 10 * n + 10))
            b.publish(f"{n}-")
            b.publish(str(n))
            found = dict(values(follower, 2))
            assert found == {"a": 10 * n + 9, "b": str(n)}
        with pytest.raises(WaitTimeoutError):
            follower.recv(0)
        assert follower.lost == 0


def test_what_was_published_before_the_call_is_there_without_waiting() -> None:
    """The thread that tells the descriptor may not have run yet."""
    with Publisher("a", 0) as a, Publisher("b", 0), follow() as follower:
        for n in range(500):
            a.publish(n)
            assert follower.recv(0)[1].value == n


def test_newest_is_that_of_the_next_publisher() -> None:
    with follow("a", newest=True) as follower:
        with Publisher("a", 0, 50) as pub:
            pub.publish(1)
            assert values(follower, 1) == [("a", 1)]
            pub.publish_many([2, 3])
        with Publisher("a", 0, 50) as pub:
            pub.publish_many([4, 5])
            assert values(follower, 1) == [("a", 5)]


def test_values_of_any_type_are_copies(everything: Follow) -> None:
    with Publisher("array", np.zeros(3)) as array, Publisher("text", "", max_size=9) as text:
        array.publish(np.ones(3))
        text.publish("text")
        found = dict(values(everything, 2))
        array.publish(np.zeros(3))
    assert found["text"] == "text"
    assert found["array"].flags.writeable
    assert found["array"].tolist() == [1.0, 1.0, 1.0]


def test_a_topic_may_change_its_type(everything: Follow) -> None:
    for value in (1, 2.5, True, "text"):
        with Publisher("topic", value) as pub:
            pub.publish(value)
            assert values(everything, 1) == [("topic", value)]


def test_values_of_a_publisher_that_has_gone_come_before_the_next_one_s(everything: Follow) -> None:
    with Publisher("topic", 0, 9) as pub:
        pub.publish(1)
        assert values(everything, 1) == [("topic", 1)]
        pub.publish_many([2, 3])
    with Publisher("topic", 0, 9) as pub:
        pub.publish_many([4, 5])
        assert [value for _, value in values(everything, 4)] == [2, 3, 4, 5]


KILLED = """
import sys, shm_pub_sub
pub = shm_pub_sub.Publisher("topic", 0, 9, retain=bool(int(sys.argv[1])))
pub.publish(int(sys.argv[2]))
input()
"""


@pytest.mark.parametrize("retain", [False, True])
@pytest.mark.shm_leaves_files("publishers are killed")
def test_a_killed_publisher_is_succeeded(
    everything: Follow, start_python: Start, retain: bool
) -> None:
    for n in range(1, 4):
        publisher = start_python(KILLED, int(retain), n)
        assert values(everything, 1) == [("topic", n)]
        publisher.kill()
        with pytest.raises(WaitTimeoutError):
            everything.recv(0.05)


@pytest.mark.shm_leaves_files("a publisher is killed")
def test_a_file_of_the_dead_that_is_removed_by_hand(start_python: Start, shm_dir: Path) -> None:
    """Nobody retires it: only the change of the name can be noticed."""
    with follow("topic") as follower:
        publisher = start_python(KILLED, 0, 1)
        assert values(follower, 1) == [("topic", 1)]
        publisher.kill()
        publisher.wait()
        (shm_dir / "shm_pub_sub.topic").unlink()
        with pytest.raises(WaitTimeoutError):
            follower.recv(0.02)
        with Publisher("topic", 0) as pub:
            pub.publish(2)
            assert values(follower, 1) == [("topic", 2)]


def test_nothing_is_readable_once_all_is_taken() -> None:
    """Otherwise waiting would take a whole processor."""
    with follow() as follower, Publisher("a", 0) as a, Publisher("b", ""):
        a.publish(1)
        assert values(follower, 1) == [("a", 1)]
        with pytest.raises(WaitTimeoutError):
            follower.recv(0.01)
        assert follower.topics == ["a", "b"]
        poll = follower._follower.poll
        assert poll.wait(0.01) == []
        a.publish(2)
        assert len(poll.wait(LONG)) == 1
        assert poll.wait(0) != []


OUTLIVING = """
import sys, shm_pub_sub
pub = shm_pub_sub.Publisher("topic", 0, 9)
for line in sys.stdin:
    pub.publish(int(line))
"""


@pytest.mark.shm_leaves_files("a publisher is killed")
def test_a_publisher_that_outlives_its_name_is_followed_until_it_ends(
    everything: Follow, start_python: Start, shm_dir: Path
) -> None:
    """Then its successor is, whose name had come long before."""
    first = start_python(OUTLIVING)
    first.tell(1)
    assert values(everything, 1) == [("topic", 1)]
    (shm_dir / "shm_pub_sub.topic").unlink()
    first.tell(2)
    assert values(everything, 1) == [("topic", 2)]
    with Publisher("topic", 0, 9) as second:
        second.publish(3)
        first.tell(4)
        assert values(everything, 1) == [("topic", 4)]
        with pytest.raises(WaitTimeoutError):
            everything.recv(0.1)
        first.kill()
        assert values(everything, 1) == [("topic", 3)]


def test_iteration_ends_when_it_is_closed(everything: Follow) -> None:
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        assert next(everything)[1].value == 1
    everything.close()
    everything.close()
    assert list(everything) == []
    assert everything.closed
    with pytest.raises(ClosedError, match="follow all topics: found it closed; call follow"):
        everything.recv(0)
    with pytest.raises(ClosedError), everything:
        pass


def test_another_thread_s_close_wakes_all_that_wait(everything: Follow) -> None:
    ended: list[object] = []

    def receive() -> None:
        try:
            everything.recv()
        except ClosedError as error:
            ended.append(error)

    threads = [threading.Thread(target=receive) for _ in range(3)]
    for thread in threads:
        thread.start()
    while everything._receivers < 3:
        time.sleep(0.001)
    everything.close()
    for thread in threads:
        thread.join(LONG)
    assert len(ended) == 3


def test_threads_share_one_and_each_value_comes_once(everything: Follow) -> None:
    received: list[int] = []

    def receive() -> None:
        for _, sample in everything:
            received.append(sample.value)

    threads = [threading.Thread(target=receive) for _ in range(3)]
    for thread in threads:
        thread.start()
    with Publisher("a", 0, 500) as a, Publisher("b", 0, 500) as b:
        for n in range(0, 400, 2):
            a.publish(n)
            b.publish(n + 1)
        while len(received) < 400:
            time.sleep(0.001)
        everything.close()
        for thread in threads:
            thread.join(LONG)
    assert sorted(received) == [*range(400)]


def test_values_that_are_queued_wake_another_thread(everything: Follow) -> None:
    """One thread takes all that is there and returns the first only."""
    received: list[Any] = []
    with Publisher("a", 0, 9) as a:
        threads = [
            threading.Thread(target=lambda: received.append(everything.recv(LONG)[1].value))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        while everything._receivers < 3:
            time.sleep(0.001)
        a.publish_many([1, 2, 3])
        for thread in threads:
            thread.join(LONG)
    assert sorted(received) == [1, 2, 3]


def test_followers_in_threads_of_their_own_see_all_names() -> None:
    followers = [follow("*") for _ in range(3)]
    found: list[list[str]] = [[] for _ in followers]

    def receive(n: int) -> None:
        for name, _ in followers[n]:
            found[n].append(name)

    threads = [threading.Thread(target=receive, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for n in range(60):
        with Publisher(f"topic/{n}", 0) as pub:
            pub.publish(n)
            while not all(len(each) > n for each in found):
                time.sleep(0.0005)
    for follower in followers:
        follower.close()
    for thread in threads:
        thread.join(LONG)
    assert found == [[f"topic/{n}" for n in range(60)]] * 3


def test_what_ends_is_forgotten(everything: Follow) -> None:
    for n in range(3):
        with Publisher(f"topic/{n}", 0) as pub:
            pub.publish(n)
            assert values(everything, 1) == [(f"topic/{n}", n)]
    while everything._follower.topics:
        with pytest.raises(WaitTimeoutError):
            everything.recv(0.01)
    assert everything.topics == []


def test_lost_values_are_counted_after_a_topic_s_end_too(everything: Follow) -> None:
    with Publisher("topic", 0, 3) as pub:
        pub.publish(0)
        assert values(everything, 1) == [("topic", 0)]
        pub.publish_many([*range(10)])
        assert len(values(everything, 3)) == 3
        assert everything.lost == 7
    while everything._follower.topics:
        with pytest.raises(WaitTimeoutError):
            everything.recv(0.01)
    assert everything.lost == 7


@pytest.mark.shm_leaves_files("the test damages it")
def test_what_cannot_be_read_is_logged_once(
    shm_dir: Path, everything: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    (shm_dir / "shm_pub_sub.topic").write_bytes(b"nonsense" * 10000)
    with caplog.at_level(logging.WARNING, "shm_pub_sub"):
        while not caplog.messages:
            with pytest.raises(WaitTimeoutError):
                everything.recv(0.01)
        with pytest.raises(WaitTimeoutError):
            everything.recv(0.6)  # it is tried again
    (message,) = caplog.messages
    assert message.startswith("following 'topic': Failed to open")
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        assert values(everything, 1) == [("topic", 1)]


@pytest.mark.shm_leaves_files("the test damages it")
def test_a_value_that_is_damaged_stops_its_topic_for_a_moment(
    shm_dir: Path, everything: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    with Publisher("topic", "", 9, max_size=9) as pub, Publisher("other", 0) as other:
        pub.publish("before")
        assert values(everything, 1) == [("topic", "before")]
        pub.publish("good")
        pub.publish("damaged")
        file = shm_dir / "shm_pub_sub.topic"
        with file.open("r+b") as memory:
            memory.seek(file.read_bytes().index(b"damaged"))
            memory.write(b"\xff\xfe")
        pub.publish("after")
        other.publish(1)
        assert sorted(values(everything, 2)) == [("other", 1), ("topic", "good")]
        while everything.topics != ["other", "topic"] or not caplog.messages:
            with pytest.raises(WaitTimeoutError):
                everything.recv(0.01)
        (message,) = caplog.messages
        assert message.startswith("following 'topic': subscribe to 'topic': found bytes that are")
        pub.publish("later")
        assert values(everything, 1) == [("topic", "later")]
    with Publisher("topic", "", 9, max_size=9) as pub:
        pub.publish("next")
        assert values(everything, 1) == [("topic", "next")]


def descriptors() -> list[int]:
    return sorted(int(path.name) for path in Path("/proc/self/fd").iterdir())


def test_a_collected_one_releases_everything() -> None:
    gc.collect()
    before = descriptors()
    with Publisher("topic", 0) as pub:
        opened = descriptors()
        pub.publish(1)
        follower = follow()
        assert values(follower, 1) == [("topic", 1)]
        assert len(descriptors()) == len(opened) + 5
        gone = weakref.ref(follower)
        del follower
        gc.collect()
        assert gone() is None
        assert descriptors() == opened
    assert descriptors() == before


def test_an_interrupt_ends_the_wait(everything: Follow) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupted)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            everything.recv(LONG)
    finally:
        signal.signal(signal.SIGALRM, before)
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        assert values(everything, 1) == [("topic", 1)]


def test_a_signal_handler_may_close_it(everything: Follow) -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: everything.close())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert list(everything) == []
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_forked_child_and_its_parent_see_all(everything: Follow, fork_child: ForkChild) -> None:
    with Publisher("early", 0, 5) as early:
        early.publish(1)
        assert values(everything, 1) == [("early", 1)]

        def steps() -> Generator[Any, None, None]:
            yield values(everything, 1)
            yield values(everything, 1)
            yield everything.topics

        child = fork_child(steps)
        with Publisher("late", 0, 5) as late:
            late.publish(2)
            assert values(everything, 1) == child.next() == [("late", 2)]
            early.publish(3)
            assert values(everything, 1) == child.next() == [("early", 3)]
            assert child.next() == ["early", "late"]


def test_arguments_are_checked() -> None:
    with pytest.raises(TopicTypeError, match="topic name: found int"):
        follow(1)  # type: ignore[arg-type]
    with pytest.raises(TopicTypeError, match=r"found list \['a'\]; .*write follow\(\*names\)"):
        follow(["a"])  # type: ignore[arg-type]
    with pytest.raises(TopicTypeError, match="found newest=1; expected True or False"):
        follow(newest=1)  # type: ignore[arg-type]
    with pytest.raises(TopicValueError, match="found an empty pattern"):
        follow("")
    with follow() as follower:
        with pytest.raises(TopicValueError, match="follow: found a timeout of -1"):
            follower.recv(-1)
        with pytest.raises(TopicTypeError, match="cannot pickle"):
            pickle.dumps(follower)


def test_it_says_what_it_follows() -> None:
    with Publisher("a", 0), follow("a", "b*") as follower:
        with pytest.raises(WaitTimeoutError):
            follower.recv(0)
        assert repr(follower) == "<Follow 'a', 'b*', 1 topics>"
    assert repr(follower) == "<Follow 'a', 'b*', closed>"
