"""Names of topics, and shell patterns of them. `*` matches slashes too: robot/* is all below robot.

A word that is the name of a topic is no pattern: if there is a topic `a[1]`, the word a[1] stands
for it, and not for a1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

Step = str | int
"""To a part of a value: a field's name, or an index."""


class Reading(NamedTuple):
    """What a word may stand for."""

    topic: str
    """A name, or a pattern of names."""
    is_pattern: bool
    steps: tuple[Step, ...] = ()
    """To a part of the topic's values; () for whole values."""

    def chooses(self, name: str) -> bool:
        return fnmatchcase(name, self.topic) if self.is_pattern else name == self.topic

    def chooses_any(self, names: Iterable[str]) -> bool:
        # any() of a generator may swallow an interrupt, from Python 3.12 on.
        for name in names:  # noqa: SIM110
            if self.chooses(name):
                return True
        return False


class Selection:
    """What words choose among topics' names, at any time; no words choose all.

    Of the readings of a word the first that has ever chosen a topic holds: a word that has been
    the name of a topic once stays a name, so that a topic's restart does not bring others in.

    Args:
        words: Names and patterns.
        names: More names, which are no patterns whatever they look like.
        exclude: Names and patterns of what is not chosen.
    """

    def __init__(
        self, words: Iterable[str], names: Iterable[str] = (), exclude: Iterable[str] = ()
    ) -> None:
        only_names = [*names]
        self._readings = {word: self.readings_of(word) for word in words}
        self._readings |= {name: (Reading(name, False),) for name in only_names}
        self.words = [*self._readings]
        self.version = 0
        """Another one whenever a word, of those to exclude too, has got another reading."""
        self._seen = {word: len(readings) for word, readings in self._readings.items()}
        excluded = [*exclude]
        self._excluded = Selection(excluded) if excluded else None

    def readings_of(self, word: str) -> tuple[Reading, ...]:
        """Return what a word may stand for, the best first."""
        name = Reading(word, False)
        return (name, Reading(word, True)) if is_pattern(word) else (name,)

    def expected_reading(self, word: str) -> Reading:
        """Return what a word stands for while no reading has chosen a topic."""
        return self._readings[word][-1]

    def of(self, names: Sequence[str]) -> list[str]:
        """Return those of the names that are chosen, in their order."""
        names = self._not_excluded(names)
        if not self.words:
            return names
        self._learn(names)
        return [name for name in names if self._chooses(name)]

    def reading(self, word: str) -> Reading:
        """Return the reading of a word that holds."""
        readings, seen = self._readings[word], self._seen[word]
        return readings[seen] if seen < len(readings) else self.expected_reading(word)

    @property
    def patterns(self) -> list[str]:
        """The words that are patterns of names."""
        return [word for word in self.words if self.reading(word).is_pattern]

    @property
    def names(self) -> list[str]:
        """The topics that words name, whether they are there or not."""
        readings = [*map(self.reading, self.words)]
        named = dict.fromkeys(each.topic for each in readings if not each.is_pattern)
        return self._not_excluded([*named])

    def possible_names(self, *words: str) -> list[str]:
        """Return the topics that the words may name, the best reading first; all words by default.

        A topic that no word is has no others than itself.
        """
        readings = [e for word in words or self.words for e in self._readings.get(word, ())]
        return [*dict.fromkeys(each.topic for each in readings if not each.is_pattern)]

    def unmatched(self, names: Sequence[str]) -> list[str]:
        """Return the words that choose none of the names."""
        names, found = self._not_excluded(names), []
        for word, readings in self._readings.items():
            for reading in readings:
                if reading.chooses_any(names):
                    break
            else:
                found.append(word)
        return found

    def _not_excluded(self, names: Sequence[str]) -> list[str]:
        if self._excluded is None:
            return [*names]
        version = self._excluded.version
        excluded = {*self._excluded.of(names)}
        self.version += self._excluded.version - version
        return [name for name in names if name not in excluded]

    def _learn(self, names: Sequence[str]) -> None:
        for word, readings in self._readings.items():
            for rank, reading in enumerate(readings[: self._seen[word]]):
                if reading.chooses_any(names):
                    self._seen[word] = rank
                    self.version += 1
                    break

    def _chooses(self, name: str) -> bool:
        for word, readings in self._readings.items():
            seen = self._seen[word]
            if seen < len(readings) and readings[seen].chooses(name):
                return True
        return False


def is_pattern(word: str) -> bool:
    """Report whether a word may be a shell pattern."""
    return not set("*?[").isdisjoint(word)


def matched(words: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return those of the names that the words choose."""
    return Selection(words).of(names)


def unmatched(words: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return those of the words that choose none of the names."""
    return Selection(words).unmatched(names)
