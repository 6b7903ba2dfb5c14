"""Figures in few numbers, and Markdown tables of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

OURS, FLOOR = "ours", "memory_"
"""Rows whose names begin with FLOOR are plain memory without protection: no peers."""

Summary = dict[str, float]
"""min, median, low and high (quartiles) and, compared with ours, ratio."""


def summary(figures: Sequence[float], ours: Sequence[float] | None = None) -> Summary:
    """Return what the report needs of the figures of all rounds."""
    found = {
        "min": min(figures),
        "median": statistics.median(figures),
        "low": quantile(figures, 0.25),
        "high": quantile(figures, 0.75),
    }
    if ours and (quotient := ratio(ours, figures)) is not None:
        found["ratio"] = quotient
    return found


def quantile(figures: Sequence[float], share: float) -> float:
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def ratio(mine: Sequence[float], theirs: Sequence[float]) -> float | None:
    """Return the median ratio of neighbouring rounds: noise affects both alike."""
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=False) if b]
    return statistics.median(a / b for a, b in pairs) if pairs else None


def ns(value: float) -> str:
    """Three digits and a unit, for a time in ns."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value)} ns"


def digits(value: float) -> str:
    """Three digits, or all digits of a larger whole number."""
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def count(value: float) -> str:
    """Three digits and a prefix, for a large number: 1.25 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{digits(value / size)} {unit}"
    return f"{value:.0f}"


def size(nbytes: int) -> str:
    """A whole number and a unit."""
    for unit, each in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if nbytes >= each:
            return f"{nbytes / each:g} {unit}"
    return f"{nbytes} B"


def spread(found: Mapping[str, float]) -> str:
    """The quartiles, in percent below and above the median."""
    middle = found["median"]
    low, high = 100 * (1 - found["low"] / middle), 100 * (found["high"] / middle - 1)
    return f"-{low:.0f} +{high:.0f} %"


def compared(found: Mapping[str, float] | None) -> str:
    return f"{found['ratio']:.2f}" if found and "ratio" in found else "-"


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    text += [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join(text)


def mark(name: str, title: str) -> str:
    if name.startswith(OURS):
        return f"**{title}**"
    return f"*{title}*" if name.startswith(FLOOR) else title


def troubles(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """List why rows are missing, if any are."""
    lines = [f"- {row['title']}: {row['trouble']}" for row in rows.values() if row.get("trouble")]
    return "\n".join(["Not measured:", "", *lines]) if lines else ""


def best(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Return the peer with the least median; empty if there is none."""
    peers = [name for name in figures if not name.startswith((OURS, FLOOR))]
    return min(peers, key=lambda name: figures[name]["median"], default="")
