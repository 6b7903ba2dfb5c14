"""Inline SVG of curves: in a notebook's own colours, a hundred times as fast as matplotlib."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence

from ._text import number

SPARK_WIDTH, SPARK_HEIGHT = 240, 40

LEAST_SPAN = 1e-300
"""Of a value axis. Values closer together are drawn as equal: a pixel's share would be 0."""


def path(points: Iterable[tuple[float, float]], steps: bool) -> str:
    """Return an SVG path through pixels; NaN is a gap. steps: horizontal, then vertical."""
    parts, pen = [], "M"
    for x, y in points:
        if y != y:
            pen = "M"
            continue
        if pen == "L" and steps:
            parts.append(f"H{x:.1f}V{y:.1f}")
        else:
            parts.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return "".join(parts)


def scale(low: float, high: float, top: float, bottom: float) -> Callable[[float], float]:
    """Return the function from a value to its pixel: low is at the bottom."""
    if high - low == math.inf:
        half = scale(low / 2, high / 2, top, bottom)
        return lambda value: half(value / 2)
    if not high - low > LEAST_SPAN:
        return lambda _: (top + bottom) / 2
    factor = (bottom - top) / (high - low)
    return lambda value: bottom - (value - low) * factor


def sparkline(
    values: Sequence[bool | int | float],
    width: int = SPARK_WIDTH,
    height: int = SPARK_HEIGHT,
    what: str = "",
) -> str:
    """Return a small curve of values, oldest first, without axes; "" for fewer than two.

    what: What they are; by default the last values.
    """
    finite = [float(value) for value in values if value - value == 0]
    if len(values) < 2 or not finite:
        return ""
    low, high = min(finite), max(finite)
    y_of = scale(low, high, 2, height - 2)
    step = (width - 4) / (len(values) - 1)
    line = path(
        (
            (2 + at * step, y_of(value) if value - value == 0 else math.nan)
            for at, value in enumerate(values)
        ),
        type(values[0]) is bool,
    )
    label = f"{what or f'the last {len(values)} values'}, {number(low)} to {number(high)}"
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{label}">'
        f'<path d="{line}" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` round numbers from low to high: 1, 2 or 5 times 10**n apart."""
    span = high - low
    if not LEAST_SPAN < span < math.inf:
        return [low]
    step = 10 ** math.floor(math.log10(span / most))
    step *= next((m for m in (1, 2, 5, 10) if span / (step * m) <= most), 20)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def bounds(values: Iterable[float]) -> tuple[float, float]:
    """Return the limits of an axis for values, with a margin; NaN is left out."""
    finite = [value for value in values if value == value]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    margin = high / 20 - low / 20 if low != high else abs(low) / 10 or 1.0
    most = sys.float_info.max
    return max(low - margin, -most), min(high + margin, most)
