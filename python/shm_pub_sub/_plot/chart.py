"""A collector's curves as HTML: a legend, and inline SVG in the page's own colours."""

from __future__ import annotations

import math
from html import escape

from .._svg import LEAST_SPAN, bounds, path, scale, ticks
from .._text import printable, shortened
from .collector import Collector
from .curve import Curve, Point, label, shared_unit, title
from .newest import Newest

Drawn = tuple[Curve, list[Point], str]  # the last is its colour

WIDTH, HEIGHT, STRIP = 720, 220, 36
"""Pixels: of the chart, of its plot of numbers, and of its strip of bools."""

LEFT, RIGHT, MARGIN, BELOW = 70, 12, 8, 30
"""Pixels: beside the plots, above and below each, and for the time axis."""

PATIENCE = 3
"""Seconds without a newer picture after which a live one shows that it is out of date."""

_STALE = "shm-pub-sub-not-updated"

_STYLE = (
    f"<style>.{_STALE}{{animation:{_STALE} {PATIENCE}s both}}"
    f"@keyframes {_STALE}{{0%,90%{{opacity:0}}to{{opacity:1}}}}"
    f"@media print{{.{_STALE}{{animation:none}}}}</style>"
)
"""Hides the mark of a stale picture for that long, without a script, which a saved notebook would
not run. Without the style, and on paper, the mark is visible at once."""

FEW = 60
"""Points up to which a curve shows them as dots."""

COLOURS = ("#1f8fe0", "#f07f13", "#35a84a", "#e0443e", "#9a6fd0", "#a8705f", "#e06fc0", "#8a8f98")
"""Each readable on white and on black."""


def chart(collector: Collector, live: bool) -> str:
    """Return the curves as HTML: a legend, a plot of numbers, and below it a strip of bools.

    live: A newer picture will replace this one. If none has done so within PATIENCE seconds, as in
    a saved notebook or after the kernel's death, the picture shows that it is not updated.
    """
    collector.refresh()
    now, clock = collector.now()
    newest = _newest(collector, now, clock, live)
    if newest and not collector.curves:
        return f"{_STYLE if live else ''}{newest}"
    drawn = [
        (curve, curve.points(now), COLOURS[n % len(COLOURS)])
        for n, curve in enumerate(collector.curves)
    ]
    seconds, middle = collector.seconds, (LEFT + WIDTH - RIGHT) / 2
    parts, top = [], float(MARGIN)
    numbers = [each for each in drawn if each[0].type is not bool]
    bools = [each for each in drawn if each[0].type is bool]
    if numbers or not bools:
        parts.append(_plot(numbers, now, seconds, top, HEIGHT))
        if unit := shared_unit(curve for curve, _, _ in numbers):
            at_x, at_y = 12, top + HEIGHT / 2
            parts.append(
                f'<text text-anchor="middle" transform="translate({at_x} {at_y}) rotate(-90)">'
                f"{escape(unit)}</text>"
            )
        top += HEIGHT + 2 * MARGIN
    if bools:
        parts.append(_plot(bools, now, seconds, top, STRIP, (0.0, 1.0)))
        top += STRIP + 2 * MARGIN
    bottom = top - MARGIN
    for at in ticks(-seconds, 0.0, 8):
        x = WIDTH - RIGHT + at / seconds * (WIDTH - LEFT - RIGHT)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 8}" text-anchor="middle">{at:g}</text>')
    parts.append(
        f'<text x="{middle}" y="{bottom + 24}" text-anchor="middle">'
        f"seconds before {escape(clock)}{'' if live else ' (stopped)'}</text>"
    )
    if live:
        parts.append(
            f'<text class="{_STALE}" x="{middle}" y="{MARGIN + 24}" '
            'text-anchor="middle" font-size="16" font-weight="bold">'
            f"not updated since {escape(clock)}</text>"
        )
    legend = _legend(drawn, now, collector.more)
    if about := title(collector.curves):
        legend = f"<div><b>{escape(about)}</b></div>{legend}"
    return (
        f'{_STYLE if live else ""}<div style="line-height:1.5;max-width:{WIDTH}px">{legend}</div>'
        f'<svg width="{WIDTH}" viewBox="0 0 {WIDTH} {bottom + BELOW:g}" font-size="12" '
        'style="max-width:100%;height:auto" fill="currentColor" font-family="sans-serif" '
        f'role="img" aria-label="live plot">{"".join(parts)}</svg>{newest}'
    )


