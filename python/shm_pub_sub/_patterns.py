"""Names of topics, and shell patterns of them. `*` matches slashes too: robot/* is all below robot.

A word that is the name of a topic is no pattern: if there is a topic `a[1]`, the word a[1] stands
for it, and not for a1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


class Selection:
    """What words choose among topics' names, at any time; no words choose all.

    A word that has been the name of a topic once stays a name, so that a topic's restart does not
    bring others in.
    """

    def __init__(self, words: Iterable[str], names: Iterable[str] = ()) -> None:
        self._names = {*names}
        self.words = [*dict.fromkeys([*words, *self._names])]
        self._names.update(word for word in self.words if set("*?[").isdisjoint(word))

    def of(self, names: Sequence[str]) -> list[str]:
        """Return those of the names that are chosen, in their order."""
        if not self.words:
            return [*names]
        self._names.update({*self.words} & {*names})
        patterns = self.patterns
        return [name for name in names if name in self._names or _one_matches(patterns, name)]

    @property
    def patterns(self) -> list[str]:
        """The words that have not been a name yet."""
        return [word for word in self.words if word not in self._names]

    @property
    def names(self) -> list[str]:
        return [word for word in self.words if word in self._names]


def matched(words: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return those of the names that the words choose."""
    return Selection(words).of(names)


def unmatched(words: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return those of the words that choose none of the names."""
    return [word for word in words if not matched([word], names)]


def _one_matches(patterns: Sequence[str], name: str) -> bool:
    # any() of a generator may swallow an interrupt, from Python 3.12 on.
    for pattern in patterns:  # noqa: SIM110
        if fnmatchcase(name, pattern):
            return True
    return False
