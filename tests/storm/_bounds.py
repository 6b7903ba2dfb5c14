"""How long a publisher's value may be read."""

from ._story import NEVER, Generation, Story

NOTICE = 100_000_000
"""ns within which a death shows."""


def unreadable_from(story: Story, g: Generation) -> float:
    """When no read may start any more that returns its value.

    A close shows at the next read, a death within NOTICE. A retained value lasts until the next
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
        ends = [NEVER if later.retain else unreadable_from(story, later)]
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

    It is told, unless who moved the name was killed before it could: then it looks by itself.
    """
    changes = [
        (each.tried, each.at_most_until)
        for each in story.attempts[g.topic]
        if each.cut_short and each is not g
    ]
    changes += [
        (each.began, each.ended) for each in story.removals_of(g.topic) if each.outcome is None
    ]
    return NOTICE if any(s < until and e > g.at_least_until for s, e in changes) else 0