def _newest(collector: Collector, now: int, clock: str, live: bool) -> str:
    """Return what is drawn of newest values: pictures, and curves over their index."""
    stale = f'<span class="{_STALE}"><b>not updated since {escape(clock)}</b></span>'
    state = stale if live else f"(stopped at {escape(clock)})"
    return "".join(
        '<div style="margin-top:.5em;line-height:1.5">'
        f"<div>{_about(each)}{escape(each.label(now))} {state if not n else ''}</div>"
        f"{_index_curve(each) if not each.is_picture else each.shown.html if each.shown else ''}"
        f"{_error(each.error)}</div>"
        for n, each in enumerate(collector.newest)
    )


def _about(each: Newest) -> str:
    about = printable(shortened(each.description, 100))
    return f"<div><b>{escape(about)}</b></div>" if about else ""


def _index_curve(each: Newest) -> str:
    """Return a curve over its index, with axes."""
    points = each.shown.points if each.shown else ()
    finite = [value for value in points if value == value]
    if not finite:
        return ""
    width, height = WIDTH - LEFT - RIGHT, HEIGHT // 2
    low, high = bounds(points)
    y_of, last = scale(low, high, MARGIN, MARGIN + height), max(each.count - 1, 1)
    step = width / max(len(points) - 1, 1)
    line = path(((LEFT + n * step, y_of(y)) for n, y in enumerate(points)), steps=False)
    bottom = MARGIN + height
    marks = "".join(
        f'<path d="M{LEFT} {y_of(at):.1f}h{width}" stroke="currentColor" stroke-opacity=".15"/>'
        f'<text x="{LEFT - 6}" y="{y_of(at) + 4:.1f}" text-anchor="end">{at:.6g}</text>'
        for at in ticks(low, high, 4)
    ) + "".join(
        f'<text x="{LEFT + at / last * width:.1f}" y="{bottom + 16}" text-anchor="middle">'
        f"{at:g}</text>"
        for at in ticks(0.0, float(last), 8)
    )
    return (
        f'<svg width="{WIDTH}" viewBox="0 0 {WIDTH} {bottom + 20}" font-size="12" '
        'style="max-width:100%;height:auto" fill="currentColor" font-family="sans-serif" '
        f'role="img" aria-label="{each.count} elements over their index">'
        f'<rect x="{LEFT}" y="{MARGIN}" width="{width}" height="{height}" fill="none" '
        f'stroke="currentColor" stroke-opacity=".4"/>{marks}'
        f'<path d="{line}" fill="none" stroke="{COLOURS[0]}" stroke-width="1.6"/></svg>'
    )


def _error(error: Exception | None) -> str:
    text = printable(str(error)) if error is not None else ""
    return f'<div style="opacity:.75">{escape(text)}</div>' if text else ""


def _legend(drawn: list[Drawn], now: int, more: int) -> str:
    names = "".join(
        '<span style="margin-right:1.5em;white-space:nowrap">'
        f'<span style="color:{colour}">■</span> {escape(label(curve, now))}</span> '
        for curve, _, colour in drawn
    )
    errors = "".join(_error(curve.error) for curve, _, _ in drawn)
    return names + (f"<span>and {more} more</span>" if more else "") + errors


def _plot(
    drawn: list[Drawn],
    now: int,
    seconds: float,
    top: float,
    height: float,
    limits: tuple[float, float] | None = None,
) -> str:
    """Return one plot of the chart: its frame, its value axis and its curves."""
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
        parts.append(
            f'<path d="{path(pixels, curve.type is bool)}" fill="none" '
            f'stroke="{colour}" stroke-width="1.6"/>'
        )
        if curve.type is not bool and len(points) <= FEW:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>'
                for x, y in pixels
                if y == y
            ]
    parts.append("</svg>")
    return "".join(parts)
