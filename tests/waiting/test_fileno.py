"""fileno(): a descriptor that is readable while a value waits to be taken."""

import errno
import gc
import os
import random
import select
import selectors
import signal
import time
from pathlib import Path

import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber, TopicTypeError
from support import remote
from support.peer import NewPeer, Peer
from support.programs import Check, Run
from support.waiting import later, until

from . import _descriptors
from ._descriptors import RunDelays, descriptors, epoch, readable, watchers

SLACK = 10.0
"""Seconds that a busy machine may take for anything."""

LATE = 0.08
"""Seconds: a lost wake-up, noticed only at the end of the slice."""


def test_readable_while_a_value_is_not_taken() -> None:
    with Publisher("topic", 0, 8) as publisher, Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber, 0.05)
        publisher.publish_many([1, 2])
        assert readable(subscriber, 20)
        assert subscriber.subscribe() == (2, True), "which takes nothing"
        assert readable(subscriber)
        assert subscriber.try_recv() == 1
        assert readable(subscriber)
        assert subscriber.try_recv() == 2
        assert not readable(subscriber, 0.05)
        publisher.publish(3)
        assert readable(subscriber, 20)
        assert subscriber.drain() == [3]
        assert not readable(subscriber, 0.05)


def test_what_was_there_before_makes_it_readable() -> None:
    with Publisher("topic", 0) as publisher:
        publisher.publish(1)
        with Subscriber("topic", 0) as subscriber:
            assert readable(subscriber)
            assert subscriber.recv() == 1
            assert not readable(subscriber)


def test_a_value_taken_otherwise_leaves_it_readable_only_briefly() -> None:
    with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber)
        for value in range(100):
            publisher.publish(value)
            assert subscriber.recv(1) == value
        assert subscriber.try_recv() is None
        assert not readable(subscriber, 0.05)


@pytest.mark.parametrize("kind", ["select", "poll", "epoll", "selectors"])
def test_every_way_of_waiting_takes_it(kind: str) -> None:
    with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
        with later(0.02, publisher.publish, 1):
            if kind == "select":
                assert select.select([subscriber], [], [], 20)[0] == [subscriber]
            elif kind == "poll":
                assert readable(subscriber, 20)
            elif kind == "epoll":
                with select.epoll() as epoll:
                    epoll.register(subscriber, select.EPOLLIN | select.EPOLLET)
                    epoll.poll(20)
            else:
                with selectors.DefaultSelector() as selector:
                    selector.register(subscriber, selectors.EVENT_READ, "topic")
                    ((key, _),) = selector.select(20)
                    assert key.data == "topic"
        assert subscriber.try_recv() == 1


def test_it_follows_the_topic_from_one_publisher_to_the_next(peer: Peer) -> None:
    with Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber, 0.05)
        peer.call(remote.make_publisher, "topic", 0)
        for value in (1, 2):
            peer.call(remote.publish, "topic", value)
            until(lambda: readable(subscriber, 20) and subscriber.drain() != [], "a value")
        peer.kill()
        with Publisher("topic", 0) as publisher:
            publisher.publish(3)
            until(lambda: readable(subscriber, 20) and subscriber.drain() == [3], "a value")
        until(lambda: not readable(subscriber) or subscriber.drain() != [], "quiet")
        with Publisher("topic", 0) as publisher:
            publisher.publish(4)
            until(lambda: readable(subscriber, 20) and subscriber.drain() == [4], "a value")


@pytest.mark.parametrize("how", ["kill", "close"])
@pytest.mark.shm_leaves_files(reason="a killed publisher's")
def test_a_new_publisher_makes_it_readable_after_the_last_one_ended(peer: Peer, how: str) -> None:
    peer.call(remote.make_publisher, "topic", 0)
    with Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber)
        peer.kill() if how == "kill" else peer.call(remote.close_publisher, "topic")
        until(lambda: subscriber.try_recv() is None and not readable(subscriber), "quiet")
        time.sleep(0.2)  # the watcher learns that the publisher is dead
        assert subscriber.try_recv() is None
        assert not readable(subscriber)
        with Publisher("topic", 0) as publisher:
            publisher.publish(1)
            until(lambda: readable(subscriber, 20) and subscriber.try_recv() == 1, "a value")


