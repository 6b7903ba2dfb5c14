"""The documents' table of arrays side by side: a row per library. "-" was not measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.rows import OURS
from parts import array_messages, array_trips

from report.tables import mark, ns, size, table

SIZES = {"publish": (64 << 10, 6 << 20), "copy": (64 << 10, 6 << 20), "view": (6 << 20,)}
"""Bytes of the columns of one array at a time, by what is done with it."""
TRIPS = (4 << 10, 1 << 20)
"""Bytes of the columns of an array there and back."""

SAME = {
    array_trips.ours(array_trips.BUFFERS[0]): OURS,
    array_trips.rotating(array_trips.BUFFERS[0]): array_trips.UNPROTECTED,
}
"""Rows of arrays there and back, and what they are called among single arrays."""

Column = tuple[str, dict[str, float]]
"""Its heading, and medians in ns by library."""


def _columns(parts: Mapping[str, Any]) -> Iterator[Column]:
    for what, sizes in SIZES.items():
        for nbytes in sizes:
            found = array_messages.of(parts["array_messages"], str(nbytes), what)
            medians = {name: figures["median"] for name, figures in found.items()}
            yield f"{array_messages.FIGURES[what]}, {size(nbytes)}", medians
    for nbytes in TRIPS:
        rows = parts["array_trips"]["sizes"][str(nbytes)]["rows"]
        medians = {
            SAME.get(name, name): row["rounds"]["median"]
            for name, row in rows.items()
            if not row["trouble"]
        }
        yield f"there and back, {size(nbytes)}", medians


def markdown(results: Mapping[str, Any]) -> str:
    parts = results["parts"]
    if any("failed" in parts.get(name, {"failed"}) for name in ("array_messages", "array_trips")):
        return "Not measured yet."
    columns = [*_columns(parts)]
    rows = parts["array_messages"]["sizes"][str(SIZES["publish"][0])]
    last = columns[-1][1]
    lines = [
        [
            mark(name, rows[name]["title"]),
            *(ns(medians[name]) if name in medians else "-" for _, medians in columns),
        ]
        for name in sorted(rows, key=lambda name: last.get(name, float("inf")))
        if any(name in medians for _, medians in columns)
    ]
    return table(["median", *(heading for heading, _ in columns)], lines)
