"""What publishing and reading arrays and text costs, beside memcpy: both ends in one process."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.rows import OURS, Row
from harness.turns import in_turn, program
from report.tables import digits, ns, size, spread, summary, table

TITLE = "Arrays and text: one call"
NEEDS = "array_publisher"
FLOOR = ":floor"
HEADER = ["", "median", "spread", "the floor", "ours / floor", "target", "ours / target"]


class Kind(NamedTuple):
    """What is measured, and the target: at most `factor` times its floor, and so many ns more."""

    title: str
    floor: str
    factor: float
    more: float

    def bound(self, floor: float) -> float:
        return self.factor * floor + self.more

    def target(self) -> str:
        """The target as a table has it; empty if there is none."""
        terms = [f"{self.floor} x {self.factor:g}"] if self.factor else []
        terms += [f"{self.more:g} ns"] if self.more else []
        return f"<= {' + '.join(terms)}" if terms else ""

    def compared(self, ours: Sequence[float], floor: Sequence[float] | None) -> dict[str, Any]:
        """Return summaries, and the median over the rounds of ours in proportion to the target."""
        found: dict[str, Any] = {"ns": summary(ours)}
        if floor:
            found["floor"] = summary(floor, ours)
        if self.target():
            bounds = [self.bound(f) for f in floor or [0.0] * len(ours)]
            found["ours / target"] = statistics.median(map(float.__truediv__, ours, bounds))
        return found


KINDS = {
    "publish": Kind("publish", "memcpy", 1.05, 200),
    "into": Kind("copying read, `into=`", "memcpy", 1.15, 150),
    "read": Kind("copying read, a new array", "", 0, 0),
    "view": Kind("zero-copy read, dropped at once", "", 0, 150),
    "loan": Kind("empty loan", "", 0, 300),
    "padded": Kind("publish, padded rows", "memcpy of each row", 1.3, 0),
    "strided": Kind("publish, other strides", "`np.copyto`", 1.1, 0),
    "text-publish": Kind("publish text", "", 0, 150),
    "text-read": Kind("read text", "", 0, 250),
    "first": Kind("a new publisher's first array", "its later ones", 2, 0),
}


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 50) if quick else (21, 800)
    turns = in_turn({OURS: program("array_call", folder)}, rounds, milliseconds)[OURS]
    times = turns.by_figure()
    figures = [figure for figure in times if not figure.endswith(FLOOR)]
    return {
        "rounds": rounds,
        "trouble": turns.trouble,
        "figures": {f: compared(f, times[f], times.get(f + FLOOR)) for f in figures},
    }


def compared(figure: str, ours: Sequence[float], floor: Sequence[float] | None) -> dict[str, Any]:
    return KINDS[figure.partition(":")[0]].compared(ours, floor)


def title(figure: str) -> str:
    kind, _, variant = figure.partition(":")
    return f"{KINDS[kind].title}, {size(int(variant)) if variant.isdigit() else variant}"


def markdown(found: dict[str, Any]) -> str:
    if found["trouble"]:
        return f"Not measured: {found['trouble']}"
    lines = [
        line(title(figure), KINDS[figure.partition(":")[0]], row)
        for figure, row in found["figures"].items()
    ]
    return "\n".join(
        [
            f"Processor time of the calling thread, median of {found['rounds']} rounds; the loop",
            "around the call included. memcpy copies from the same array into private memory that",
            "is laid out as the topic's, padded rows one by one; text has 1,000 bytes. The last",
            "column is the median of rounds: 1 meets the target.",
            "",
            table(HEADER, lines),
        ]
    )


def line(name: str, kind: Kind, row: Mapping[str, Any]) -> list[str]:
    floor = row.get("floor")
    cells = (
        [f"{ns(floor['median'])} ({kind.floor})", digits(floor["ratio"])] if floor else ["-"] * 2
    )
    share = digits(row["ours / target"]) if "ours / target" in row else "-"
    middle = ns(row["ns"]["median"])
    return [name, middle, spread(row["ns"]), *cells, kind.target() or "-", share]
