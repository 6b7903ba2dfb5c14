"""Publishers and subscribers in a storm of kills, stops, forks, restarts and removals."""

import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import shm_pub_sub
from support.counts import dice
from support.peer import Peer

from . import _controller
from ._checker import check
from ._recorder import OK, TYPE
from ._story import NEVER, Generation, Story, read_logs
from ._values import topic_name

SECONDS = float(os.environ.get("SHM_PUB_SUB_STORM_SECONDS") or 12)

LEAST = {
    "kills": 0.3,
    "kills in the middle of a life": 0.1,
    "kills in the middle of a step": 0.05,
    "stops": 0.1,
    "publishers": 0.3,
    "by C": 0.1,
    "take-overs": 0.2,
    "take-overs by another type": 0.05,
    "refused": 0.1,
    "removed": 0.03,
    "forks": 0.03,
    "readers": 0.1,
    "reads": 500,
    "values": 5,
    "received": 50,
    "of other types": 10,
}
"""What a second does at the least, on two processors with forty processes that want them.

A storm that did nothing proves nothing. What is less than one in all may be missing."""


def figures(story: Story) -> dict[str, int]:
    """How much happened."""
    lives = list(story.generations.values())
    changes = [pair for owners in story.owners.values() for pair in pairwise(owners)]
    takeovers = [(old, new) for old, new in changes if old.closed is None or old.retain]
    seen = {(run.topic, run.generation) for _, run in story.reads if run.generation}
    return {
        "publishers": sum(each.owns is not None for each in lives),
        "by C": sum(each.owns is not None and each.by == "c" for each in lives),
        "by Go": sum(each.owns is not None and each.by == "go" for each in lives),
        "kills in the middle of a life": sum(map(_killed_alive, lives)),
        "kills in the middle of a step": sum(each.cut_short for each in lives),
        "take-overs": len(takeovers),
        "take-overs by another type": sum(old.kind != new.kind for old, new in takeovers),
        "refused": sum(each.refused is not None for each in lives),
        "removed": sum(each.outcome == "removed" for each in story.removals),
        "forks": sum(len(each.children) for each in lives),
        "readers": len({actor for actor, _ in story.reads}),
        "reads": sum(run.reads for _, run in story.reads),
        "values": sum(run.values for _, run in story.reads if run.outcome == OK),
        "of other types": sum(run.reads for _, run in story.reads if run.outcome == TYPE),
        "received": story.received,
        "publishers read": len(seen),
        "slowest read, ms": max((run.slowest for _, run in story.reads), default=0) // 1_000_000,
    }


def _killed_alive(life: Generation) -> bool:
    return life.owns is not None and life.closing == NEVER and life.actor.killed != NEVER


@pytest.mark.timeout(300 + 2 * SECONDS)
def test_the_promises_hold_in_a_storm(
    peer: Peer,
    shm_dir: Path,
    tmp_path: Path,
    go_actor: Path | None,
    record_property: Callable[[str, object], None],
) -> None:
    seed = dice().getrandbits(32)
    limit = SECONDS + 100
    began = time.monotonic()
    done = peer.call(_controller.storm, tmp_path, seed, SECONDS, go_actor, timeout=limit)
    lasted = time.monotonic() - began
    story = read_logs(tmp_path)
    found = {"seconds": round(lasted, 1)} | done | figures(story)
    print(", ".join(f"{name} {figure}" for name, figure in found.items()))
    for name, figure in found.items():
        record_property(name, figure)

    wrong = check(story)
    assert not wrong, f"{len(wrong)} broken promises:\n" + "\n".join(wrong[:20])
    assert peer.output == ""
    few = {name: found[name] for name, least in LEAST.items() if found[name] < int(least * SECONDS)}
    assert not few, f"the storm did too little: {few}"

    for topic in story.attempts:
        with shm_pub_sub.Publisher(topic_name(topic), 0):  # never refused: all owners are dead
            pass
    assert list(shm_dir.iterdir()) == []
