"""The documents' table: ours, the floor and the best peer, a line for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parts import batches, calls, round_trips

from report.tables import OURS, best, compared, ns, table

CALLS = {
    "publish": "`publish` one value",
    "read_same": "read the latest, the same value again",
    "read_new": "read the latest, a new value each time",
    "next": "receive the next, a value is there",
}
TRIPS = {
    "spinning, on two processors": "a value there and back, both spinning",
    "blocking, on two processors": "a value there and back, both in `recv()`",
    "blocking, on one processor": "the same on one processor",
}
BATCH = "1000"

Figures = Mapping[str, Mapping[str, float]]
"""A summary for each row."""


def _line(title: str, titles: Mapping[str, str], figures: Figures, floor: list[str]) -> list[str]:
    cells = [title, f"**{ns(figures[OURS]['median'])}**", *floor]
    if peer := best(figures):
        cells += [f"{ns(figures[peer]['median'])} ({titles[peer]})", compared(figures[peer])]
        return cells
    return [*cells, "-", "-"]


def _lines(parts: Mapping[str, Any]) -> Iterator[list[str]]:
    if found := parts.get("calls"):
        titles = {name: row["title"] for name, row in found["rows"].items()}
        for figure, title in CALLS.items():
            rows = found["rows"].items()
            figures = {name: row["ns"][figure] for name, row in rows if figure in row["ns"]}
            key = calls.FLOOR_OF[figure]
            floor = f"{ns(found['floors'][key]['median'])} ({calls.FLOORS[key]})"
            ratio = f"{found['ours / floor'][figure]:.2f}"
            yield _line(title, titles, figures, [floor, ratio])
    for setting, title in TRIPS.items():
        if rows := parts.get("round_trips", {}).get("settings", {}).get(setting):
            titles = {name: row["title"] for name, row in rows.items()}
            figures = {name: row["rounds"] for name, row in rows.items() if not row["trouble"]}
            floor = figures.pop(round_trips.FLOOR)
            cells = [f"{ns(floor['median'])} ({titles[round_trips.FLOOR]})", compared(floor)]
            yield _line(title, titles, figures, cells)
    if rows := parts.get("batches", {}).get("sizes", {}).get(BATCH):
        titles = {name: row["title"] for name, row in rows.items()}
        title = "a value of a batch of 1,000, published and drained"
        yield _line(title, titles, batches.through_of(rows), ["-", "-"])


def markdown(results: Mapping[str, Any]) -> str:
    header = ["median", "ours", "the floor", "ours / floor", "the best peer", "ours / peer"]
    return table(header, _lines(results["parts"]))
