"""When a topic surely had a value to read."""

from collections.abc import Iterator
from typing import NamedTuple

from ._story import NEVER, Generation, Removal, Story


class Promise(NamedTuple):
    start: float
    end: float
    kind: str
    by: int  # the generation


def promises(story: Story, topic: int) -> Iterator[Promise]:
    """In order: from a first publish() to just before the end.

    A retained value lasts on: to the next removal or publisher, and through that one's life if it
    is of the same type, whose file begins with the value.
    """
    owners = story.owners[topic]
    kept: float | None = None  # since when there is a value without a gap
    for n, g in enumerate(owners):
        start, end = (g.first if kept is None else kept), g.at_least_until
        kept = None
        if start is None:
            continue
        if not g.retain:
            yield Promise(start, end, g.kind, g.number)
            continue
        following = owners[n + 1] if n + 1 < len(owners) else None
        gone = _gone_from(story, g, following)
        if gone is not None:
            yield Promise(start, gone, g.kind, g.number)
        elif following is None:
            yield Promise(start, NEVER, g.kind, g.number)
        else:
            kept = start


def _gone_from(story: Story, g: Generation, following: Generation | None) -> float | None:
    """From when a retained value may be gone before the following publisher has it, if at all."""
    horizon = NEVER if following is None or following.owns is None else following.owns
    end = g.at_least_until
    disturbed = [
        each.tried
        for each in story.attempts[g.topic]
        if each.tried < horizon and each.at_most_until > end and _disturbs(each, g, following)
    ]
    disturbed += [
        each.began
        for each in story.removals_of(g.topic)
        if _may_remove(each) and each.began < horizon and each.ended > end
    ]
    if following is not None and following.kind != g.kind:
        disturbed.append(following.tried)
    return max(end, min(disturbed)) if disturbed else None


def _disturbs(each: Generation, g: Generation, following: Generation | None) -> bool:
    """Whether it may have taken the topic over in between and been killed before it logged that."""
    if each is g or each is following or not each.may_have_owned or each.owns is not None:
        return False
    return each.kind != g.kind or not each.retain


def _may_remove(removal: Removal) -> bool:
    return removal.outcome in ("removed", None)
