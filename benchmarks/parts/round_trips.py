"""A value there and back between two processes: asleep until it comes, or spinning."""

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
from report.tables import compared, mark, ns, quantile, spread, summary, table, troubles

TITLE = "A value there and back"
FLOOR = "floor"
FLOORS = {"blocking": "a futex in C", "spinning": "two cache lines in C"}


def settings() -> dict[str, tuple[str, list[str]]]:
    """Return how both wait and the processors they run on, by title.

    Two that spin on one processor would only wait for the scheduler.
    """
    processors = [str(number) for number in sorted(os.sched_getaffinity(0))]
    found = {
        "blocking, placed by the kernel": ("blocking", []),
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
        ours = medians(turns[OURS])
        titles = {FLOOR: FLOORS[way]} | {row.name: row.title for row in rows if row.name in turns}
        found["settings"][title] = {
            name: {"title": titles[name], **figures(turns[name], ours)} for name in titles
        }
    return found


def medians(turns: Turns) -> list[float]:
    return [statistics.median(answer[1:]) for answer in turns.answers]


def figures(turns: Turns, ours: Sequence[float]) -> dict[str, Any]:
    """Return figures of all trips, and a summary of the rounds' medians."""
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
        "rounds": summary(medians(turns), ours),
    }


def markdown(found: dict[str, Any]) -> str:
    text = []
    for title, rows in found["settings"].items():
        measured = {name: row for name, row in rows.items() if not row["trouble"]}
        text += [f"{title[0].upper()}{title[1:]}, of {found['rounds']} rounds:", ""]
        lines = [
            _line(name, measured[name])
            for name in sorted(measured, key=lambda name: measured[name]["median"])
        ]
        header = ["", "min", "median", "p99", "p99.9", "spread", "trips", "wrong", "ours / this"]
        text += [table(header, lines), "", troubles(rows), ""]
    return "\n".join(text)


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    title = f"*{row['title']}*" if name == FLOOR else mark(name, row["title"])
    times = [ns(row[figure]) for figure in ("min", "median", "p99", "p99.9")]
    counts = [f"{row[figure]:,.0f}" for figure in ("trips", "wrong")]
    return [title, *times, spread(row["rounds"]), *counts, compared(row["rounds"])]


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        title: {row["title"]: row["median"] / 1e3 for row in rows.values() if not row["trouble"]}
        for title, rows in found["settings"].items()
    }
    ours = next(iter(found["settings"].values()))[OURS]["title"]
    plots.bars(groups, "us there and back, median", ours, target, FLOORS.values())
