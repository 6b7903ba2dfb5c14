"""Curves as inline SVG: in a notebook's own colours, and a hundred times as fast as matplotlib."""

from __future__ import annotations

import math
import sys
import time
from html import escape

from ._text import label, number, printable, wall_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._curves import Collector, Curve

WIDTH, HEIGHT, STRIP = 720, 220, 36
"""Of a chart in pixels, of its plot of numbers and of its strip of bools."""

SPARK_WIDTH, SPARK_HEIGHT = 240, 40

LEFT, RIGHT, MARGIN, BELOW = 70, 12, 8, 30
"""Beside the plot, above and below each part of it, and for the time axis."""

PATIENCE = 3
"""Seconds without another picture, after which a live one says that it is none."""

_MARK = "shm-pub-sub-not-updated"

_STYLE = (
    f"<style>.{_MARK}{{animation:{_MARK} {PATIENCE}s both}}"
    f"@keyframes {_MARK}{{0%,90%{{opacity:0}}to{{opacity:1}}}}"
    f"@media print{{.{_MARK}{{animation:none}}}}</style>"
)
"""Hides the mark for that long. No script is needed for it, which a saved notebook would not run;
where styles are taken away as well, and on paper, the mark is there at once."""

LEAST_SPAN = 1e-300
"""Of a value axis. What is closer together is drawn as equal: a pixel's share would be 0."""

FEW = 60
"""A curve of no more points than these shows them as dots."""

COLOURS = ("#1f8fe0", "#f07f13", "#35a84a", "#e0443e", "#9a6fd0", "#a8705f", "#e06fc0", "#8a8f98")
"""Each readable on white and on black."""


def path(points: Iterable[tuple[float, float]], steps: bool) -> str:
    """Return an SVG path through pixels; a point that is NaN is a gap, steps are for bools."""
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
    """Return what turns a value into a pixel: low is at the bottom."""
    if high - low == math.inf:
        half = scale(low / 2, high / 2, top, bottom)
        return lambda value: half(value / 2)
    if not high - low > LEAST_SPAN:
        return lambda _: (top + bottom) / 2
    factor = (bottom - top) / (high - low)
    return lambda value: bottom - (value - low) * factor


def sparkline(values: Sequence[bool | int | float]) -> str:
    """Return values, oldest first, as a small curve without axes; "" where there is none to see."""
    finite = [float(value) for value in values if value - value == 0]
    if len(values) < 2 or not finite:
        return ""
    low, high = min(finite), max(finite)
    y_of = scale(low, high, 2, SPARK_HEIGHT - 2)
    step = (SPARK_WIDTH - 4) / (len(values) - 1)
    line = path(
        (
            (2 + at * step, y_of(value) if value - value == 0 else math.nan)
            for at, value in enumerate(values)
        ),
        type(values[0]) is bool,
    )
    what = f"the last {len(values)} values, {number(low)} to {number(high)}"
    return (
        f'<svg width="{SPARK_WIDTH}" height="{SPARK_HEIGHT}" role="img" aria-label="{what}">'
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


def chart(collector: Collector, live: bool) -> str:
    """Return the curves as HTML: a legend, numbers, and bools in a strip of their own below.

    live: Another picture is to replace this one. It says so itself where none has come for PATIENCE
    seconds: it may be in a saved notebook by then, or its kernel may have died.
    """
    now, at_the_right = time.monotonic_ns(), wall_time()
    drawn = [
        (curve, curve.points(now), COLOURS[n % len(COLOURS)])
        for n, curve in enumerate(collector.curves)
    ]
    legend = "".join(
        '<span style="margin-right:1.5em;white-space:nowrap">'
        f'<span style="color:{colour}">■</span> {escape(label(curve))}</span> '
        for curve, _, colour in drawn
    )
    if collector.more:
        legend += f"<span>and {collector.more} more</span>"
    legend += "".join(
        f'<div style="opacity:.75">{escape(printable(str(curve.trouble)))}</div>'
        for curve, _, _ in drawn
        if curve.trouble is not None
    )
    parts, top = [], float(MARGIN)
    numbers = [each for each in drawn if each[0].type is not bool]
    bools = [each for each in drawn if each[0].type is bool]
    if numbers or not bools:
        parts.append(_plot(numbers, now, collector.seconds, top, HEIGHT))
        top += HEIGHT + 2 * MARGIN
    if bools:
        parts.append(_plot(bools, now, collector.seconds, top, STRIP, (0.0, 1.0)))
        top += STRIP + 2 * MARGIN
    bottom = top - MARGIN
    for at in ticks(-collector.seconds, 0.0, 8):
        x = WIDTH - RIGHT + at / collector.seconds * (WIDTH - LEFT - RIGHT)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 8}" text-anchor="middle">{at:g}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{bottom + 24}" text-anchor="middle">'
        f"seconds before {escape(at_the_right)}{'' if live else ' (stopped)'}</text>"
    )
    if live:
        parts.append(
            f'<text class="{_MARK}" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{MARGIN + 24}" '
            'text-anchor="middle" font-size="16" font-weight="bold">'
            f"not updated since {escape(at_the_right)}</text>"
        )
    return (
        f'{_STYLE if live else ""}<div style="line-height:1.5;max-width:{WIDTH}px">{legend}</div>'
        f'<svg width="{WIDTH}" viewBox="0 0 {WIDTH} {bottom + BELOW:g}" font-size="12" '
        'style="max-width:100%;height:auto" fill="currentColor" font-family="sans-serif" '
        f'role="img" aria-label="live plot">{"".join(parts)}</svg>'
    )


