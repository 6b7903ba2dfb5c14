"""How often a topic is published, by the times that its values carry."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from ._hot import Sample


def between(older: Sample[Any], newer: Sample[Any]) -> float | None:
    """Return how often values were published from one value to a later one, in Hz.

    None if they have one time, or are of two publishers.
    """
    values, ns = newer.sequence - older.sequence, newer.time_ns - older.time_ns
    return values * 1e9 / ns if values > 0 and ns > 0 else None


class Intervals:
    """The times from one value to the next, of the last `window` values.

    Values that were lost count: over n values the mean is the n-th part of the time that is known.
    """

    def __init__(self, window: int) -> None:
        self._steps: deque[tuple[int, int]] = deque(maxlen=window)
        """Each in ns, and over how many values."""
        self._last: tuple[int, int] | None = None

    def add(self, samples: list[Sample[Any]]) -> None:
        for _, sequence, time_ns, _ in samples:
            if self._last is not None:
                before, then = self._last
                if sequence > before:  # else it is another publisher's: no interval to speak of
                    self._steps.append((time_ns - then, sequence - before))
            self._last = (sequence, time_ns)

    def figures(self) -> dict[str, float] | None:
        if not self._steps:
            return None
        total = sum(ns for ns, _ in self._steps)
        count = sum(n for _, n in self._steps)
        mean = total / count
        means = [(ns / n, n) for ns, n in self._steps]
        variance = sum(n * (step - mean) ** 2 for step, n in means) / count
        return {
            "rate": 1e9 / mean if total else math.inf,
            "min": min(means)[0] / 1e9,
            "max": max(means)[0] / 1e9,
            "std_dev": math.sqrt(variance) / 1e9,
            "window": len(means),
        }
