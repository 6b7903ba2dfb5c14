"""The documents' table of arrays: a column for each size. "-" is what was not measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from parts import array_messages, array_trips, arrays

from report.tables import best, mark, ns, size, table

SIZES = [str(nbytes) for nbytes in array_messages.SIZES]

Cell = Callable[[str], str]
"""The cell of a size."""


def _row(title: str, cell: Cell) -> list[str]:
    return [title, *map(cell, SIZES)]


def _calls(found: Mapping[str, Any]) -> Iterator[list[str]]:
    def median(kind: str, what: str) -> Cell:
        def cell(nbytes: str) -> str:
            row = found["figures"].get(f"{kind}:{nbytes}", {})
            return ns(row[what]["median"]) if what in row else "-"

        return cell

    for kind, title in {"publish": "`publish`", "into": "`subscribe(into=)`"}.items():
        yield _row(f"**{title}**", median(kind, "ns"))
        yield _row(f"*{arrays.KINDS[kind].floor}*", median(kind, "floor"))
    yield _row("**`subscribe()`, a new array**", median("read", "ns"))
    yield _row("**`subscribe()`, `copy=False`**", median("view", "ns"))


def _best(figures: Callable[[str], Mapping[str, Any]], titles: Mapping[str, str]) -> Cell:
    def cell(nbytes: str) -> str:
        found = figures(nbytes)
        peer = best(found)
        return f"{ns(found[peer]['median'])} ({titles[peer]})" if peer else "-"

    return cell


def _messages(found: Mapping[str, Any]) -> Iterator[list[str]]:
    def views(nbytes: str) -> dict[str, dict[str, float]]:
        return array_messages.of(found, nbytes, "view") if nbytes in found["sizes"] else {}

    titles = {n: row["title"] for rows in found["sizes"].values() for n, row in rows.items()}
    what = "zero-copy read between processes, one at a time"
    yield _row(f"**{what}**", lambda nbytes: _median(views(nbytes).get("ours")))
    yield _row("the best peer's", _best(views, titles))


def _trips(found: Mapping[str, Any]) -> Iterator[list[str]]:
    def rounds(nbytes: str) -> dict[str, dict[str, float]]:
        rows = found["sizes"].get(nbytes, {"rows": {}})["rows"]
        return {name: row["rounds"] for name, row in rows.items() if not row["trouble"]}

    parts = found["sizes"].values()
    titles = {name: row["title"] for part in parts for name, row in part["rows"].items()}
    usual = array_trips.BUFFERS[0]
    rows = {
        array_trips.ours(usual): "there and back, both polling",
        array_trips.rotating(usual): "unprotected numpy's",
    }
    for name, title in rows.items():
        yield _row(mark(name, title), lambda nbytes, name=name: _median(rounds(nbytes).get(name)))
    yield _row("the best peer's", _best(rounds, titles))


def _median(figures: Mapping[str, float] | None) -> str:
    return ns(figures["median"]) if figures else "-"


PARTS = {"arrays": _calls, "array_messages": _messages, "array_trips": _trips}


def markdown(results: Mapping[str, Any]) -> str:
    parts = results["parts"]
    measured = [name for name in PARTS if name in parts and "failed" not in parts[name]]
    lines = [line for name in measured for line in PARTS[name](parts[name])]
    if not lines:
        return "Not measured yet."
    return table(["median", *(size(int(nbytes)) for nbytes in SIZES)], lines)
