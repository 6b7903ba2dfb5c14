"""Forks while other threads are inside the library: the child holds no lock."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest
import shm_pub_sub
from support import remote
from support.children import fork, pause_forever
from support.forked import ForkChild
from support.peer import NewPeer, Peer
from support.waiting import repeating, until

from . import _programs

SECONDS = 1.0
"""Seconds for each of these tests."""


def sleeping_children(count: int) -> list[int]:
    """Fork children that do nothing, and return their pids."""
    pids = []
    for _ in range(count):
        pids.append(fork(pause_forever))
        time.sleep(0)  # the other threads' turn
    return pids


def end_children(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def make_and_close(name: str, retain: bool = False) -> None:
    with shm_pub_sub.Publisher(name, 0, retain=retain) as publisher:
        publisher.publish(1)


def test_children_work_while_the_parents_threads_come_and_go(peer: Peer) -> None:
    peer.call(_programs.use_in_threads, SECONDS, 3, timeout=60)
    peer.finish()


@pytest.mark.parametrize("retain", [False, True], ids=["topic", "retained topic"])
def test_children_hold_no_topic_that_threads_open_and_close(retain: bool) -> None:
    """Each thread closes and reopens its topic; a child that held its lock would prevent that.

    A retained topic's file stays, and with it any lock on it.
    """
    names = [f"topic/{n}" for n in range(3 if retain else 4)]
    children: list[int] = []
    with repeating(*[lambda n=name: make_and_close(n, retain) for name in names]):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            children += sleeping_children(3)
            if len(children) > 60:
                end_children(children[:30])
                del children[:30]
    for name in names:
        make_and_close(name, retain)
        if retain:
            shm_pub_sub.remove(name)
    end_children(children)


def test_children_hold_no_lock_of_a_removal(peer: Peer) -> None:
    """remove() locks a topic's file for a moment, to find that its publisher lives."""
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 1)

    def remove() -> None:
        with pytest.raises(shm_pub_sub.ExistsError):
            shm_pub_sub.remove("topic")

    with repeating(remove, remove):
        children = sleeping_children(150)
    try:
        peer.kill()
        subscriber = shm_pub_sub.Subscriber("topic", -1)
        assert subscriber.subscribe() == (-1, False)
        with shm_pub_sub.Publisher("topic", 0, 10) as publisher:
            publisher.publish(2)
            assert subscriber.subscribe() == (2, True)
    finally:
        end_children(children)


def test_children_hold_no_lock_of_a_refused_publisher(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0)

    def make() -> None:
        with pytest.raises(shm_pub_sub.ExistsError):
            shm_pub_sub.Publisher("topic", 0)

    with repeating(make, make):
        children = sleeping_children(100)
    try:
        peer.kill()
        make_and_close("topic")
    finally:
        end_children(children)


def test_fork_from_a_thread_while_another_publishes(fork_child: ForkChild) -> None:
    found: list[object] = []
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        subscriber = shm_pub_sub.Subscriber("topic", -1)

        def steps() -> Generator[Any, None, None]:
            yield subscriber.subscribe()
            with shm_pub_sub.Publisher("childs", 0) as own:
                own.publish(3)
                yield shm_pub_sub.Subscriber("childs", -1).subscribe()
            yield None

        def fork_in_thread() -> None:
            child = fork_child(steps)
            found.extend([child.next(), child.next()])
            child.next()
            child.end()

        with repeating(lambda: publisher.publish(1)):
            for _ in range(10):
                thread = threading.Thread(target=fork_in_thread)
                thread.start()
                thread.join()
    assert found == [(1, True), (3, True)] * 10


def run_program() -> None:
    subprocess.run([sys.executable, "-S", "-c", ""], check=True, close_fds=False)


@pytest.mark.parametrize("retain", [False, True], ids=["topic", "retained topic"])
def test_programs_started_from_a_thread_hold_no_topic(retain: bool) -> None:
    """Until exec, its process has all descriptors of this one."""
    with repeating(lambda: subprocess.run(["/bin/true"], check=True), run_program):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            make_and_close("topic", retain=True) if retain else _programs.use_topic("topic")
    if retain:
        shm_pub_sub.remove("topic")


def test_programs_with_a_preexec_function_hold_no_topic() -> None:
    """subprocess then forks, and runs Python before exec."""
    started = [
        subprocess.Popen(["sleep", "60"], preexec_fn=lambda: None)  # noqa: PLW1509 - its purpose
        for _ in range(2)
        if not make_and_close("topic")
    ]
    make_and_close("topic", retain=True)
    make_and_close("topic", retain=True)
    shm_pub_sub.remove("topic")
    for process in started:
        process.kill()
        process.wait()


def all_are_removed() -> bool:
    for topic in shm_pub_sub.topics():
        try:
            shm_pub_sub.remove(topic.name)
        except (shm_pub_sub.ExistsError, shm_pub_sub.TopicNotFoundError):
            return False
    return True


def test_publisher_killed_while_its_threads_and_children_are_busy(new_peer: NewPeer) -> None:
    """After a kill -9 at any moment the topics are free."""
    for _ in range(5):
        peer = new_peer()
        orphans = [peer.call(_programs.fork_sleeper, use) for use in (False, True)]
        peer.begin(_programs.use_in_threads, 60, 3)
        names = [f"busy/{n}" for n in range(3)]
        readers = [shm_pub_sub.Subscriber(name, -1) for name in names]
        for reader in readers:
            until(lambda r=reader: r.subscribe()[1], "its first value")
        peer.kill()
        for name in names:
            make_and_close(name)
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)
        # The child that it was waiting for may be at work, or about to begin; it ends by itself.
        until(all_are_removed, "its last child's end")
