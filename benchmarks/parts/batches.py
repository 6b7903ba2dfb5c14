"""What a value costs in a batch, beside single calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, Turns, in_turn, program
from report import plots
from report.tables import best, compared, digits, mark, summary, table, troubles

TITLE = "Batches"
SIZES = (10, 1_000, 100_000)
FIGURES = {
    "publish": "publish_many",
    "drain": "drain",
    "through": "both, until all is there",
    "publish_one": "publish, one at a time",
    "poll": "receive, one at a time",
}


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 10) if quick else (9, 30)
    sizes = SIZES[:2] if quick else SIZES
    able = [row for row in rows if row.has("batch_publisher", "batch_receiver", "publisher")]
    commands: dict[str, Command] = {
        f"{row.name} {size}": program("batch", row.name, str(size))
        for size in sizes
        for row in able
    }
    turns = in_turn(commands, rounds, milliseconds, start=10.0)
    found: dict[str, Any] = {"rounds": rounds, "sizes": {}}
    for size in sizes:
        ours = turns[f"{OURS} {size}"].by_figure()
        found["sizes"][str(size)] = {
            row.name: {"title": row.title, **figures_of(turns[f"{row.name} {size}"], ours)}
            for row in able
        }
    found["without"] = [row.title for row in rows if row not in able and not row.trouble]
    return found


def figures_of(turns: Turns, ours: Mapping[str, list[float]]) -> dict[str, Any]:
    ns = {f: summary(times, ours.get(f)) for f, times in turns.by_figure().items()}
    return {"trouble": turns.trouble, "ns": ns}


def markdown(found: dict[str, Any]) -> str:
    text = [f"ns per value, median of {found['rounds']} rounds, with both ends in one process.", ""]
    for size, rows in found["sizes"].items():
        through = through_of(rows)
        lines = [
            _line(name, rows[name])
            for name in sorted(through, key=lambda name: through[name]["median"])
        ]
        header = [f"{int(size):,} at a time", *FIGURES.values(), "ours / this, both"]
        text += [table(header, lines), ""]
        if peer := best(through):
            title = rows[peer]["title"]
            text += [f"Ours / the best peer ({title}), both: {compared(through[peer])}", ""]
        text += [troubles(rows), ""]
    if found["without"]:
        text += [f"Without batches: {', '.join(found['without'])}."]
    return "\n".join(text)


def through_of(rows: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    return {name: row["ns"]["through"] for name, row in rows.items() if row["ns"]}


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    ns = row["ns"]
    cells = [digits(ns[figure]["median"]) if figure in ns else "-" for figure in FIGURES]
    return [mark(name, row["title"]), *cells, compared(ns["through"])]


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        f"{int(size):,} at a time, until all is there": {
            rows[name]["title"]: ns["median"] for name, ns in through_of(rows).items()
        }
        for size, rows in found["sizes"].items()
    }
    ours = next(iter(found["sizes"].values()))[OURS]["title"]
    plots.bars(groups, "ns per value, median", ours, target)
