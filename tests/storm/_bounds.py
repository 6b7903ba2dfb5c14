"""Until when a publisher's value may be read."""

from functools import lru_cache

from ._story import NEVER, Generation, Story

NOTICE = 100_000_000
"""ns within which a death shows."""


@lru_cache(maxsize=1)
def ends_of_all(story: Story) -> dict[int, float]:
    """By generation, from when on no read may start that returns its value."""
    return {each.number: _end(story, each) for each in story.generations.values()}


def _end(story: Story, g: Generation) -> float:
    """A close shows at the next read, a death within NOTICE. A retained value lasts until the next
    publisher's first one, until that ends without one and does not retain, or is of another type,
    or until it is removed.
    """
    if not g.retain:
        return g.closed if g.closed is not None else g.at_most_until + NOTICE
    return min(_succeeded(story, g), _removed(story, g))


def _succeeded(story: Story, g: Generation) -> float:
    if g.owns is None:
        return NEVER
    for later in story.owners[g.topic]:
        if later.owns is None or later.owns <= g.owns:
            continue
        if later.kind != g.kind:
            return later.owns + _notice(story, g, later.owns)
        ends = [NEVER if later.retain else _end(story, later)]
        if later.first is not None:
            ends.append(later.first + _notice(story, g, later.first))
        if min(ends) < NEVER:
            return min(ends)
    return NEVER


def _removed(story: Story, g: Generation) -> float:
    ends = (
        removal.ended + _notice(story, g, removal.ended)
        for removal in story.removals_of(g.topic)
        if removal.outcome == "removed" and removal.began > g.at_most_until
    )
    return min(ends, default=NEVER)


def _notice(story: Story, g: Generation, until: float) -> float:
    """How long a reader may take to see that the name has moved on.

    It is notified, unless the process that moved the name was killed first: then it looks itself.
    """
    return NOTICE if story.interrupted[g.topic].touch(g.at_least_until, until) else 0
