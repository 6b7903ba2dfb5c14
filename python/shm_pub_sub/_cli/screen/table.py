"""What `top` shows of a topic, as text, and in which order."""

from __future__ import annotations

from ..output import duration, frequency, printable, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..watch import Row, Watch

COLUMNS = (
    "topic",
    "type",
    "value",
    "rate",
    "age",
    "publisher",
    "pid",
    "buffers",
    "size",
    "command",
)
RIGHT = (2, 3, 4, 6, 7, 8)
"""Columns of numbers, which stand at the right."""


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's texts, as COLUMNS has them."""
    topic = row.topic
    return (
        printable(topic.name),
        topic.type.__name__,
        _value(row.value),
        frequency(row.rate),
        duration(row.age),
        row.state,
        str(topic.pid) if topic.alive else "-",
        str(topic.buffer_num),
        size(topic.nbytes),
        printable(_short(row.command or "-")),
    )


def in_order(rows: Sequence[Row], key: str) -> list[Row]:
    """Return rows, which come by name, sorted by key; those that have none are the last."""
    if key == "name":
        return list(rows)
    return sorted(
        rows, key=lambda row: -1.0 if getattr(row, key) is None else getattr(row, key), reverse=True
    )


def summary(rows: Sequence[Row], watch: Watch) -> str:
    """Return how many topics there are, how much is published, and how many are not shown."""
    alive = sum(row.topic.alive for row in rows)
    rate = sum(row.rate or 0.0 for row in rows)
    topics = "1 topic" if len(rows) == 1 else f"{len(rows):,} topics"
    left_out = f", {len(watch.left_out.reasons):,} left out" if watch.left_out.reasons else ""
    return f"{topics}, {alive:,} alive, {rate:,.0f} values/s{left_out}"


def _value(value: bool | int | float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _short(command: str) -> str:
    """Return a command without the folder that its program is in."""
    program, _, arguments = command.partition(" ")
    return f"{program.rpartition('/')[2]} {arguments}".rstrip()