def _plot(
    drawn: list[tuple[Curve, list[tuple[int, float]], str]],
    now: int,
    seconds: float,
    top: float,
    height: float,
    limits: tuple[float, float] | None = None,
) -> str:
    """Return one part of a chart: its frame, its value axis and its curves."""
    left, width, bottom = LEFT, WIDTH - LEFT - RIGHT, top + height
    since = now - seconds * 1e9
    low, high = limits or bounds(
        value for _, points, _ in drawn for at, value in points if at >= since
    )
    y_of = scale(low, high, top, bottom)
    frame = f'x="{left}" y="{top}" width="{width}" height="{height}"'
    parts = [f'<rect {frame} fill="none" stroke="currentColor" stroke-opacity=".4"/>']
    span, digits = high - low, 6
    if LEAST_SPAN < span < math.inf:
        digits = min(max(6, round(math.log10(max(abs(low), abs(high)) / span)) + 3), 17)
    marks = [(at, f"{at:.{digits}g}") for at in ticks(low, high, 6)]
    for at, text in [(0.0, "False"), (1.0, "True")] if limits else marks:
        y = y_of(at)
        parts.append(
            f'<path d="M{left} {y:.1f}h{width}" stroke="currentColor" stroke-opacity=".15"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )
    parts.append(f'<svg {frame} viewBox="{left} {top} {width} {height}">')
    per_ns = width / (seconds * 1e9)
    for curve, points, colour in drawn:
        pixels = [(left + width - (now - at) * per_ns, y_of(value)) for at, value in points]
        dots = curve.type is not bool and len(points) <= FEW
        parts.append(
            f'<path d="{path(pixels, curve.type is bool)}" fill="none" '
            f'stroke="{colour}" stroke-width="1.6"/>'
        )
        if dots:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>'
                for x, y in pixels
                if y == y
            ]
    parts.append("</svg>")
    return "".join(parts)


def bounds(values: Iterable[float]) -> tuple[float, float]:
    """Return limits of an axis that has room for all values that are not NaN."""
    finite = [value for value in values if value == value]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    room = high / 20 - low / 20 if low != high else abs(low) / 10 or 1.0
    most = sys.float_info.max
    return max(low - room, -most), min(high + room, most)
