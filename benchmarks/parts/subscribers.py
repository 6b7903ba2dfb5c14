"""What one more subscriber costs the publisher: 1 to 64 of them, each a process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Turns, in_turn, program
from report import plots
from report.tables import compared, mark, ns, ratio, summary, table, troubles

TITLE = "Subscribers: 1 to 64 processes"
COUNTS = (1, 2, 4, 8, 16, 32, 64)
SOME = (1, 4, 16, 64)
"""Of a peer."""

START = 25.0
"""Seconds until all subscribers of a row have started."""

BLOCKED = f"{OURS}, blocked"


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """One row at a time, its counts in turn: all rows together would be thousands of processes."""
    rounds, milliseconds = (3, 20) if quick else (9, 50)
    many, some = (COUNTS[:5:2], SOME[:2]) if quick else (COUNTS, SOME)
    found: dict[str, Any] = {"rounds": rounds, "rows": {}}
    for row in rows:
        counts = many if row.name == OURS else some
        if trouble := _cannot(row):
            found["rows"][row.name] = {"title": row.title, "trouble": trouble, "counts": {}}
            continue
        beside = () if row.name == OURS else (max(some),)
        # More rounds of ours: it does not grow, so that only noise is to be seen.
        times = rounds if quick or row.name != OURS else 3 * rounds
        turns = _turns(row.name, counts, "idle", beside, times, milliseconds)
        found["rows"][row.name] = figures_of(row.title, turns)
        if row.name == OURS:
            turns = _turns(row.name, counts, "blocked", (), rounds, milliseconds)
            found["rows"][BLOCKED] = figures_of(f"{row.title}, all blocked in `recv()`", turns)
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
    """Measure the counts of a row, and some of ours beside them."""
    commands = {
        f"{kind}{number}": program("subscribers", row, str(number), way)
        for kind, row, numbers in (("", name, counts), (f"{OURS} ", OURS, ours))
        for number in numbers
    }
    return in_turn(commands, rounds, milliseconds, start=START)


def figures_of(title: str, turns: Mapping[str, Turns]) -> dict[str, Any]:
    figures = {number: one.by_figure() for number, one in turns.items()}
    counts = {
        number: {"trouble": turns[number].trouble, **{k: summary(v) for k, v in found.items()}}
        for number, found in figures.items()
        if number.isdigit()
    }
    measured = [number for number, count in counts.items() if not count["trouble"]]
    found = {"title": title, "counts": counts}
    if not measured:
        return found | {"trouble": next(iter(counts.values()))["trouble"]}
    most = max(measured, key=int)
    ns, beside = figures[most]["ns"], figures.get(f"{OURS} {most}")
    if beside and (quotient := ratio(beside["ns"], ns)) is not None:
        found["ratio"] = quotient
    if "1" in measured:
        found["most / 1"] = ratio(ns, figures["1"]["ns"])
    return found | {"trouble": ""}


def markdown(found: dict[str, Any]) -> str:
    text = [
        "Publishing one value with so many subscribers that have found the topic and neither read"
        f" nor wait; median of {found['rounds']} rounds. Then the most subscribers against one,"
        " in turn, and the CPU time of the publisher's process per value, all threads included.",
        "",
    ]
    measured = {name: row for name, row in found["rows"].items() if not row["trouble"]}
    numbers = sorted({int(number) for row in measured.values() for number in _own(row)})
    lines = [
        _line(name, measured[name], numbers)
        for name in sorted(measured, key=lambda name: _median(measured[name]))
    ]
    header = ["", *map(str, numbers), "most / 1", "CPU, most", "ours / this, most"]
    text += [table(header, lines), ""]
    part = {
        f"{name} {number}": {"title": f"{row['title']} with {number}", "trouble": count["trouble"]}
        for name, row in measured.items()
        for number, count in row["counts"].items()
    }
    missing = {name: row for name, row in found["rows"].items() if row["trouble"]}
    return "\n".join([*text, troubles(missing | part)])


def _own(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {number: count for number, count in row["counts"].items() if not count["trouble"]}


def _median(row: Mapping[str, Any]) -> float:
    return float(next(iter(_own(row).values()))["ns"]["median"])


def _line(name: str, row: Mapping[str, Any], numbers: Sequence[int]) -> list[str]:
    own = _own(row)
    most = max(own, key=int)
    return [
        mark(name, row["title"]),
        *(ns(own[str(n)]["ns"]["median"]) if str(n) in own else "-" for n in numbers),
        f"{row['most / 1']:.2f}" if "most / 1" in row else "-",
        ns(own[most]["cpu"]["median"]),
        compared(row),
    ]


def plot(found: dict[str, Any], target: Path) -> None:
    groups: dict[str, dict[str, float]] = {}
    for row in found["rows"].values():
        for number in set(_own(row)) & {"1", "64"}:
            title = "1 subscriber" if number == "1" else f"{number} subscribers"
            groups.setdefault(title, {})[row["title"]] = row["counts"][number]["ns"]["median"]
    plots.bars(
        dict(sorted(groups.items())),
        "ns to publish one value, median",
        found["rows"][OURS]["title"],
        target,
    )
