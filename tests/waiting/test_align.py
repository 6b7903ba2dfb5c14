"""align() while it waits: for all at once, for as little as possible, until something ends it."""

import os
import select
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import (
    ClosedError,
    Publisher,
    Subscriber,
    TopicTypeError,
    WaitTimeoutError,
    align,
)
from support import remote
from support.counts import WAITS, dice
from support.forked import ForkChild
from support.peer import NewPeer, Peer
from support.programs import Run
from support.waiting import later

from . import _descriptors, _rounds
from ._descriptors import epoch

Pairs = list[tuple["Publisher[int]", "Subscriber[int]"]]

TOPICS = ["camera", "arm", "gripper"]
SLACK = 10.0
"""Seconds that a busy machine may take for anything."""


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [(Publisher(topic, 0, 8), Subscriber(topic, 0)) for topic in TOPICS]
    yield made
    for publisher, subscriber in made:
        publisher.close()
        subscriber.close()


@pytest.fixture
def subscribers(pairs: Pairs) -> list["Subscriber[int]"]:
    return [subscriber for _, subscriber in pairs]


def values(found: Any) -> list[int]:
    return [sample.value for sample in found]


@pytest.mark.parametrize("how", ["as it is", "without futex_waitv", "without permission to write"])
def test_no_set_is_missed(how: str, new_peer: NewPeer, shm_dir: Path) -> None:
    peer, count = new_peer(), max(300, WAITS // 100)
    if how == "without futex_waitv" and not peer.call(_descriptors.forbid_futex_waitv):
        pytest.skip("no seccomp here")
    if how == "without permission to write":
        if os.geteuid() != 0:
            pytest.skip("only root can become another user")
        shm_dir.chmod(0o1777)
        peer.call(_descriptors.become_nobody)
        count = 100
    publishing = new_peer(SHM_PUB_SUB_TRUST="any") if "write" in how else new_peer()
    publishing.begin(_rounds.publish_rounds, TOPICS, "answers", count, dice().getrandbits(32))
    peer.begin(_rounds.take_rounds, TOPICS, "answers", count)
    seconds = peer.answer(60)
    publishing.answer()
    # A missed wake-up costs a slice.
    assert seconds < count * 0.03 + SLACK


def test_only_what_can_complete_a_set_wakes_it(
    pairs: Pairs, subscribers: list["Subscriber[int]"], shm_dir: Path
) -> None:
    aligned = align(subscribers, tolerance=60)
    for publisher, _ in pairs:
        publisher.publish(1)
    assert values(aligned.recv()) == [1, 1, 1]
    found: list[list[int]] = []
    thread = threading.Thread(target=lambda: found.append(values(aligned.recv(30))))
    before = [epoch(shm_dir, topic) for topic in TOPICS]
    thread.start()
    for number in range(2, 202):
        pairs[0][0].publish(number)
        pairs[1][0].publish(number)
        time.sleep(0.0002)
    # One after the other is found to be there; whichever was waited for first.
    wakes = [epoch(shm_dir, topic) - before[n] for n, topic in enumerate(TOPICS)]
    assert wakes[0] + wakes[1] <= 2
    pairs[2][0].publish(2)
    thread.join(SLACK)
    assert found == [[201, 201, 2]]
    assert aligned.dropped == (199, 199, 0)


def test_topics_far_ahead_wake_nobody(
    pairs: Pairs, subscribers: list["Subscriber[int]"], shm_dir: Path
) -> None:
    now = time.monotonic_ns() - 10**9
    aligned = align(subscribers, tolerance=0.001)
    for publisher, _ in pairs:
        publisher.publish_at(1, now)
    assert values(aligned.recv()) == [1, 1, 1]
    pairs[0][0].publish_at(2, now + 10**7)
    pairs[1][0].publish_at(2, now + 10**8)
    pairs[2][0].publish_at(2, now + 10**8)
    found: list[list[int]] = []
    thread = threading.Thread(target=lambda: found.append(values(aligned.recv(30))))
    before = [epoch(shm_dir, topic) for topic in TOPICS]
    thread.start()
    for number in range(3, 103):
        for publisher, _ in pairs[1:]:
            publisher.publish_at(number, now + 10**8 + number * 10**6)
        time.sleep(0.0002)
    assert [epoch(shm_dir, topic) - before[n] for n, topic in enumerate(TOPICS)][1:] == [0, 0]
    pairs[0][0].publish_at(3, now + 10**8 + 102 * 10**6)
    thread.join(SLACK)
    assert found == [[3, 102, 102]]


def test_a_publisher_killed_before_its_wake_is_seen_in_time(
    pairs: Pairs, subscribers: list["Subscriber[int]"], shm_dir: Path
) -> None:
    aligned = align(subscribers, tolerance=60)
    for publisher, _ in pairs[1:]:
        publisher.publish(1)
    start = time.monotonic()
    with (
        later(0.03, publish_without_a_wake, shm_dir),
        pytest.raises(Exception, match="contradicts"),
    ):
        aligned.recv(20)
    assert time.monotonic() - start < 0.03 + 0.1 + SLACK


def publish_without_a_wake(domain: Path) -> None:
    """Only head moves, far beyond what is possible, so that looking at it is an error."""
    path = domain / "shm_pub_sub.camera"
    with path.open("r+b") as file:
        file.seek(_descriptors.HEAD)
        file.write((1 << 63).to_bytes(8, "little"))


def test_publishers_restart_meanwhile(peer: Peer) -> None:
    with Publisher("arm", 0) as arm, Subscriber("arm", 0) as second:
        aligned = align([Subscriber("camera", 0), second], tolerance=60)
        for number in range(1, 31):
            peer.begin(remote.make_publisher, "camera", 0)
            arm.publish(number)
            with later(0, lambda: (peer.answer(), peer.call(remote.publish, "camera", 7))):
                assert values(aligned.recv(20)) == [7, number]
            peer.call(remote.close_publisher, "camera")
        assert aligned.dropped == (0, 0)


@pytest.mark.parametrize("which", range(3))
def test_closing_any_of_them_ends_it(subscribers: list["Subscriber[int]"], which: int) -> None:
    aligned = align(subscribers, tolerance=1)
    start = time.monotonic()
    with later(0.05, subscribers[which].close), pytest.raises(ClosedError, match=TOPICS[which]):
        aligned.recv(20)
    assert time.monotonic() - start < 0.05 + 0.1 + SLACK
    with pytest.raises(StopIteration):
        next(aligned)


def test_an_error_of_a_topic_ends_the_wait(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    aligned = align(subscribers, tolerance=1)
    pairs[1][0].close()
    made: list[Any] = []
    with later(0.05, lambda: made.append(Publisher("arm", 0.5))), pytest.raises(TopicTypeError):
        aligned.recv(20)
    made[0].close()


@pytest.mark.parametrize("count", [128, 150])
def test_more_topics_than_futex_waitv_takes(count: int) -> None:
    made = [(Publisher(f"topic/{n}", 0), Subscriber(f"topic/{n}", 0)) for n in range(count)]
    aligned = align([subscriber for _, subscriber in made], tolerance=60)
    for number in (0, 127, count - 1):
        for n, (publisher, _) in enumerate(made):
            if n != number:
                publisher.publish(number)
        with later(0.02, made[number][0].publish, number):
            assert values(aligned.recv(20)) == [number] * count
    for publisher, subscriber in made:
        publisher.close()
        subscriber.close()


def test_threads_share_one_and_each_set_goes_to_one(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    aligned, count = align(subscribers, tolerance=60), 500
    found: list[list[int]] = []
    lock = threading.Lock()

    def take() -> None:
        for one in aligned:
            with lock:
                found.append(values(one))

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, count + 1):
        for publisher, _ in pairs:
            publisher.publish(number)
        deadline = time.monotonic() + SLACK
        while len(found) < number and time.monotonic() < deadline:
            time.sleep(0)
        assert len(found) == number
    subscribers[0].close()
    for thread in threads:
        thread.join(SLACK)
    assert sorted(found) == [[n] * 3 for n in range(1, count + 1)]


def test_a_descriptor_is_readable_while_there_may_be_a_set(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    aligned = align(subscribers, tolerance=60)
    poll = select.poll()
    poll.register(aligned, select.POLLIN)

    def readable(seconds: float = 0) -> bool:
        return bool(poll.poll(seconds * 1000))

    assert readable()
    for number in range(1, 6):
        with pytest.raises(WaitTimeoutError):
            aligned.recv(0)
        assert not readable()
        last = number % 3
        for place, (publisher, _) in enumerate(pairs):
            if place != last:
                publisher.publish(number)
        while readable():
            with pytest.raises(WaitTimeoutError):
                aligned.recv(0)
        pairs[last][0].publish(number)
        assert readable(SLACK)
        assert values(aligned.recv(0)) == [number] * 3
    with pytest.raises(WaitTimeoutError):
        aligned.recv(0)
    assert not aligned.closed
    subscribers[0].close()
    assert readable()
    assert aligned.closed


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
        "subscribers = [shm_pub_sub.Subscriber(name, 0) for name in ('topic', 'none')]\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\n"
        "try:\n"
        "    shm_pub_sub.align(subscribers, tolerance=1).recv()\n"
        "except KeyboardInterrupt:\n"
        "    print(len(handled))\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "3\n", "")


def test_a_program_ends_while_a_daemon_thread_waits(run_python: Run) -> None:
    ended = run_python(
        "import threading, time, shm_pub_sub\n"
        "publisher = shm_pub_sub.Publisher('topic', 0)\n"
        "subscribers = [shm_pub_sub.Subscriber(name, 0) for name in ('topic', 'none')]\n"
        "aligned = shm_pub_sub.align(subscribers, tolerance=1)\n"
        "threading.Thread(target=aligned.recv, daemon=True).start()\n"
        "time.sleep(0.05)\n"
        "print('end')\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "end\n", "")


def test_a_forked_child_goes_on_with_an_inherited_one(
    pairs: Pairs, subscribers: list["Subscriber[int]"], fork_child: ForkChild
) -> None:
    aligned = align(subscribers, tolerance=60)
    for publisher, _ in pairs:
        publisher.publish(1)
    assert values(aligned.recv(0)) == [1, 1, 1]

    def steps() -> Generator[Any, None, None]:
        yield "ready"
        yield values(aligned.recv(20))
        yield values(aligned.recv(20))

    child = fork_child(steps)
    assert child.next() == "ready"
    for number in (2, 3):
        with later(0.03, lambda n=number: [publisher.publish(n) for publisher, _ in pairs]):
            assert child.next() == [number] * 3
    assert values(aligned.recv(0)) == [3, 3, 3]
    assert aligned.dropped == (1, 1, 1)


@pytest.mark.parametrize("how", ["copies", "views", "without permission to write"])
def test_frames_that_are_overwritten_meanwhile_are_never_torn(
    how: str, new_peer: NewPeer, shm_dir: Path
) -> None:
    publishing = [new_peer() for _ in range(2)]
    reader = new_peer(SHM_PUB_SUB_TRUST="any")
    if how == "without permission to write":
        if os.geteuid() != 0:
            pytest.skip("only root can become another user")
        shm_dir.chmod(0o755)
        reader.call(_descriptors.become_nobody)
    topics, count = ["left", "right"], 20
    for peer, topic in zip(publishing, topics, strict=True):
        peer.begin(_rounds.publish_frames, topic, "done")
    copied = reader.call(_rounds.take_frames, topics, how == "copies", count, timeout=60)
    assert (copied > 0) == (how == "without permission to write")
    with Publisher("done", 0) as done:
        done.publish(1)
        assert all(peer.answer() >= count for peer in publishing)
