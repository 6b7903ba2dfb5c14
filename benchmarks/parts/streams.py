"""One way for some seconds: what is published, what arrives, what is lost, and in which order."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import count, mark, spread, table, troubles

TITLE = "A stream, as fast as it goes"
SUMS = ("backwards", "doubled", "wrong")


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 50) if quick else (15, 150)
    processors = [str(number) for number in sorted(os.sched_getaffinity(0))[-2:]]
    placed = processors if len(processors) == 2 else []
    commands: dict[str, Command] = {
        row.name: program("stream", row.name, *placed) for row in rows if _able(row)
    }
    turns = in_turn(commands, rounds, milliseconds, answer=9.0)  # until a queue is empty
    found: dict[str, Any] = {"rounds": rounds, "milliseconds": milliseconds, "rows": {}}
    for row in rows:
        one = turns.get(row.name)
        trouble = one.trouble if one else row.trouble or "publishes nothing that is received"
        turned = [dict(zip(one.figures, a, strict=True)) for a in one.answers] if one else []
        found["rows"][row.name] = {
            "title": row.title,
            "kind": row.kind,
            "receives by": _receives_by(row),
            "trouble": trouble,
            "turns": [] if trouble else turned,
        }
    return found


def _able(row: Row) -> bool:
    return row.has("publisher") and any(row.has(f) for f in ("receiver", "poller", "reader"))


def _receives_by(row: Row) -> str:
    return next((f for f in ("receiver", "poller", "reader") if row.has(f)), "")


def markdown(found: dict[str, Any]) -> str:
    rows = found["rows"]
    measured = {name: row for name, row in rows.items() if row["turns"]}
    lines = [
        _line(name, measured[name])
        for name in sorted(measured, key=lambda name: -_rate(measured[name], "received"))
    ]
    text = (
        f"{found['rounds']} turns of {found['milliseconds']} ms each, medians a second; the other"
        " columns are of all turns together.\n"
    )
    header = ["", "published/s", "received/s", "spread", "lost", *SUMS]
    return "\n".join([text, table(header, lines), "", troubles(rows)])


def rates(row: Mapping[str, Any], what: str) -> list[float]:
    """Of each turn. What is received counts until it is, with whatever was queued."""
    seconds = {"published": "publishing", "received": "seconds"}[what]
    return [turn[what] / turn[seconds] for turn in row["turns"]]


def _rate(row: Mapping[str, Any], what: str) -> float:
    return statistics.median(rates(row, what))


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    total = {key: sum(turn[key] for turn in row["turns"]) for key in ("published", "lost", *SUMS)}
    return [
        mark(name, row["title"]),
        count(_rate(row, "published")),
        count(_rate(row, "received")),
        spread(rates(row, "received")),
        f"{100 * total['lost'] / total['published']:.1f} %",
        *(count(total[key]) for key in SUMS),
    ]


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        f"{what} a second": {
            row["title"]: _rate(row, what) for row in found["rows"].values() if row["turns"]
        }
        for what in ("published", "received")
    }
    unit = "values a second (logarithmic), median"
    plots.bars(groups, unit, found["rows"][OURS]["title"], target, most_first=True)