def test_a_publisher_killed_before_its_wake_makes_it_readable_within_a_slice(shm_dir: Path) -> None:
    with Publisher("topic", 0), Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber)
        start = time.monotonic()
        _descriptors.publish_without_a_wake(shm_dir)
        assert readable(subscriber, 20)
        assert time.monotonic() - start < 0.1 + SLACK


def test_a_topic_of_another_type_makes_it_readable() -> None:
    with Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber)
        with Publisher("topic", 0.5):
            assert readable(subscriber, 20)
            with pytest.raises(TopicTypeError):
                subscriber.try_recv()


def test_one_thread_serves_many_and_ends_with_the_last() -> None:
    before = descriptors()
    subscribers = [Subscriber(f"topic/{n}", 0) for n in range(127)]
    assert watchers() == 0
    assert not any(readable(subscriber) for subscriber in subscribers)
    until(lambda: watchers() == 1, "the watchers")
    subscribers.append(Subscriber("one more", 0))
    assert not readable(subscribers[-1])
    until(lambda: watchers() == 2, "the watchers")
    subscribers.clear()
    gc.collect()
    until(lambda: watchers() == 0, "the end of the threads")
    assert descriptors() == before


def test_the_number_stays_and_goes_with_close() -> None:
    with Publisher("topic", 0):
        subscriber = Subscriber("topic", 0)
        fd = subscriber.fileno()
        assert subscriber.fileno() == fd
        assert not os.get_inheritable(fd)
        subscriber.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
        with pytest.raises(ClosedError, match="topic"):
            subscriber.fileno()


def test_a_descriptor_that_somebody_closed_is_replaced(tmp_path: Path) -> None:
    # As daemons do; the number may belong to another file by then, which must stay untouched.
    with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
        fd = subscriber.fileno()
        with (tmp_path / "file").open("w+b", buffering=0) as file:
            os.dup2(file.fileno(), fd)
            publisher.publish(1)
            assert subscriber.recv() == 1
            publisher.publish(2)
            assert readable(subscriber, 20)
            assert subscriber.fileno() != fd
            assert file.seek(0, os.SEEK_END) == 0
        os.close(fd)


def test_a_fast_publisher_does_not_pay_for_each_value(shm_dir: Path) -> None:
    with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber)
        for value in range(20_000):
            publisher.publish(value)
        assert epoch(shm_dir) <= 3
        assert readable(subscriber, 20)
        before = epoch(shm_dir)
        time.sleep(0.2)  # two slices of the watcher
        for value in range(20_000):
            publisher.publish(value)
        assert epoch(shm_dir) == before


def play_ping_pong(peer: Peer, rounds: int, seed: int) -> list[float]:
    """Rounds of which each waits for the descriptor; the seconds that each took, but for those in
    which somebody waited for a processor."""
    print("seed", seed)
    chance = random.Random(seed)
    took: list[float] = []
    peer.begin(_descriptors.echo, rounds)
    with Publisher("ping", 0) as publisher, Subscriber("pong", 0) as subscriber:
        assert subscriber.recv(20) == -1
        poll = select.poll()
        poll.register(subscriber.fileno(), select.POLLIN)
        delays = RunDelays(os.getpid(), peer.pid)
        for number in range(rounds):
            for _ in range(chance.randrange(3)):
                subscriber.try_recv()
            start = time.perf_counter() - delays.read()
            publisher.publish(number)
            while (found := subscriber.try_recv()) is None:
                assert poll.poll(20_000)
            took.append(time.perf_counter() - delays.read() - start)
            assert found == number
        delays.close()
    peer.answer()
    return took


def test_no_wake_up_is_lost(peer: Peer) -> None:
    took = play_ping_pong(peer, 20_000, random.randrange(2**32))
    assert sum(seconds > LATE for seconds in took) <= 10, "a few, where the machine itself stands"


