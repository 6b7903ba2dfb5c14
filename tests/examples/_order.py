"""Whether a subscriber saw what was published."""

from collections.abc import Iterable


def appear_in_order(seen: Iterable[str], published: Iterable[str]) -> bool:
    """It reports whether all that was seen was published, in that order; some may be missing."""
    remaining = iter(published)
    return all(value in remaining for value in seen)
