"""Shell patterns of topics' names. `*` matches slashes as well: robot/* is all below robot."""

from __future__ import annotations

from fnmatch import fnmatchcase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def is_pattern(text: str) -> bool:
    """Report whether the text has the signs of a pattern; a topic's name may have them too."""
    return not set("*?[").isdisjoint(text)


def matched(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return those of the names that one of the patterns matches; all where there is no pattern.

    What is one of the names is no pattern: `a[1]` stands for the topic a[1] if there is one.
    """
    if not patterns:
        return [*names]
    exact = {*patterns} & {*names}
    others = [pattern for pattern in patterns if pattern not in exact]
    return [name for name in names if name in exact or one_matches(others, name)]


def unmatched(patterns: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return those of the patterns that none of the names is, or matches."""
    return [pattern for pattern in patterns if not matched([pattern], names)]


def one_matches(patterns: Iterable[str], name: str) -> bool:
    """Report whether one of the patterns is name, or matches it."""
    # any() of a generator may swallow an interrupt, from Python 3.12 on.
    for pattern in patterns:  # noqa: SIM110
        if name == pattern or fnmatchcase(name, pattern):
            return True
    return False
