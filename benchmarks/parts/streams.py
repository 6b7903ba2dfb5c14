"""One way, as fast as it goes: what is published, what arrives, what is lost, in which order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import count, mark, spread, summary, table, troubles

TITLE = "A stream, as fast as it goes"
ODD = ("backwards", "doubled", "wrong")
TOTALS = ("published", "received", "lost", *ODD)


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 50) if quick else (15, 150)
    processors = [str(number) for number in sorted(os.sched_getaffinity(0))[-2:]]
    placed = processors if len(processors) == 2 else []
    commands: dict[str, Command] = {
        row.name: program("stream", row.name, *placed) for row in rows if _able(row)
    }
    # Until a queue is empty.
    turns = in_turn(commands, rounds, milliseconds, answer=3.0 if quick else 9.0)
    found: dict[str, Any] = {"rounds": rounds, "milliseconds": milliseconds, "rows": {}}
    for row in rows:
        one = turns.get(row.name)
        trouble = one.trouble if one else row.trouble or "publishes nothing that is received"
        figures = figures_of(one.by_figure()) if one and not trouble else {}
        found["rows"][row.name] = {"title": row.title, "trouble": trouble, **figures}
    return found


def _able(row: Row) -> bool:
    return row.has("publisher") and any(row.has(f) for f in ("receiver", "poller", "reader"))


def figures_of(turns: Mapping[str, list[float]]) -> dict[str, Any]:
    """Return values per second, and the totals of all turns."""
    rates = {"published": "publishing", "received": "seconds"}  # until all that was queued is there
    found: dict[str, Any] = {
        f"{what}/s": summary([n / s for n, s in zip(turns[what], turns[seconds], strict=True)])
        for what, seconds in rates.items()
    }
    return found | {what: sum(turns[what]) for what in TOTALS}


def markdown(found: dict[str, Any]) -> str:
    measured = {name: row for name, row in found["rows"].items() if not row["trouble"]}
    lines = [
        _line(name, measured[name])
        for name in sorted(measured, key=lambda name: -measured[name]["received/s"]["median"])
    ]
    text = (
        f"{found['rounds']} turns of {found['milliseconds']} ms each, medians per second; the other"
        " columns are of all turns together.\n"
    )
    header = ["", "published/s", "received/s", "spread", "lost", *ODD]
    return "\n".join([text, table(header, lines), "", troubles(found["rows"])])


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    return [
        mark(name, row["title"]),
        count(row["published/s"]["median"]),
        count(row["received/s"]["median"]),
        spread(row["received/s"]),
        f"{100 * row['lost'] / row['published']:.1f} %",
        *(count(row[what]) for what in ODD),
    ]


def plot(found: dict[str, Any], target: Path) -> None:
    rows = [row for row in found["rows"].values() if not row["trouble"]]
    groups = {
        f"{what} per second": {row["title"]: row[f"{what}/s"]["median"] for row in rows}
        for what in ("published", "received")
    }
    ours = found["rows"][OURS]["title"]
    plots.bars(groups, "values per second, median", ours, target, most_first=True)
