"""A set of points in time, from spans that may overlap."""

from bisect import bisect_right
from collections.abc import Iterable


class Spans:
    def __init__(self, spans: Iterable[tuple[float, float]]) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []
        for start, end in sorted(spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, start: float, end: float) -> bool:
        """Whether any point from start to end is in the set."""
        place = bisect_right(self._starts, end)
        return place > 0 and self._ends[place - 1] >= start
