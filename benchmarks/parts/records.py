"""What publishing and reading records costs, beside memcpy, struct and pickle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.rows import OURS, Row
from harness.turns import in_turn, program
from report.tables import table

from parts.arrays import FLOOR, HEADER, Kind, line

TITLE = "Records: one call"
NEEDS = "array_publisher"

KINDS = {
    "publish:slots": Kind("publish, a slots dataclass", "struct", 0, 130),
    "read:slots": Kind("read, a slots dataclass", "struct", 0, 180),
    "pickle:slots": Kind("*pickle.dumps, a slots dataclass*", "", 0, 0),
    "unpickle:slots": Kind("*pickle.loads, a slots dataclass*", "", 0, 0),
    "publish:plain": Kind("publish, a dataclass", "struct", 0, 250),
    "read:plain": Kind("read, a dataclass", "struct", 0, 350),
    "pickle:plain": Kind("*pickle.dumps, a dataclass*", "", 0, 0),
    "unpickle:plain": Kind("*pickle.loads, a dataclass*", "", 0, 0),
    "publish:tuple": Kind("publish, a NamedTuple", "struct", 0, 0),
    "read:tuple": Kind("read, a NamedTuple", "struct", 0, 0),
    "pickle:tuple": Kind("*pickle.dumps, a NamedTuple*", "", 0, 0),
    "unpickle:tuple": Kind("*pickle.loads, a NamedTuple*", "", 0, 0),
    "publish:dict": Kind("publish, a dict of arrays", "memcpy", 1.1, 1000),
    "into:dict": Kind("copying read of a dict, `into=`", "memcpy", 0, 0),
    "read:dict": Kind("copying read of a dict, new arrays", "", 0, 0),
    "view:dict": Kind("zero-copy read of a dict, dropped at once", "", 0, 1000),
    "pickle:dict": Kind("*pickle.dumps, a dict of arrays*", "", 0, 0),
    "unpickle:dict": Kind("*pickle.loads, a dict of arrays*", "", 0, 0),
}


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    rounds, milliseconds = (3, 50) if quick else (21, 500)
    turns = in_turn({OURS: program("record_call", folder)}, rounds, milliseconds)[OURS]
    times = turns.by_figure()
    return {
        "rounds": rounds,
        "trouble": turns.trouble,
        "figures": {
            figure: kind.compared(times[figure], times.get(figure + FLOOR))
            for figure, kind in KINDS.items()
            if figure in times
        },
    }


def markdown(found: dict[str, Any]) -> str:
    if found["trouble"]:
        return f"Not measured: {found['trouble']}"
    lines = [
        line(KINDS[figure].title, KINDS[figure], row) for figure, row in found["figures"].items()
    ]
    return "\n".join(
        [
            f"Processor time of the calling thread, median of {found['rounds']} rounds; the loop",
            "around the call included. Five fields, or a dict of 480x640x3 uint8, 480x640 uint16,",
            "14 floats and a stamp. struct packs the five fields into private memory, and makes",
            "an object of them again; memcpy copies the dict's parts to or from private memory",
            "that is laid out as the topic's.",
            "",
            table(HEADER, lines),
        ]
    )
