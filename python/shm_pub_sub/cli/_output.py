"""What the verbs print: text for people or JSON lines for programs, and errors on stderr."""

from __future__ import annotations

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXIT_DONE = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_TIMEOUT = 3
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def complain(text: str) -> None:
    """Print an error, or a remark that is no output, on stderr."""
    print(f"shm-pub-sub: {text}", file=sys.stderr, flush=True)


def print_json(record: Mapping[str, object]) -> None:
    """Print an object in a line of its own, at once: the reader may be waiting for it.

    Numbers that JSON lacks are strings: "NaN", "Infinity" and "-Infinity".
    """
    print(json.dumps({name: json_value(value) for name, value in record.items()}), flush=True)


def json_value(value: object) -> object:
    """Return what stands for value in JSON."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


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
