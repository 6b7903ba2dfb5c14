"""The tutorial's benchmark: 10,000 values published, then 10,000 read, in one process."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import compared, count, digits, mark, spread, table, troubles

TITLE = "The tutorial's benchmark"
TUTORIAL = "ours, as printed"


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, messages = (3, 1_000) if quick else (7, 10_000)
    measured = {row.name: row.title for row in rows if row.has("publisher", "reader")}
    titles = {TUTORIAL: "shm_pub_sub, the tutorial's lines", **measured}
    commands: dict[str, Command] = {name: program("tutorial", name) for name in titles}
    found = {
        name: {
            "title": titles[name],
            "trouble": one.trouble,
            "ns": {} if one.trouble else {figure: one.of(figure) for figure in one.figures},
        }
        for name, one in in_turn(commands, rounds, messages).items()
    }
    for row in rows:
        if row.name not in found:
            trouble = row.trouble or "does not both publish and tell the newest"
            found[row.name] = {"title": row.title, "trouble": trouble, "ns": {}}
    return {"rows": found, "messages": messages, "rounds": rounds}


def _totals(found: Mapping[str, Any]) -> dict[str, list[float]]:
    """ns of each round, the fastest row first."""
    totals = {
        name: [sum(both) for both in zip(*row["ns"].values(), strict=True)]
        for name, row in found["rows"].items()
        if row["ns"]
    }
    return dict(sorted(totals.items(), key=lambda item: statistics.median(item[1])))


def markdown(found: dict[str, Any]) -> str:
    rows, messages, totals = found["rows"], found["messages"], _totals(found)
    lines = [
        [
            mark(name, rows[name]["title"]),
            count(messages * 1e9 / statistics.median(ns)),
            count(messages * 1e9 / max(ns)),
            count(messages * 1e9 / min(ns)),
            spread(ns),
            digits(statistics.median(rows[name]["ns"]["publish"]) / messages),
            digits(statistics.median(rows[name]["ns"]["read"]) / messages),
            compared(totals.get(OURS), ns),
        ]
        for name, ns in totals.items()
    ]
    header = ["", "messages/s", "least", "most", "spread", "publish, ns", "read, ns", "ours / this"]
    return "\n".join(
        [
            f"{messages:,} values published, then {messages:,} reads that found one, in one "
            f"process; {found['rounds']} rounds; messages/s as the tutorial counts them, medians; "
            "ours / this is of the times. Within a process some peers use no transport at all.\n",
            table(header, lines),
            "",
            troubles(rows),
        ]
    )


def plot(found: dict[str, Any], target: Path) -> None:
    bars = {
        found["rows"][name]["title"]: found["messages"] * 1e9 / statistics.median(ns)
        for name, ns in _totals(found).items()
    }
    ours = found["rows"][OURS]["title"]
    plots.bars({TITLE: bars}, "messages/s (logarithmic), median", ours, target)
