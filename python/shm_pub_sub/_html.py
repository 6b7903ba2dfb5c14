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
_FIELD = "padding:0 .8em 0 0;text-align:left;vertical-align:middle"
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
        reading += note(remark)
    return (
        f'<div style="{_BOX}"><div><b>{escape(printable(name))}</b>&ensp;'
        f'<span style="opacity:.75">{escape(shortened(what, WIDEST))}</span></div>{reading}</div>'
    )


def reading(
    value: str,
    kept: Sequence[Value],
    alive: bool,
    facts: str,
    about: Iterable[str] = (),
    shown: str = "",
) -> str:
    """Return the newest value, a sparkline of those kept, facts, and lines about the topic.

    shown: HTML of the value: a picture, or a table of fields.
    """
    large = "font-size:1.6em" if len(value) <= WIDEST_LARGE and not shown else ""
    short = shortened(value, WIDEST)
    return (
        '<div style="display:flex;align-items:center;gap:1em">'
        f'<span style="{large}">{escape(short)}</span>{sparkline(kept)}</div>{shown}'
        f'<div style="opacity:.9">{_dot(alive)} {escape(facts)}</div>'
    ) + "".join(note(shortened(line, WIDEST)) for line in about)


def fields(values: Mapping[str, object]) -> str:
    """Return a table with a row for each field."""
    rows = "".join(
        f'<tr><td style="{_LEFT};opacity:.75">{field}</td>'
        f'<td style="{_LEFT}">{escape(printable(str(value)))}</td></tr>'
        for field, value in values.items()
    )
    return f'<table style="border-collapse:collapse">{rows}</table>'


def record(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Return a table of a record's fields.

    A row is a field's name, its value, its description, and HTML: a sparkline or a picture.
    """
    body = "".join(
        f'<tr title="{escape(printable(about))}"><td style="{_FIELD};opacity:.75">'
        f'{escape(printable(shortened(name, WIDEST)))}</td><td style="{_FIELD}">'
        f'{escape(printable(shortened(text, WIDEST)))}</td><td style="{_FIELD}">{shown}</td></tr>'
        for name, text, about, shown in rows
    )
    return f'<table style="border-collapse:collapse;margin:.3em 0">{body}</table>'


def image(source: str, about: str, style: str, remark: str = "", framed: bool = False) -> str:
    """Return a picture. source: a data URI; about: what it is; remark: a line below it."""
    border = f"border:{_BORDER}" if framed else ""
    return (
        f'<div style="margin:.3em 0"><img src="{source}" alt="{escape(about)}" '
        f'title="{escape(about)}" style="display:block;margin:0;{style};{border}">'
        f"{note(remark) if remark else ''}</div>"
    )


def note(text: str) -> str:
    """Return a line about what is shown."""
    return f'<div style="opacity:.75">{escape(printable(text))}</div>'


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


def table(heading: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return a table of cells of text; the columns in `right` are numbers."""
    sides = [_RIGHT if n in right else _LEFT for n in range(len(heading))]

    def row(tag: str, cells: Sequence[str]) -> str:
        made = zip(sides, cells, strict=True)
        return "".join(f'<{tag} style="{side}">{escape(cell)}</{tag}>' for side, cell in made)

    body = "".join(f"<tr>{row('td', cells)}</tr>" for cells in rows)
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{row("th", heading)}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _side(column: int) -> str:
    return _LEFT if column < 3 else _RIGHT


def _dot(alive: bool) -> str:
    return f'<span style="color:{_ALIVE if alive else _GONE}">●</span>'
