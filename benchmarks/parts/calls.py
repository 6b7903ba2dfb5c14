"""What one call costs, with both ends in one process."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import best, compared, digits, mark, quantile, spread, table, troubles

TITLE = "One call"
FLOOR = "floor"

FIGURES = {
    "publish": "publish one value",
    "read_new": "read the newest, a new value each time",
    "read_same": "read the newest, the same value again",
    "read_miss": "read, where nothing was published",
    "next": "receive the next, a value is there",
    "next_none": "receive the next, none is there",
}
FLOORS = {
    "loop": "the loop alone",
    "empty": "an empty C method, no argument",
    "empty_o": "an empty C method, one argument",
    "clock": "a C method with `clock_gettime`",
    "pair": "a C method that makes `(1.5, True)`",
    "publish": "a C method that writes to the ring",
    "ring_get": "a C method that reads from the ring, a new float",
    "ring_writes": "the ring in C: write",
    "ring_reads": "the ring in C: read",
}


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 20) if quick else (21, 50)
    commands: dict[str, Command] = {
        row.name: program("call", row.name)
        for row in rows
        if row.has("publisher")
    }
    commands[FLOOR] = program("call_floor", folder)
    turns = in_turn(commands, rounds, milliseconds)
    found: dict[str, Any] = {"rows": {}, "floors": {}, "rounds": rounds}
    for row in rows:
        one = turns.get(row.name)
        if one is None:
            trouble = row.trouble or "publishes nothing"
            found["rows"][row.name] = {"title": row.title, "kind": row.kind, "trouble": trouble}
            continue
        figures = [figure for figure in one.figures if figure in FIGURES]
        found["rows"][row.name] = {
            "title": row.title,
            "kind": row.kind,
            "trouble": one.trouble,
            "burst": next((f.partition("=")[2] for f in one.figures if f.startswith("burst=")), ""),
            "ns": {} if one.trouble else {figure: one.of(figure) for figure in figures},
        }
    floor = turns[FLOOR]
    found["floors"] = {
        "trouble": floor.trouble,
        "ns": {} if floor.trouble else {figure: floor.of(figure) for figure in FLOORS},
    }
    return found


def markdown(found: dict[str, Any]) -> str:
    rows, text = found["rows"], [brief(found)]
    for figure, title in FIGURES.items():
        text += ["", f"{title[0].upper()}{title[1:]}, ns:", "", _detail(rows, figure)]
    return "\n".join([*text, "", troubles(rows)])


def brief(found: dict[str, Any]) -> str:
    """Return the medians alone, and the ratios."""
    rows, text = found["rows"], []
    medians = [
        [mark(name, row["title"]), row["kind"], *(_median(row["ns"], f) for f in FIGURES)]
        for name, row in sorted(rows.items(), key=lambda item: _order(item[1]))
        if row.get("ns")
    ]
    text.append(f"ns a call, median of {found['rounds']} rounds; the loop around it included.\n")
    text.append(table(["", "kind", *FIGURES.values()], medians))
    text.append("")
    floors = [_floor_line(key, found["floors"]["ns"][key]) for key in found["floors"]["ns"]]
    text.append(table(["the floor", "min", "median", "p99", "spread"], floors))
    if why := found["floors"]["trouble"]:
        text += ["", f"The floor was not measured: {why}"]
    return "\n".join([*text, "", *_ratios(rows)])


def _order(row: Mapping[str, Any]) -> float:
    return statistics.median(row["ns"]["publish"]) if row.get("ns") else float("inf")


def _median(ns: Mapping[str, list[float]], figure: str) -> str:
    return digits(statistics.median(ns[figure])) if figure in ns else "-"


def _floor_line(key: str, ns: list[float]) -> list[str]:
    return [FLOORS[key], *_summary(ns)]


def _summary(ns: list[float]) -> list[str]:
    return [digits(min(ns)), digits(statistics.median(ns)), digits(quantile(ns, 0.99)), spread(ns)]


def _with(rows: Mapping[str, Any], figure: str) -> dict[str, list[float]]:
    return {name: row["ns"][figure] for name, row in rows.items() if figure in row.get("ns", {})}


def _detail(rows: Mapping[str, Any], figure: str) -> str:
    ns = _with(rows, figure)
    lines = [
        [mark(name, rows[name]["title"]), *_summary(ns[name]), compared(ns.get(OURS), ns[name])]
        for name in sorted(ns, key=lambda name: statistics.median(ns[name]))
    ]
    return table(["", "min", "median", "p99", "spread", "ours / this"], lines)


def _ratios(rows: Mapping[str, Any]) -> list[str]:
    """Against the best peer, and the best that has topics as well."""
    lines = []
    for figure, title in FIGURES.items():
        ns = _with(rows, figure)
        topics = {name: figures for name, figures in ns.items() if rows[name]["kind"] == "topic"}
        if OURS in ns and (peer := best(ns)):
            cells = [rows[peer]["title"], compared(ns[OURS], ns[peer])]
            peer = best(topics)
            cells += [rows[peer]["title"], compared(ns[OURS], ns[peer])] if peer else ["-", "-"]
            lines.append([title, *cells])
    header = ["ours against", "the best peer", "ours / it", "the best topic", "ours / it"]
    return [table(header, lines)] if lines else []


def plot(found: dict[str, Any], target: Path) -> None:
    bars = {
        title: {
            found["rows"][name]["title"]: statistics.median(ns)
            for name, ns in _with(found["rows"], figure).items()
        }
        for figure, title in FIGURES.items()
        if figure in ("publish", "read_new", "read_same", "next")
    }
    plots.bars(bars, "ns a call (logarithmic), median", found["rows"][OURS]["title"], target)
