"""The tutorial's benchmark: 10,000 values published, then 10,000 read, in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import in_turn, program
from report import plots
from report.tables import compared, count, digits, mark, spread, summary, table

TITLE = "The tutorial's benchmark"
TUTORIAL = "ours, as printed"


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, messages = (3, 1_000) if quick else (7, 10_000)
    measured = {row.name: row.title for row in rows if row.has("publisher", "reader")}
    titles = {TUTORIAL: "shm_pub_sub, the tutorial's lines", **measured}
    turns = in_turn({name: program("tutorial", name) for name in titles}, rounds, messages)
    ours = _both(turns[OURS].by_figure())
    found = {
        name: {"title": titles[name], **figures_of(one.by_figure(), ours)}
        for name, one in turns.items()
        if not one.trouble
    }
    return {"rows": found, "messages": messages, "rounds": rounds}


def _both(ns: Mapping[str, list[float]]) -> list[float]:
    return [sum(both) for both in zip(*ns.values(), strict=True)]


def figures_of(ns: Mapping[str, list[float]], ours: Sequence[float]) -> dict[str, Any]:
    found = {figure: summary(times) for figure, times in ns.items()}
    return found | {"both": summary(_both(ns), ours)}


def markdown(found: dict[str, Any]) -> str:
    rows, messages = found["rows"], found["messages"]
    lines = [
        [
            mark(name, row["title"]),
            count(messages * 1e9 / row["both"]["median"]),
            spread(row["both"]),
            *(digits(row[figure]["median"] / messages) for figure in ("publish", "read")),
            compared(row["both"]),
        ]
        for name, row in sorted(rows.items(), key=lambda item: item[1]["both"]["median"])
    ]
    header = ["", "messages/s", "spread", "publish, ns", "read, ns", "ours / this"]
    return "\n".join(
        [
            f"{messages:,} values published, then {messages:,} reads that found one, in one "
            f"process; {found['rounds']} rounds; messages/s as the tutorial counts them, medians; "
            "spread and ours / this are of the times. Within a process some peers use no "
            "transport at all.\n",
            table(header, lines),
        ]
    )


def plot(found: dict[str, Any], target: Path) -> None:
    bars = {
        row["title"]: found["messages"] * 1e9 / row["both"]["median"]
        for row in found["rows"].values()
    }
    ours = found["rows"][OURS]["title"]
    plots.bars({TITLE: bars}, "messages/s, median", ours, target, most_first=True)
