"""The README's table: ours, the floor and the best peer, in one line each."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.rows import OURS
from report.tables import best, compared, ns, table

CALLS = {
    "publish": ("`publish` one value", "clock", "a C method with `clock_gettime`"),
    "read_same": ("read the newest, the same value again", "empty", "an empty C method"),
    "read_new": ("read the newest, a new value each time", "empty", "an empty C method"),
    "next": ("receive the next, where one is there", "empty", "an empty C method"),
}
TRIPS = {
    "spinning, on two processors": "a value there and back, both spinning",
    "blocking, on two processors": "a value there and back, both asleep",
    "blocking, on one processor": "the same on one processor",
}
BATCH = "1000"


@dataclass
class Line:
    title: str
    turns: Mapping[str, list[float]]
    """Of each row, ns."""
    titles: Mapping[str, str]
    floor: list[float]
    floor_title: str = ""

    def cells(self) -> list[str]:
        mine, peer = self.turns[OURS], best(self.turns)
        floor = f"{_median(self.floor)} ({self.floor_title})" if self.floor else "-"
        cells = [self.title, f"**{_median(mine)}**", floor]
        cells.append(compared(mine, self.floor) if self.floor else "-")
        if peer:
            cells.append(f"{_median(self.turns[peer])} ({self.titles[peer]})")
            return [*cells, compared(mine, self.turns[peer])]
        return [*cells, "-", "-"]


def _median(turns: list[float]) -> str:
    return ns(statistics.median(turns))


def _lines(parts: Mapping[str, Any]) -> Iterator[Line]:
    if "rows" in (calls := parts.get("calls", {})):
        titles = {name: row["title"] for name, row in calls["rows"].items()}
        for figure, (title, floor, floor_title) in CALLS.items():
            rows = calls["rows"].items()
            turns = {n: row["ns"][figure] for n, row in rows if figure in row.get("ns", {})}
            yield Line(title, turns, titles, calls["floors"]["ns"].get(floor, []), floor_title)
    for setting, title in TRIPS.items():
        found = parts.get("round_trips", {}).get("settings", {}).get(setting)
        if found:
            rows, floor = found["rows"], found["floor"]
            turns = {name: row["medians"] for name, row in rows.items() if not row["trouble"]}
            titles = {name: row["title"] for name, row in rows.items()}
            yield Line(title, turns, titles, floor.get("medians", []), floor["title"])
    if "rows" in (batches := parts.get("batches", {})):
        titles = {name: row["title"] for name, row in batches["rows"].items()}
        sizes = {name: row["sizes"].get(BATCH) for name, row in batches["rows"].items()}
        turns = {n: s["ns"]["through"] for n, s in sizes.items() if s and not s["trouble"]}
        title = "a value of a batch of 1,000, published and drained"
        yield Line(title, turns, titles, [])


def markdown(results: Mapping[str, Any]) -> str:
    lines = [line.cells() for line in _lines(results["parts"]) if OURS in line.turns]
    header = ["median", "ours", "the floor", "ours / floor", "the best peer", "ours / peer"]
    return table(header, lines)
