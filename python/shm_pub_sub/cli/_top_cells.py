"""What `top` shows of a topic, as text, and in which order."""

from __future__ import annotations

from ._output import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._watch import Row

COLUMNS = (
    "TOPIC",
    "TYPE",
    "VALUE",
    "RATE",
    "AGE",
    "STATE",
    "PID",
    "BUFFERS",
    "SIZE",
    "COMMAND",
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
        _rate(row.rate),
        duration(row.age),
        row.state,
        str(topic.pid) if topic.alive else "-",
        str(topic.buffer_num),
        _size(topic.nbytes),
        printable(_short(row.command)) or "-",
    )


def in_order(rows: Sequence[Row], key: str) -> list[Row]:
    """Return rows, which come by name, sorted by key; those that have none are the last."""
    if key == "name":
        return list(rows)
    return sorted(
        rows, key=lambda row: -1.0 if getattr(row, key) is None else getattr(row, key), reverse=True
    )


def summary(rows: Sequence[Row]) -> str:
    """Return how many topics there are, and how much is published."""
    alive = sum(row.topic.alive for row in rows)
    rate = sum(row.rate or 0.0 for row in rows)
    topics = "1 topic" if len(rows) == 1 else f"{len(rows):,} topics"
    return f"{topics}, {alive:,} alive, {rate:,.0f} values/s"


def printable(text: str) -> str:
    """Return text without what would move the cursor: names may be of any characters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _value(value: bool | int | float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _rate(rate: float | None) -> str:
    if rate is None:
        return "-"
    return f"{rate:,.1f} Hz" if rate >= 1 or rate == 0 else f"{rate:.2g} Hz"


def _size(nbytes: int) -> str:
    if nbytes < 1 << 20:
        return f"{nbytes / (1 << 10):.3g} KiB"
    return f"{nbytes / (1 << 20):.3g} MiB"


def _short(command: str) -> str:
    """Return a command without the folder that its program is in."""
    program, _, arguments = command.partition(" ")
    return f"{program.rpartition('/')[2]} {arguments}".rstrip()
