"""Figures, with what they should be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Figure:
    """One figure. most: what it should be at most; None for one that only explains others."""

    what: str
    value: float
    unit: str
    most: float | None = None

    @property
    def verdict(self) -> str:
        if self.most is None:
            return ""
        return "met" if self.value <= self.most else "missed"

    def line(self) -> str:
        target = "" if self.most is None else f"<= {self.most:g}"
        number = f"{self.value:9.4g} {self.unit:9}"
        return f"  {self.what:58} {number} {target:9} {self.verdict}".rstrip()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def times(what: str, ns: Sequence[float], unit: float, name: str) -> list[Figure]:
    """Return the median and the 99th percentile of times in ns."""
    return [
        Figure(f"{what}, median", statistics.median(ns) / unit, name),
        Figure(f"{what}, p99", percentile(ns, 0.99) / unit, name),
    ]


def percent(what: str, shares: Sequence[float], most: float | None) -> list[Figure]:
    """Return what the sending and the receiving bridge take, in % of a processor."""
    sides = "sending", "receiving"
    return [
        Figure(f"{what}: {side} bridge", 100 * share, "% of a core", most)
        for side, share in zip(sides, shares, strict=True)
    ]
