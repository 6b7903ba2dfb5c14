"""Thousands of children, by every method, of a parent with busy threads."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
import shm_pub_sub
from support.counts import dice
from support.peer import NewPeer, Peer
from support.waiting import until

from . import _programs, _storm
from ._storm_child import PARENTS

CHILDREN = int(os.environ.get("SHM_PUB_SUB_CHILDREN") or 25)
"""Children of the storm, besides their own children."""

SECONDS = 60 + CHILDREN
"""Seconds until the storm counts as hanging."""

SLACK = 2.0

PATIENCE = 60.0
"""Seconds for a busy machine to start or end a few processes, which is not promised."""


@pytest.fixture(autouse=True)
def _go_collects_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHM_PUB_SUB_GOGC", "1")


@pytest.mark.timeout(SECONDS + 60)
def test_a_storm_of_children_hurts_nobody(peer: Peer) -> None:
    seed = dice().randrange(2**32)
    report = peer.call(_storm.run, CHILDREN, seed, SECONDS + 30, timeout=SECONDS)
    print(report)
    assert report.children.total() >= CHILDREN
    descriptors, threads, mappings = (
        after - before for before, after in zip(report.before, report.after, strict=True)
    )
    # Go may start a thread or map an arena at any time, but not one per child.
    assert descriptors <= 0
    assert threads <= 10
    assert mappings < 25
    peer.finish()


def test_a_killed_parent_is_dead_while_its_children_live(new_peer: NewPeer, shm_dir: Path) -> None:
    random = dice()
    for _ in range(3):
        peer = new_peer()
        sleeper = peer.call(_programs.fork_sleeper, True)
        peer.begin(_storm.run, 10**6, random.randrange(2**32), SECONDS)
        readers = [shm_pub_sub.Subscriber(*topic) for topic in PARENTS.items()]
        ended = shm_pub_sub.Subscriber(_storm.ENDED, 0)
        enough = random.randint(1, 6)
        until(lambda n=enough, e=ended: e.subscribe()[0] >= n, "some children", PATIENCE)
        assert all(reader.subscribe()[1] for reader in readers)
        peer.kill()
        for reader in [*readers, ended]:
            until(lambda r=reader: not r.subscribe()[1], "the parent's death", SLACK)
        os.kill(sleeper, 0)  # it lives
        for name in [*PARENTS, _storm.ENDED]:
            with shm_pub_sub.Publisher(name, 0.5) as publisher:
                publisher.publish(1.5)
        os.kill(sleeper, signal.SIGKILL)
        # Until then they make topics. They end by themselves; killed, some would leave the
        # semaphores of multiprocessing, which is not this library's doing.
        until(lambda: not started_in(shm_dir), "the children's end", PATIENCE)
        # A process gives up its memory, by which it is found, before its locks.
        until(lambda: not any(t.alive for t in shm_pub_sub.topics()), "their locks' end", PATIENCE)
        _storm.remove_dead()  # its output does not matter: the children complain that it died


def started_in(directory: Path) -> list[int]:
    """Returns the processes that were started with this test's directory."""
    mark = f"SHM_PUB_SUB_DIR={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found
