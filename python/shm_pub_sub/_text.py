"""Text for people: columns, durations, numbers and names."""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._curves import Curve


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows, the first of them the heading, in columns; those in `right` at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def duration(seconds: float | None) -> str:
    """Return seconds as people say it: 12.3 us, 4.56 ms, 7.8 s, 2 min 3 s, 5 h 6 min."""
    if seconds is None:
        return "-"
    for factor, unit in ((1e9, "ns"), (1e6, "us"), (1e3, "ms")):
        if seconds * factor < 999.5:
            return f"{seconds * factor:.3g} {unit}"
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def number(value: bool | int | float) -> str:
    """Return a value in a few characters: True, 123456, 3.14159."""
    return f"{value:.6g}" if type(value) is float else str(value)


def printable(name: str) -> str:
    """Return a topic's name, or its repr where it would spoil a line."""
    return name if name.isprintable() else repr(name)


def label(curve: Curve) -> str:
    """Return what a legend says of a curve."""
    name = printable(curve.name)
    if curve.type is None:
        return f"{name}: not there yet"
    if curve.newest is None:
        return f"{name}: no value yet"
    state = "" if curve.alive else ", no publisher"
    if curve.alive and (age := curve.age()) > 1:
        state = f", {duration(age)} old"
    return f"{name}: {number(curve.newest)}{state}"
