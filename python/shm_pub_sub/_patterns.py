"""Shell patterns of topics' names. `*` matches slashes as well: robot/* is all below robot."""

from __future__ import annotations

from fnmatch import fnmatchcase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def is_pattern(text: str) -> bool:
    """Report whether the text has the signs of a pattern; a topic's name may have them too."""
    return any(sign in text for sign in "*?[")


def one_matches(patterns: Iterable[str], name: str) -> bool:
    """Report whether one of the patterns is name, or matches it."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)