def test_no_wake_up_is_lost_without_futex_waitv(new_peer: NewPeer) -> None:
    follower, peer = new_peer(), new_peer()
    if not follower.call(_descriptors.forbid_futex_waitv):
        pytest.skip("no seccomp here")
    follower.begin(_descriptors.follow, "topic", 500)
    peer.call(remote.make_publisher, "topic", 0, 1000)
    for value in range(1, 501):
        peer.call(remote.publish, "topic", value)
    assert follower.answer() == list(range(1, 501))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_read_only_topic_makes_it_readable(peer: Peer, shm_dir: Path) -> None:
    shm_dir.chmod(0o755)
    peer.call(_descriptors.become_nobody)
    with Publisher("topic", 0, 1000, mode=0o644) as publisher:
        peer.begin(_descriptors.follow, "topic", 200)
        for value in range(1, 201):
            publisher.publish(value)
            time.sleep(0.001)
        assert peer.answer()[-1] == 200
        assert epoch(shm_dir) == 0, "it cannot announce itself"


def test_forked_child_has_a_descriptor_of_its_own(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0, 10)
    with Subscriber("topic", 0) as subscriber:
        assert not readable(subscriber)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                signal.alarm(60)
                assert readable(subscriber), "spurious, once"
                assert subscriber.try_recv() is None
                assert not readable(subscriber)
                os.write(1, b"")
                assert readable(subscriber, 20)
                assert subscriber.recv(1) == 1
                assert not readable(subscriber)
                assert readable(subscriber, 20)
                assert subscriber.recv(1) == 2
                status = 0
            finally:
                os._exit(status)
        for value in (1, 2):
            assert not readable(subscriber, 0.2), "what the child does is its own"
            peer.call(remote.publish, "topic", value)
            assert readable(subscriber, 20)
            assert subscriber.try_recv() == value
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_forks_while_watchers_work(peer: Peer) -> None:
    for topic in ("a", "b"):
        peer.call(remote.make_publisher, topic, 0)
    subscribers = [Subscriber("a", 0), Subscriber("b", 0)]
    for subscriber in subscribers:
        assert not readable(subscriber)
    for value in range(100):
        peer.begin(remote.publish, random.choice("ab"), value)
        pid = os.fork()
        if pid == 0:
            signal.alarm(30)
            found = [subscriber.drain() for subscriber in subscribers]
            found += [subscriber.fileno() for subscriber in subscribers]
            os._exit(0)
        poll = select.poll()
        for subscriber in subscribers:
            poll.register(subscriber, select.POLLIN)
        assert poll.poll(20_000)
        for subscriber in subscribers:
            subscriber.drain()
        peer.answer()
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    for subscriber in subscribers:
        subscriber.close()


LIMITS = """
import os, resource, threading
from pathlib import Path
from shm_pub_sub import *
def lower(limit, soft):
    resource.setrlimit(limit, (soft, resource.getrlimit(limit)[1]))
with Publisher("topic", 0) as publisher, Subscriber("topic", 0) as subscriber:
    if {descriptors}:
        highest, last = max(map(int, os.listdir("/proc/self/fd"))), 0
        while last < highest:  # so that no lower number is free
            last = os.dup(0)
        lower(resource.RLIMIT_NOFILE, last + 1)
    else:
        # The C library keeps stacks of threads that have ended, such as those that the library
        # tries before it starts Go's runtime, for new threads.
        threading.stack_size(256 * 1024)
        for _ in range(20):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        lower(resource.RLIMIT_AS, pages * resource.getpagesize() + 100_000)
    try:
        subscriber.fileno()
    except OSError as error:
        print(error.errno, error)
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS):
        resource.setrlimit(limit, (resource.getrlimit(limit)[1],) * 2)
    assert subscriber.fileno() >= 0
    publisher.publish(1)
    assert subscriber.recv() == 1
"""


@pytest.mark.parametrize("what", ["descriptors", "threads"])
def test_no_descriptor_or_no_thread_is_an_error(check_python: Check, what: str) -> None:
    number, _, text = check_python(LIMITS.format(descriptors=what == "descriptors")).partition(" ")
    assert int(number) == (errno.EMFILE if what == "descriptors" else errno.EAGAIN)
    assert "topic" in text
    assert "RLIMIT_NOFILE" in text


@pytest.mark.parametrize("end", ["", "subscriber.close()", "sys.exit(0)", "os._exit(0)"])
def test_a_program_with_watchers_ends_at_once(run_python: Run, end: str) -> None:
    ended = run_python(
        "import os, sys, shm_pub_sub\n"
        "subscriber = shm_pub_sub.Subscriber('topic', 0)\n"
        f"subscriber.fileno()\n{end}\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
