"""A value there and back between two processes: blocking and spinning, each where both run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import floors
from harness.rows import OURS, Row
from harness.turns import Command, Turns, in_turn, program
from report import plots
from report.tables import best, compared, mark, ns, quantile, spread, table, troubles

TITLE = "A value there and back"
FLOOR = "floor"
FLOORS = {"blocking": "a futex in C", "spinning": "two cache lines in C"}


def settings() -> dict[str, tuple[str, list[str]]]:
    """How both wait, and where they run, by its title. The kernel's choice of processors differs
    from run to run; two that spin on one would wait for the scheduler only."""
    processors = [str(number) for number in sorted(os.sched_getaffinity(0))]
    found = {
        "blocking, where the kernel puts them": ("blocking", []),
        "blocking, on one processor": ("blocking", processors[-1:] * 2),
    }
    if len(processors) > 1:
        two = [processors[-1], processors[-2]]
        found["blocking, on two processors"] = ("blocking", two)
        found["spinning, on two processors"] = ("spinning", two)
    return found


def able(row: Row, way: str) -> bool:
    waits = row.has("receiver") if way == "blocking" else row.has("poller") or row.has("reader")
    return row.has("publisher") and waits


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 20) if quick else (15, 50)
    floor = floors.program("round_trip", folder)
    found: dict[str, Any] = {"rounds": rounds, "settings": {}}
    for title, (way, processors) in settings().items():
        commands: dict[str, Command] = {
            row.name: program("round_trip", row.name, way, *processors)
            for row in rows
            if able(row, way)
        }
        commands[FLOOR] = [floor, way, *processors]
        turns = in_turn(commands, rounds, milliseconds)
        shown = {row.name: row for row in rows if row.name in turns or row.trouble}
        found["settings"][title] = {
            "floor": {"title": FLOORS[way], **figures(turns[FLOOR])},
            "rows": {
                name: {"title": row.title, **figures(turns.get(name, Turns(trouble=row.trouble)))}
                for name, row in shown.items()
            },
        }
    return found


def figures(turns: Turns) -> dict[str, Any]:
    """Of all trips, and each round's median."""
    if turns.trouble or not turns.answers:
        return {"trouble": turns.trouble or "no answer"}
    times = sorted(time for answer in turns.answers for time in answer[1:])
    return {
        "trouble": "",
        "trips": len(times),
        "wrong": sum(answer[0] for answer in turns.answers),
        "min": times[0],
        "median": statistics.median(times),
        "p99": quantile(times, 0.99),
        "p99.9": quantile(times, 0.999),
        "max": times[-1],
        "medians": [statistics.median(answer[1:]) for answer in turns.answers],
    }


def markdown(found: dict[str, Any]) -> str:
    text = []
    for title, setting in found["settings"].items():
        rows = {FLOOR: setting["floor"], **setting["rows"]}
        measured = {name: row for name, row in rows.items() if not row["trouble"]}
        medians = {name: row["medians"] for name, row in measured.items()}
        text += [f"{title[0].upper()}{title[1:]}, of {found['rounds']} rounds:", ""]
        lines = [
            _line(name, measured[name], medians.get(OURS))
            for name in sorted(measured, key=lambda name: measured[name]["median"])
        ]
        header = ["", "min", "median", "p99", "p99.9", "spread", "trips", "wrong", "ours / this"]
        text += [table(header, lines), ""]
        if OURS in medians:
            text += _ratios(medians, measured)
        text += [troubles(rows), ""]
    return "\n".join(text)


def _line(name: str, row: Mapping[str, Any], ours: list[float] | None) -> list[str]:
    title = f"*{row['title']}*" if name == FLOOR else mark(name, row["title"])
    times = [ns(row[figure]) for figure in ("min", "median", "p99", "p99.9")]
    ratio = compared(ours, row["medians"])
    counts = [f"{row[figure]:.0f}" for figure in ("trips", "wrong")]
    return [title, *times, spread(row["medians"]), *counts, ratio]


def _ratios(medians: dict[str, list[float]], rows: Mapping[str, Any]) -> list[str]:
    floor = medians.get(FLOOR, [])
    lines = [f"- ours / the floor: {compared(medians[OURS], floor)}"]
    if peer := best({name: turns for name, turns in medians.items() if name != FLOOR}):
        ratio = compared(medians[OURS], medians[peer])
        lines.append(f"- ours / the best peer ({rows[peer]['title']}): {ratio}")
    return [*lines, ""]


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        title: {
            row["title"]: row["median"] / 1e3
            for row in (setting["floor"], *setting["rows"].values())
            if not row["trouble"]
        }
        for title, setting in found["settings"].items()
    }
    unit = "us there and back (logarithmic), median"
    ours = next(iter(found["settings"].values()))["rows"][OURS]["title"]
    plots.bars(groups, unit, ours, target, [*FLOORS.values()])
