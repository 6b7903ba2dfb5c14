"""Shell patterns of topics' names. `*` matches slashes as well: robot/* is all below robot."""

from __future__ import annotations

from fnmatch import fnmatchcase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def is_pattern(text: str) -> bool:
    """Report whether the text has the signs of a pattern; a topic's name may have them too."""
    return not set("*?[").isdisjoint(text)


def one_matches(patterns: Iterable[str], name: str) -> bool:
    """Report whether one of the patterns is name, or matches it."""
    # any() of a generator may swallow an interrupt, from Python 3.12 on.
    for pattern in patterns:  # noqa: SIM110
        if name == pattern or fnmatchcase(name, pattern):
            return True
    return False
