"""Whether a subscriber saw what was published."""

from collections.abc import Iterable


def appear_in_order(seen: Iterable[str], published: Iterable[str]) -> bool:
    """Report whether all that was seen was published, in that order; some may be missing.

    Publishers print a value after they publish it. If they are interrupted, they may not have
    printed the last one: leave that one out of what was seen.
    """
    remaining = iter(published)
    return all(value in remaining for value in seen)
