"""What a value costs in a batch, beside single calls."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, Turns, in_turn, program
from report import plots
from report.tables import best, compared, count, digits, mark, table, troubles

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
    found: dict[str, Any] = {"rounds": rounds, "rows": {}}
    for row in rows:
        found_at = {
            str(size): _figures(turns[f"{row.name} {size}"]) for size in sizes if row in able
        }
        trouble = row.trouble or ("" if row in able else "has no batches")
        found["rows"][row.name] = {"title": row.title, "trouble": trouble, "sizes": found_at}
    return found


def _figures(turns: Turns) -> dict[str, Any]:
    ns = {} if turns.trouble else {figure: turns.of(figure) for figure in turns.figures}
    return {"trouble": turns.trouble, "ns": ns}


def markdown(found: dict[str, Any]) -> str:
    text = [f"ns a value, median of {found['rounds']} rounds, with both ends in one process.", ""]
    for size in _sizes(found):
        sizes = {
            name: row["sizes"][str(size)] | {"title": row["title"]}
            for name, row in found["rows"].items()
            if row["sizes"]
        }
        measured = {name: row["ns"] for name, row in sizes.items() if not row["trouble"]}
        lines = [
            _line(name, sizes[name]["title"], measured)
            for name in sorted(measured, key=lambda n: statistics.median(measured[n]["through"]))
        ]
        header = [f"{size:,} at a time", *FIGURES.values(), "ours / this, both"]
        text += [table(header, lines), ""]
        through = {name: ns["through"] for name, ns in measured.items()}
        if OURS in through and (peer := best(through)):
            title, ratio = sizes[peer]["title"], compared(through[OURS], through[peer])
            text += [f"Ours / the best peer ({title}), both: {ratio}", ""]
        text += [troubles(sizes), ""]
    without = [row["title"] for row in found["rows"].values() if row["trouble"] == "has no batches"]
    if without:
        text += [f"Without batches: {', '.join(without)}.", ""]
    rest = {n: r for n, r in found["rows"].items() if r["trouble"] != "has no batches"}
    return "\n".join([*text, troubles(rest)])


def _sizes(found: Mapping[str, Any]) -> list[int]:
    return sorted({int(size) for row in found["rows"].values() for size in row["sizes"]})


def _line(name: str, title: str, measured: Mapping[str, Mapping[str, list[float]]]) -> list[str]:
    ns = measured[name]
    cells = [digits(statistics.median(ns[figure])) if figure in ns else "-" for figure in FIGURES]
    ours = measured[OURS]["through"] if OURS in measured else None
    return [mark(name, title), *cells, compared(ours, ns["through"])]


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {}
    for size in _sizes(found):
        ns = {
            row["title"]: row["sizes"][str(size)]["ns"]
            for row in found["rows"].values()
            if row["sizes"] and not row["sizes"][str(size)]["trouble"]
        }
        groups[f"{count(size)} at a time, until all is there"] = {
            title: statistics.median(one["through"]) for title, one in ns.items()
        }
    unit = "ns a value (logarithmic), median"
    plots.bars(groups, unit, found["rows"][OURS]["title"], target)
