"""HTML, without scripts, for notebooks: cards of publishers and subscribers, tables of topics.

Colours are the page's own, or readable on both dark and light pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from ._svg import sparkline
from ._text import printable, shortened

Value = bool | int | float

WIDEST, WIDEST_LARGE = 200, 24
"""Characters of a value, and of one in large type."""

_BORDER = "1px solid rgba(128,128,128,.45)"
_BOX = f"display:inline-block;border:{_BORDER};border-radius:6px;padding:.5em .8em;line-height:1.6"
_CELL = f"padding:.25em .8em;border-bottom:{_BORDER};"
_LEFT, _RIGHT = f"{_CELL}text-align:left", f"{_CELL}text-align:right"
_ALIVE, _GONE = "#2a9d4a", "#8a8a8a"


def safely(show: Callable[[], str], what: object) -> str:
    """Return the HTML that `show` makes of an object, or its repr if that fails."""
    try:
        return show()
    except Exception:
        return f"<pre>{escape(repr(what))}</pre>"


def card(name: str, what: str, reading: str = "", remark: str = "") -> str:
    """Return a box with a topic's name, what reads or publishes it, its reading and a remark."""
    if remark:
        reading += f'<div style="opacity:.75">{escape(printable(remark))}</div>'
    return (
        f'<div style="{_BOX}"><div><b>{escape(printable(name))}</b>&ensp;'
        f'<span style="opacity:.75">{escape(shortened(what, WIDEST))}</span></div>{reading}</div>'
    )


def reading(
    value: str, kept: Sequence[Value], alive: bool, facts: str, about: Iterable[str] = ()
) -> str:
    """Return the newest value, a sparkline of those kept, facts, and lines about the topic."""
    large = "font-size:1.6em" if len(value) <= WIDEST_LARGE else ""
    short = shortened(value, WIDEST)
    return (
        '<div style="display:flex;align-items:center;gap:1em">'
        f'<span style="{large}">{escape(short)}</span>{sparkline(kept)}</div>'
        f'<div style="opacity:.9">{_dot(alive)} {escape(facts)}</div>'
    ) + "".join(
        f'<div style="opacity:.75">{escape(printable(shortened(line, WIDEST)))}</div>'
        for line in about
    )


def fields(values: Mapping[str, object]) -> str:
    """Return a table with a row for each field."""
    rows = "".join(
        f'<tr><td style="{_LEFT};opacity:.75">{field}</td>'
        f'<td style="{_LEFT}">{escape(printable(str(value)))}</td></tr>'
        for field, value in values.items()
    )
    return f'<table style="border-collapse:collapse">{rows}</table>'


def topics(heading: Sequence[str], rows: Iterable[tuple[bool, Sequence[str]]]) -> str:
    """Return a table of topics; a row is whether the publisher is alive, and the cells.

    The third cell is the publisher; later ones are numbers.
    """
    head = "".join(f'<th style="{_side(n)}">{text}</th>' for n, text in enumerate(heading))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_side(n)}">{f"{_dot(alive)} " if n == 2 else ""}{escape(cell)}</td>'
            for n, cell in enumerate(cells)
        )
        + "</tr>"
        for alive, cells in rows
    )
    if not body:
        return "<i>no topics</i>"
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _side(column: int) -> str:
    return _LEFT if column < 3 else _RIGHT


def _dot(alive: bool) -> str:
    return f'<span style="color:{_ALIVE if alive else _GONE}">●</span>'
