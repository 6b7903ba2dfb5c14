"""The documents' table of records. "-": no figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parts import records

from report.tables import ns, table

ROWS = {
    "a dataclass with slots": ("publish:slots", "pickle:slots", "read:slots", "unpickle:slots"),
    "a dataclass": ("publish:plain", "pickle:plain", "read:plain", "unpickle:plain"),
    "a NamedTuple": ("publish:tuple", "pickle:tuple", "read:tuple", "unpickle:tuple"),
    "a dict of two images and 15 numbers": (
        "publish:dict",
        "pickle:dict",
        "read:dict",
        "unpickle:dict",
    ),
    "the same, `into=`": ("", "", "into:dict", ""),
    "the same, `copy=False`": ("", "", "view:dict", ""),
}


def markdown(results: Mapping[str, Any]) -> str:
    figures = results["parts"].get("records", {}).get("figures", {})

    def median(figure: str) -> str:
        return ns(figures[figure]["ns"]["median"]) if figure in figures else "-"

    def floor(figure: str) -> str:
        row = figures.get(figure, {})
        kind = records.KINDS.get(figure)
        return f"{ns(row['floor']['median'])} ({kind.floor})" if kind and "floor" in row else "-"

    if not figures:
        return "Not measured yet."
    header = ["median", "`publish`", "", "pickle.dumps", "`subscribe()`", "", "pickle.loads"]
    lines = [
        [
            f"**{title}**",
            median(publish),
            floor(publish),
            median(dumps),
            median(read),
            floor(read),
            median(loads),
        ]
        for title, (publish, dumps, read, loads) in ROWS.items()
    ]
    return table(header, lines)
