"""The curves of several topics: named ones, and those that patterns find."""

from __future__ import annotations

import time

from .._arguments import check_directory, check_name, shown
from .._errors import OpenError, TopicTypeError, TopicValueError
from .._patterns import is_pattern, matched
from .._subscriber import Subscriber
from .._topics import names
from .._trust import check_trust
from .curve import LONGEST_PAUSE, LOOK, SHORTEST_PAUSE, Curve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MOST_CURVES = 20
"""Of patterns, together."""


class Collector:
    """The curves of topics, of Subscribers' topics and of patterns.

    Args:
        topics: Names, shell patterns of names as 'robot/*', or Subscribers.
        seconds: How long the window is.
        trust: As for Subscriber; a Subscriber's topic goes by its own.
        directory: As for Subscriber, and likewise.

    Raises:
        TopicTypeError: No topics, or one that is neither text nor a Subscriber (a TypeError).
        TopicValueError: An impossible name, or seconds that are not positive (a ValueError).
    """

    def __init__(
        self, topics: Sequence[Any], seconds: float, trust: Any = None, directory: Any = None
    ) -> None:
        self.seconds: float = check_seconds(seconds)
        self._trust = check_trust(trust)
        self.more: int = 0
        """Topics that match a pattern and are beyond MOST_CURVES."""
        self._where = check_directory(directory)
        self._curves: dict[tuple[str, str], Curve] = {}
        self._patterns: list[str] = []
        self._next_look = 0.0
        for topic in topics:
            if issubclass(type(topic), Subscriber):
                self._follow(topic._directory, topic.name, topic._trust)
            elif is_pattern(check_name(topic)):
                self._patterns.append(topic)
            else:
                self._follow(self._where, topic, self._trust)
        if not topics:
            raise TopicTypeError("plot: found no topic; expected names, patterns or Subscribers")

    @property
    def curves(self) -> list[Curve]:
        """The curves that there are now: named ones at once, a pattern's as topics appear."""
        return [*self._curves.values()]

    def poll(self) -> float:
        """Take what there is, and return after how many seconds to do so again."""
        if self._patterns and time.monotonic() >= self._next_look:
            self._match()
        pause = min((curve.take() for curve in self.curves), default=LONGEST_PAUSE)
        return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)

    def close(self) -> None:
        """Release all topics; the curves stay."""
        for curve in self.curves:
            curve.close()

    def _match(self) -> None:
        """Follow what matches a pattern."""
        self._next_look = time.monotonic() + LOOK
        try:
            there = names(self._where)
        except OpenError:
            return  # the directory is not there, or not now
        self._forget_but(there)
        found = [
            name
            for name in matched(self._patterns, there)
            if (self._where, name) not in self._curves
        ]
        room = max(MOST_CURVES - len(self._curves), 0)
        for name in found[:room]:
            self._follow(self._where, name, self._trust)
            self._curves[self._where, name].matched = True
        self.more = len(found[room:])

    def _forget_but(self, there: Sequence[str]) -> None:
        """Let go of a pattern's topics that are gone, and whose curves have left the window."""
        known, since = set(there), time.monotonic_ns() - round(self.seconds * 1e9)
        for key, curve in [*self._curves.items()]:
            if curve.matched and curve.name not in known and curve.is_older_than(since):
                curve.close()
                del self._curves[key]

    def _follow(self, where: str, name: str, trust: str) -> None:
        curve = Curve(name, where, round(self.seconds * 1e9), trust)
        self._curves.setdefault((where, name), curve)


def check_seconds(seconds: Any) -> float:
    """Return the length of a window as a float."""
    kind = type(seconds)
    if kind is bool or not (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
        raise TopicTypeError(f"plot: found seconds of {kind.__name__}; expected a number")
    if not 0.001 <= seconds <= 1e6:
        raise TopicValueError(f"plot: found {shown(seconds)} seconds; expected 0.001 to 1,000,000")
    return float(seconds)
