"""Waiting without futex_waitv, which kernels before 5.16 lack: seccomp refuses it."""

import os
import sys
from contextlib import ExitStack

import pytest
from shm_pub_sub import Publisher
from support import programs, remote
from support.paths import TESTS
from support.peer import NewPeer, Peer

from . import _descriptors, _idle

SECONDS = 0.5
MOST = 100
"""Sleeps in that time. A thread that checks publishers has 6, one that polls 250 to 10,000."""


@pytest.fixture
def old(new_peer: NewPeer) -> Peer:
    peer = new_peer()
    if not peer.call(_descriptors.forbid_futex_waitv):
        pytest.skip("no seccomp here")
    return peer


@pytest.mark.parametrize(
    ("kind", "count"),
    [("fileno", 1), ("fileno", 8), ("asyncio", 8), ("follow", 3), ("select", 1), ("align", 3)],
)
def test_waiting_is_no_polling(old: Peer, kind: str, count: int) -> None:
    topics = [f"topic/{number}" for number in range(count)]
    with ExitStack() as stack:
        for topic in topics:
            stack.enter_context(Publisher(topic, 0))
        assert old.call(_idle.sleeps, kind, topics, SECONDS) <= MOST


def test_polling_would_be_noticed(old: Peer) -> None:
    topics = [f"topic/{number}" for number in range(9)]  # one more than have threads
    with ExitStack() as stack:
        for topic in topics:
            stack.enter_context(Publisher(topic, 0))
        assert old.call(_idle.sleeps, "fileno", topics, SECONDS) > MOST


def test_threads_follow_their_topics_from_publisher_to_publisher(old: Peer) -> None:
    topics = [f"topic/{number}" for number in range(10)]
    for topic in topics:
        old.call(remote.make_subscriber, topic, 0)
    for value in range(20):
        old.begin(_idle.take_by_descriptor, topics)
        with ExitStack() as stack:
            for topic in topics:
                publisher = stack.enter_context(Publisher(topic, 0))
                publisher.publish(value)
            assert old.answer() == dict.fromkeys(topics, value)
    assert old.call(_descriptors.watchers) <= 9


def test_descriptors_pass_their_tests_on_an_old_kernel(tmp_path: object) -> None:
    # In processes of which all system calls since 5.1 are refused.
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    ended = programs.run(
        sys.executable,
        *("-m", "pytest", "-q", "-p", "support.old_kernel", "-p", "no:cacheprovider"),
        *("--deselect", "tests/waiting/test_fileno.py::test_no_wake_up_is_lost"),
        f"--basetemp={tmp_path}/t",
        TESTS / "waiting" / "test_fileno.py",
        TESTS / "fork" / "test_inherited_subscriber.py",
        cwd=TESTS.parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        timeout=110,
    )
    assert ended.returncode == 0, ended.stdout
