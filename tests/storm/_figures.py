"""How much happened in a storm."""

from collections.abc import Iterable
from itertools import pairwise

from ._recorder import OK, TYPE
from ._story import NEVER, Generation, Story


def figures(story: Story) -> dict[str, int]:
    lives = list(story.generations.values())
    changes = [pair for owners in story.owners.values() for pair in pairwise(owners)]
    takeovers = [(old, new) for old, new in changes if old.closed is None or old.retain]
    seen = {(run.topic, run.generation) for _, run in story.reads if run.generation}
    return {
        "publishers": _count(each.owns is not None for each in lives),
        "by C": _count(each.owns is not None and each.by == "c" for each in lives),
        "by Go": _count(each.owns is not None and each.by == "go" for each in lives),
        "kills in the middle of a life": _count(map(_killed_alive, lives)),
        "kills in the middle of a step": _count(each.cut_short for each in lives),
        "take-overs": len(takeovers),
        "take-overs by another type": _count(old.kind != new.kind for old, new in takeovers),
        "refused": _count(each.refused is not None for each in lives),
        "removed": _count(each.outcome == "removed" for each in story.removals),
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


def _count(truths: Iterable[bool]) -> int:
    return sum(truths)
