"""Markdown tables of figures: sorted, with ours marked and what could not be measured below."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

OURS, FLOOR = "ours", "memory_"
"""Rows whose names begin with FLOOR are plain memory, which protects no reader: no peers."""


def ns(value: float) -> str:
    """A time in ns with its unit, three digits."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value)} ns"


def digits(value: float) -> str:
    """Three digits, or all that a larger whole number has."""
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def count(value: float) -> str:
    """A large number, three digits: 1.25 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{digits(value / size)} {unit}"
    return f"{value:.0f}"


def quantile(figures: Sequence[float], share: float) -> float:
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(figures: Sequence[float]) -> str:
    """The middle half of them, in per cent of the median, each side."""
    middle = statistics.median(figures)
    low, high = quantile(figures, 0.25), quantile(figures, 0.75)
    return f"-{100 * (1 - low / middle):.0f} +{100 * (high / middle - 1):.0f} %" if middle else ""


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> float:
    """Of turns that were neighbours in time: a machine's mood falls on both."""
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=False) if b]
    return statistics.median(a / b for a, b in pairs)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    text += [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join(text)


def mark(name: str, title: str) -> str:
    if name.startswith(OURS):
        return f"**{title}**"
    return f"*{title}*" if name.startswith(FLOOR) else title


def troubles(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Why rows are missing, one a line; nothing where none is."""
    lines = [f"- {row['title']}: {row['trouble']}" for row in rows.values() if row.get("trouble")]
    return "\n".join(["Not measured:", "", *lines]) if lines else ""


def best(figures: Mapping[str, Sequence[float]]) -> str:
    """The peer with the least median; nothing where there is none."""
    peers = {name: f for name, f in figures.items() if f and not name.startswith((OURS, FLOOR))}
    medians = {name: statistics.median(f) for name, f in peers.items()}
    return min(medians, key=medians.__getitem__, default="")


def compared(mine: Sequence[float] | None, theirs: Sequence[float]) -> str:
    return f"{ratio(mine, theirs):.2f}" if mine and any(theirs) else "-"
