"""The rows of `top` as text, and their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shm_pub_sub._brief import Brief
from shm_pub_sub._text import duration, frequency, printable, short_type, shortened, size

from ..watch import Row, Watch

_CELLS: dict[str, Callable[[Row], str]] = {
    "topic": lambda row: printable(row.topic.name),
    "type": lambda row: short_type(row.topic.type_name),
    "value": lambda row: _value(row.value),
    "rate": lambda row: frequency(row.rate),
    "age": lambda row: duration(row.age),
    "publisher": lambda row: row.state,
    "pid": lambda row: str(row.topic.pid) if row.topic.alive else "-",
    "buffers": lambda row: str(row.topic.buffer_num),
    "size": lambda row: size(row.topic.nbytes),
    "command": lambda row: printable(_short(row.command or "-")),
}
COLUMNS = tuple(_CELLS)
RIGHT = (2, 3, 4, 6, 7, 8)
"""Right-aligned columns: numbers."""


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's cells, one for each of COLUMNS."""
    return tuple(cell(row) for cell in _CELLS.values())


def in_order(rows: Sequence[Row], key: str) -> list[Row]:
    """Return rows, given by name, sorted by key; those without it come last."""
    if key == "name":
        return list(rows)
    return sorted(
        rows, key=lambda row: -1.0 if getattr(row, key) is None else getattr(row, key), reverse=True
    )


def summary(rows: Sequence[Row], watch: Watch) -> str:
    """Return the line above the table: topics, values per second, topics left out."""
    alive = sum(row.topic.alive for row in rows)
    rate = sum(row.rate or 0.0 for row in rows)
    topics = "1 topic" if len(rows) == 1 else f"{len(rows):,} topics"
    left_out = f", {len(watch.left_out.reasons):,} left out" if watch.left_out.reasons else ""
    return f"{topics}, {alive:,} alive, {rate:,.0f} values/s{left_out}"


WIDEST = 40
"""Characters of a value."""


def _value(value: Any) -> str:
    """Return a value's text; the column before it has an array's type."""
    if value is None:
        return "-"
    if isinstance(value, Brief):
        return shortened(value.text, WIDEST)
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _short(command: str) -> str:
    """Return a command without its program's folder."""
    program, _, arguments = command.partition(" ")
    return f"{program.rpartition('/')[2]} {arguments}".rstrip()
