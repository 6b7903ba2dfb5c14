"""Bars on a logarithmic scale, as small SVG files."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from html import escape
from pathlib import Path

from report.tables import digits

OURS, REST, FLOOR = "#c2410c", "#94a3b8", "#475569"
NAMES, BARS, FIGURES = 230, 300, 70
"""Widths, in pixels, of the three columns of a panel."""
LINE, HEAD = 15, 34


def bars(
    groups: Mapping[str, Mapping[str, float]],
    unit: str,
    ours: str,
    target: Path,
    floors: Collection[str] = (),
    most_first: bool = False,
) -> None:
    """Write a panel per group to target.svg, the best on top.

    floors are rows that are no libraries; so are those of plain memory.
    """
    shown = {title: {k: v for k, v in group.items() if v > 0} for title, group in groups.items()}
    panels: list[str] = []
    width, height = NAMES + BARS + FIGURES, 0
    for title, group in shown.items():
        if not group:
            continue
        panels.append(f'<text class="head" x="{NAMES}" y="{height + 20}">{escape(title)}</text>')
        height += HEAD
        names = sorted(group, key=group.__getitem__, reverse=most_first)
        low, high = math.log(min(group.values()) / 2), math.log(max(group.values()))
        for name in names:
            floor = name in floors or name.startswith("plain memory")
            colour = OURS if name.startswith(ours) else FLOOR if floor else REST
            length = BARS * (math.log(group[name]) - low) / (high - low)
            panels += _bar(height, name, length, colour, group[name])
            height += LINE
    text = f'<text x="{NAMES}" y="{height + 20}">{escape(unit)}</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + HEAD}">'
    style = "<style>text{font:11px sans-serif}.name{text-anchor:end}.head{font-weight:bold}</style>"
    back = f'<rect width="{width}" height="{height + HEAD}" fill="#fff"/>'
    lines = [head, style, back, *panels, text, "</svg>"]
    target.with_suffix(".svg").write_text("\n".join(lines) + "\n")


def _bar(y: int, name: str, length: float, colour: str, value: float) -> Iterator[str]:
    yield f'<text class="name" x="{NAMES - 6}" y="{y + 10}">{escape(name)}</text>'
    size = f'width="{length:.0f}" height="{LINE - 4}"'
    yield (
        f'<rect x="{NAMES}" y="{y}" {size} fill="{colour}"/>'
        f'<text x="{NAMES + length + 4:.0f}" y="{y + 10}">{digits(value)}</text>'
    )
