"""One array at a time from one process to another, beside the peers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import Command, in_turn, program
from report import plots
from report.tables import mark, ns, size, summary, table, troubles

TITLE = "Arrays: one at a time"
NEEDS = "array_publisher"
SIZES = (64, 4096, 65536, 1 << 20, 6 << 20)
FIGURES = {"publish": "publish", "copy": "copying read", "view": "zero-copy read"}


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 20) if quick else (11, 60)
    sizes = SIZES[::2] if quick else SIZES
    processors = [str(number) for number in sorted(os.sched_getaffinity(0))[-2:]]
    found: dict[str, Any] = {"rounds": rounds, "sizes": {}}
    for nbytes in sizes:
        commands: dict[str, Command] = {
            row.name: program("array_message", row.name, str(nbytes), *processors[-2:])
            for row in rows
        }
        turns = in_turn(commands, rounds, milliseconds)
        ours = turns[OURS].by_figure()
        found["sizes"][str(nbytes)] = {
            row.name: {
                "title": row.title,
                "trouble": turns[row.name].trouble,
                "ns": {
                    figure: summary(times, ours.get(figure))
                    for figure, times in turns[row.name].by_figure().items()
                },
            }
            for row in rows
        }
    return found


def of(found: Mapping[str, Any], nbytes: str, figure: str) -> dict[str, dict[str, float]]:
    """Return the summaries of one figure, by row."""
    rows = found["sizes"][nbytes].items()
    return {name: row["ns"][figure] for name, row in rows if figure in row["ns"]}


def markdown(found: dict[str, Any]) -> str:
    text = [
        "Processor time of the calling thread in two processes that poll; of a zero-copy read,"
        f" which cannot wait, the time. Median of {found['rounds']} rounds. eCAL's own thread has"
        " copied an array before it is read; a Queue's own thread pickles and sends it.",
        "",
    ]
    for figure, what in FIGURES.items():
        by_size = {nbytes: of(found, nbytes, figure) for nbytes in found["sizes"]}
        titles = {n: row["title"] for rows in found["sizes"].values() for n, row in rows.items()}
        lines = [
            [
                mark(name, titles[name]),
                *(_median(figures.get(name)) for figures in by_size.values()),
            ]
            for name in titles
            if any(name in figures for figures in by_size.values())
        ]
        text += [table([what, *(size(int(nbytes)) for nbytes in by_size)], lines), ""]
    for nbytes, rows in found["sizes"].items():
        if missing := troubles(rows):
            text += [f"{size(int(nbytes))}:", "", missing, ""]
    return "\n".join(text)


def _median(figures: Mapping[str, float] | None) -> str:
    return ns(figures["median"]) if figures else "-"


def plot(found: dict[str, Any], target: Path) -> None:
    groups = {
        f"{what}, {size(int(nbytes))}": {
            found["sizes"][nbytes][name]["title"]: figures["median"] / 1e3
            for name, figures in of(found, nbytes, figure).items()
        }
        for nbytes in found["sizes"]
        for figure, what in FIGURES.items()
    }
    ours = next(iter(found["sizes"].values()))[OURS]["title"]
    plots.bars(groups, "us of processor time, median", ours, target)
