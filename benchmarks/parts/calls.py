"""What one call costs, with both ends in one process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import best, compared, digits, mark, ratio, spread, summary, table, troubles

TITLE = "One call"
FLOOR = "floor"

FIGURES = {
    "publish": "publish one value",
    "read_new": "read the latest, a new value each time",
    "read_same": "read the latest, the same value again",
    "read_miss": "read, nothing published yet",
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
FLOOR_OF = {"publish": "clock", "read_new": "empty", "read_same": "empty", "next": "empty"}
"""The least that each figure can be."""


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 20) if quick else (21, 50)
    commands: dict[str, Command] = {
        row.name: program("call", row.name) for row in rows if row.has("publisher")
    }
    commands[FLOOR] = program("call_floor", folder)
    turns = in_turn(commands, rounds, milliseconds)
    times = {name: turns[name].by_figure() for name in commands}
    found: dict[str, Any] = {"rounds": rounds, "rows": {}}
    for row in rows:
        ns = times.get(row.name, {})
        trouble = turns[row.name].trouble if row.name in turns else row.trouble
        found["rows"][row.name] = {
            "title": row.title,
            "kind": row.kind,
            "trouble": trouble or ("" if ns else "publishes nothing"),
            "ns": {f: summary(ns[f], times[OURS].get(f)) for f in FIGURES if f in ns},
        }
    floor = times[FLOOR]
    found["floors"] = {key: summary(floor[key]) for key in FLOORS if key in floor}
    found["ours / floor"] = {
        figure: ratio(times[OURS][figure], floor[key])
        for figure, key in FLOOR_OF.items()
        if key in floor and figure in times[OURS]
    }
    return found


def markdown(found: dict[str, Any]) -> str:
    rows = found["rows"]
    measured = {name: row for name, row in rows.items() if row["ns"]}
    medians = [
        [mark(name, row["title"]), row["kind"], *(_median(row["ns"].get(f)) for f in FIGURES)]
        for name, row in sorted(measured.items(), key=lambda item: _order(item[1]))
    ]
    floors = [[FLOORS[key], *_figures(figures)] for key, figures in found["floors"].items()]
    text = [
        f"ns per call, median of {found['rounds']} rounds; the loop around it included.",
        "",
        table(["", "kind", *FIGURES.values()], medians),
        "",
        table(["the floor", "min", "median", "spread"], floors),
        "",
        table(
            ["ours against", "the best peer", "ours / it", "the best topic", "ours / it"],
            _ratios(measured),
        ),
    ]
    for figure, title in FIGURES.items():
        ns = _with(measured, figure)
        lines = [
            [mark(name, rows[name]["title"]), *_figures(ns[name]), compared(ns[name])]
            for name in sorted(ns, key=lambda name: ns[name]["median"])
        ]
        text += ["", f"{title[0].upper()}{title[1:]}, ns:", ""]
        text += [table(["", "min", "median", "spread", "ours / this"], lines)]
    return "\n".join([*text, "", troubles(rows)])


def _order(row: Mapping[str, Any]) -> float:
    return float(row["ns"]["publish"]["median"])


def _median(figures: Mapping[str, float] | None) -> str:
    return digits(figures["median"]) if figures else "-"


def _figures(figures: Mapping[str, float]) -> list[str]:
    return [digits(figures["min"]), digits(figures["median"]), spread(figures)]


def _with(rows: Mapping[str, Any], figure: str) -> dict[str, dict[str, float]]:
    return {name: row["ns"][figure] for name, row in rows.items() if figure in row["ns"]}


def _ratios(rows: Mapping[str, Any]) -> Iterator[list[str]]:
    """Against the best peer, and the best that has topics as well."""
    for figure, title in FIGURES.items():
        ns = _with(rows, figure)
        cells = [title]
        topics = {name: found for name, found in ns.items() if rows[name]["kind"] == "topic"}
        for peer in (best(ns), best(topics)):
            cells += [rows[peer]["title"], compared(ns[peer])] if peer else ["-", "-"]
        yield cells


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        FIGURES[figure]: {
            row["title"]: row["ns"][figure]["median"]
            for row in found["rows"].values()
            if figure in row["ns"]
        }
        for figure in FLOOR_OF
    }
    plots.bars(groups, "ns per call, median", found["rows"][OURS]["title"], target)
