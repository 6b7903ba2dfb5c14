"""What one more subscriber costs the publisher: 1 to 64 of them, each a process."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, Turns, in_turn, program
from report import plots
from report.tables import compared, mark, ns, table, troubles

TITLE = "Subscribers: 1 to 64 processes"
COUNTS = (1, 2, 4, 8, 16, 32, 64)
SOME = (1, 4, 16, 64)
"""A peer's."""

START = 25.0
"""Seconds until all subscribers of a row are there."""

BLOCKED = f"{OURS}, blocked"


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """One row at a time, its counts in turn: all rows' processes together would be thousands."""
    rounds, milliseconds = (3, 20) if quick else (9, 50)
    many, some = (COUNTS[:5:2], SOME[:2]) if quick else (COUNTS, SOME)
    found: dict[str, Any] = {"rounds": rounds, "rows": {}}
    for row in rows:
        counts = many if row.name == OURS else some
        trouble = _cannot(row)
        if trouble:
            found["rows"][row.name] = {"title": row.title, "trouble": trouble, "counts": {}}
            continue
        ours = () if row.name == OURS else (min(some), max(some))
        # Of ours nothing is to be seen but noise: more of it.
        times = rounds if quick or row.name != OURS else 3 * rounds
        turns = _turns(row.name, counts, "idle", ours, times, milliseconds)
        found["rows"][row.name] = _figures(row.title, turns)
        if row.has("receiver") and row.name == OURS:
            turns = _turns(row.name, counts, "blocked", (), rounds, milliseconds)
            found["rows"][BLOCKED] = _figures(f"{row.title}, all blocked in `recv()`", turns)
    return found


def _cannot(row: Row) -> str:
    if row.trouble:
        return row.trouble
    if row.kind == "queue":
        return "a queue: each value goes to one receiver"
    able = row.has("publisher") and any(row.has(f) for f in ("reader", "poller", "receiver"))
    return "" if able else "publishes nothing that is received"


def _turns(
    name: str, counts: Iterable[int], way: str, ours: Iterable[int], rounds: int, milliseconds: int
) -> dict[str, Turns]:
    """Of a row's counts, and of some of ours beside it."""
    commands: dict[str, Command] = {
        f"{kind}{number}": program("subscribers", row, str(number), way)
        for kind, row, numbers in (("", name, counts), (f"{OURS} ", OURS, ours))
        for number in numbers
    }
    return in_turn(commands, rounds, milliseconds, start=START)


def _figures(title: str, turns: Mapping[str, Turns]) -> dict[str, Any]:
    counts = {
        number: {"trouble": turn.trouble}
        if turn.trouble
        else {"trouble": "", "ns": turn.of("ns"), "cpu": turn.of("cpu")}
        for number, turn in turns.items()
    }
    measured = [number for number, count in counts.items() if not count["trouble"]]
    trouble = "" if measured else next(iter(counts.values()))["trouble"]
    return {"title": title, "trouble": trouble, "counts": counts}


def markdown(found: dict[str, Any]) -> str:
    text = [
        "Publishing one value with so many subscribers that have found the topic and neither read"
        f" nor wait; median of {found['rounds']} rounds. Then the most subscribers against one,"
        " in turn, and what the publisher's process takes for a value with all its threads.",
        "",
    ]
    measured = {name: row for name, row in found["rows"].items() if not row["trouble"]}
    numbers = sorted({int(number) for row in measured.values() for number in _own(row)})
    lines = [
        _line(name, measured[name], numbers) for name in sorted(measured, key=_order(measured))
    ]
    header = ["", *map(str, numbers), "most / 1", "CPU, most", "ours / this, most"]
    text += [table(header, lines), ""]
    part = {
        f"{name} {number}": {"title": f"{row['title']} with {number}", "trouble": count["trouble"]}
        for name, row in measured.items()
        for number, count in row["counts"].items()
        if number.isdigit()
    }
    missing = {name: row for name, row in found["rows"].items() if row["trouble"]}
    return "\n".join([*text, troubles(missing | part)])


def _own(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Its counts that were measured, without ours that were beside it."""
    counts = row["counts"].items()
    return {number: c for number, c in counts if number.isdigit() and not c["trouble"]}


def _order(rows: Mapping[str, Any]) -> Any:
    def median(name: str) -> float:
        first = next(iter(_own(rows[name]).values()), None)
        return statistics.median(first["ns"]) if first else float("inf")

    return median


def _line(name: str, row: Mapping[str, Any], numbers: Sequence[int]) -> list[str]:
    own = _own(row)
    cells = [ns(statistics.median(own[str(n)]["ns"])) if str(n) in own else "-" for n in numbers]
    most = max(own, key=int) if own else ""
    beside = row["counts"].get(f"{OURS} {most}", {}).get("ns")
    return [
        mark(name, row["title"]),
        *cells,
        compared(own[most]["ns"], own["1"]["ns"]) if "1" in own and most else "-",
        ns(statistics.median(own[most]["cpu"])) if most else "-",
        compared(beside, own[most]["ns"]) if most and beside else "-",
    ]


def plot(found: dict[str, Any], target: Path) -> None:
    series = {
        row["title"]: {int(n): statistics.median(c["ns"]) for n, c in _own(row).items()}
        for row in found["rows"].values()
    }
    plots.lines(
        {title: points for title, points in series.items() if points},
        ("Publishing one value to N subscribers", "subscribers", "ns, median"),
        found["rows"][OURS]["title"],
        target,
    )
