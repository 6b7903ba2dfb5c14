"""Many processes compete for one topic and are killed at any moment: it never has two owners."""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.counts import KILLS, dice
from support.peer import Peer
from support.waiting import until

from . import _contenders, _victims

ROUNDS = max(3, KILLS // 8)
CONTENDERS = 6


@pytest.mark.timeout(60 + ROUNDS)
def test_contenders_that_are_killed_never_are_two_owners(
    peer: Peer, shm_dir: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    random = dice()
    peer.call(_victims.warm_up)
    owned: list[tuple[float, float, int]] = []
    for turn in range(ROUNDS):
        log = tmp_path / f"log{turn}"  # of each turn its own: pids come again
        log.touch()
        seeds = [random.getrandbits(32) for _ in range(CONTENDERS)]
        pids = peer.call(_contenders.begin, "topic", log, seeds, time.monotonic() + 0.02)
        if turn % 2:  # in the middle of their work, or perhaps before it; on any machine
            until(lambda log=log: log.stat().st_size > 0, "the first owner")
        random.shuffle(pids)
        ends: dict[int, float] = {}
        for pid in pids:
            time.sleep(random.uniform(0, 0.02))
            ends[pid] = peer.call(_contenders.kill, pid)
        assert [path.name for path in shm_dir.iterdir()] in ([], ["shm_pub_sub.topic"])
        with shm_pub_sub.Publisher("topic", 0) as publisher:  # never refused: all owners are dead
            publisher.publish(1)
        assert list(shm_dir.iterdir()) == []
        owned += tenures(log, ends)
        log.unlink()
    for (_, first_end, first), (start, _, second) in pairwise(owned):
        assert first_end <= start, f"{first} and {second} both own it from {start}"
    record_property("tenures", len(owned))
    print(f"{len(owned)} times owned by {ROUNDS * CONTENDERS} contenders")
    assert len(owned) >= ROUNDS // 2


def tenures(log: Path, ends: dict[int, float]) -> list[tuple[float, float, int]]:
    """Each owner's time, at the least: from after its creation to before its close or kill."""
    events: dict[int, list[Any]] = defaultdict(list)
    for line in log.read_text().splitlines():
        at, pid, what, detail = json.loads(line)
        assert what != "error", f"contender {pid}: {detail}"
        events[pid].append((at, what))
    owned = []
    for pid, happened in events.items():
        began = None
        for at, what in happened:
            if what == "owns":
                began = at
            elif what == "closes":
                assert began is not None
                owned.append((began, at, pid))
                began = None
        if began is not None and began < ends[pid]:
            owned.append((began, ends[pid], pid))
    return sorted(owned)


@pytest.mark.timeout(60 + ROUNDS)
def test_one_of_many_takes_a_dead_topic_over(peer: Peer, shm_dir: Path, tmp_path: Path) -> None:
    """A dead publisher's file exists when they begin, so that all take over and none creates."""
    random = dice()
    peer.call(_victims.warm_up)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    for generation in range(1, ROUNDS + 1):
        pid = peer.call(_victims.publish_forever, "topic", 0, 3, generation)
        while subscriber.subscribe()[0] >> 32 != generation:
            pass
        peer.call(_victims.kill, pid)
        log = tmp_path / f"log{generation}"
        log.touch()
        seeds = [random.getrandbits(32) for _ in range(CONTENDERS)]
        pids = peer.call(_contenders.begin, "topic", log, seeds, time.monotonic() + 0.02)
        deadline = time.monotonic() + 20
        # They write their pids.
        while subscriber.subscribe()[0] not in pids:
            assert time.monotonic() < deadline
        ends = {pid: peer.call(_contenders.kill, pid) for pid in pids}
        owned = tenures(log, ends)
        assert owned
        for (_, end, first), (start, _, second) in pairwise(owned):
            assert end <= start, f"{first} and {second} both own it from {start}"
    with shm_pub_sub.Publisher("topic", 0):
        pass
    assert list(shm_dir.iterdir()) == []
