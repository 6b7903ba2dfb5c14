"""An array there and back between two processes that poll, beside the peers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import FLOOR, digits, mark, ns, ratio, size, spread, table, troubles

from parts.round_trips import figures, medians

TITLE = "Arrays: there and back"
NEEDS = "array_publisher"
SIZES = (64, 4096, 65536, 1 << 20)
BUFFERS = (3, 1)
"""buffer_num; the peers, whose own default they keep, are beside the first."""

UNPROTECTED = "memory_numpy"


def rotating(buffer_num: int) -> str:
    """Return the row of plain memory that rotates over as many arrays as such a topic.

    A topic that keeps buffer_num arrays writes the next one into one more.
    """
    return f"{UNPROTECTED} {buffer_num + 1}"


def ours(buffer_num: int) -> str:
    return f"{OURS} {buffer_num}"


def _rows(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, int]]:
    """Yield each row, its title, its adapter and the number of its buffers."""
    for row in rows:
        if row.name == OURS:
            for buffer_num in BUFFERS:
                title = f"{row.title}, buffer_num={buffer_num}"
                yield ours(buffer_num), title, OURS, buffer_num
        elif row.name != UNPROTECTED:
            yield row.name, row.title, row.name, BUFFERS[0]
    for number in sorted({*BUFFERS, *(number + 1 for number in BUFFERS)}):
        title = f"numpy in plain memory, unprotected, {number} in turn"
        yield f"{UNPROTECTED} {number}", title, UNPROTECTED, number


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 20) if quick else (15, 60)
    sizes = SIZES[::3] if quick else SIZES
    processors = [str(number) for number in sorted(os.sched_getaffinity(0))[-2:]]
    found: dict[str, Any] = {"rounds": rounds, "sizes": {}}
    for nbytes in sizes:
        made = list(_rows(rows))
        commands: dict[str, Command] = {
            name: program("array_trip", adapter, str(nbytes), str(number), *processors)
            for name, _, adapter, number in made
        }
        turns = in_turn(commands, rounds, milliseconds)
        mine = medians(turns[ours(BUFFERS[0])])
        each = {name: {"title": title, **figures(turns[name], mine)} for name, title, _, _ in made}
        found["sizes"][str(nbytes)] = {
            "rows": each,
            "ours / unprotected": {
                str(number): ratio(medians(turns[ours(number)]), medians(turns[rotating(number)]))
                for number in BUFFERS
            },
        }
    return found


def markdown(found: dict[str, Any]) -> str:
    text = [f"Both processes poll on processors of their own; of {found['rounds']} rounds.", ""]
    for nbytes, part in found["sizes"].items():
        rows = part["rows"]
        measured = {name: row for name, row in rows.items() if not row["trouble"]}
        lines = [
            _line(name, measured[name])
            for name in sorted(measured, key=lambda name: measured[name]["median"])
        ]
        first = f"ours, buffer_num={BUFFERS[0]} / this"
        header = [size(int(nbytes)), "min", "median", "p99", "spread", "trips", "wrong", first]
        text += [table(header, lines), "", troubles(rows), ""]
        for number, found_ratio in part["ours / unprotected"].items():
            if found_ratio is not None:
                text += [
                    f"buffer_num={number} / unprotected over as many: {digits(found_ratio)}",
                    "",
                ]
    return "\n".join(text)


def _line(name: str, row: Mapping[str, Any]) -> list[str]:
    times = [ns(row[figure]) for figure in ("min", "median", "p99")]
    counts = [f"{row[figure]:,.0f}" for figure in ("trips", "wrong")]
    against = row["rounds"].get("ratio")
    share = "-" if against is None else digits(against)
    return [mark(name, row["title"]), *times, spread(row["rounds"]), *counts, share]


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        size(int(nbytes)): {
            row["title"]: row["median"] / 1e3 for row in part["rows"].values() if not row["trouble"]
        }
        for nbytes, part in found["sizes"].items()
    }
    rows = next(iter(found["sizes"].values()))["rows"]
    floors = [row["title"] for name, row in rows.items() if name.startswith(FLOOR)]
    plots.bars(
        groups,
        "us there and back, median",
        rows[ours(BUFFERS[0])]["title"].partition(",")[0],
        target,
        floors,
    )
