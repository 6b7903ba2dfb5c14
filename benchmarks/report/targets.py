"""What the parts with arrays and records aim at, and whether a run met it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from parts import array_messages, array_trips, arrays, records

from report.tables import best, digits, size, table


class Target(NamedTuple):
    what: str
    aim: str
    found: str
    share: float
    """What was measured in proportion to the target: at most 1 meets it."""

    @property
    def met(self) -> bool:
        return self.share <= 1


VIEW_AGAINST = ("kickmsg_topic", 65536, 0.5)
"""A zero-copy read takes at most half of this peer's, at this size."""

UNPROTECTED = 1.15
"""A round trip of the largest size, in proportion to plain memory's."""


def _calls(found: Mapping[str, Any]) -> Iterator[Target]:
    """One line for each kind of call: the size or shape that is furthest from its target."""
    for kind, about in arrays.KINDS.items():
        shares = {
            figure: row["ours / target"]
            for figure, row in found["figures"].items()
            if figure.partition(":")[0] == kind and "ours / target" in row
        }
        if shares:
            worst = max(shares, key=shares.__getitem__)
            text = f"{digits(shares[worst])} of that at most: {arrays.title(worst)}"
            yield Target(about.title, about.target(), text, shares[worst])


def _views(found: Mapping[str, Any]) -> Iterator[Target]:
    what = "zero-copy read, one at a time"
    for nbytes, part in found["sizes"].items():
        figures = array_messages.of(found, nbytes, "view")
        if (peer := best(figures)) and "ratio" in figures[peer]:
            share = figures[peer]["ratio"]
            text = f"{digits(share)} of {part[peer]['title']}"
            yield Target(f"{what}, {size(int(nbytes))}", "ahead of every peer", text, share)
        name, at, most = VIEW_AGAINST
        if int(nbytes) == at and "ratio" in figures.get(name, {}):
            share = figures[name]["ratio"]
            aim = f"<= {most:g} x {part[name]['title']}"
            yield Target(f"{what}, {size(at)}", aim, f"{digits(share)} of it", share / most)


def _trips(found: Mapping[str, Any]) -> Iterator[Target]:
    last = str(array_trips.SIZES[-1])
    for nbytes, part in found["sizes"].items():
        what = f"there and back, {size(int(nbytes))}"
        rows = {name: row["rounds"] for name, row in part["rows"].items() if not row["trouble"]}
        if nbytes == last:
            for number, share in part["ours / unprotected"].items():
                if share is not None:
                    aim = f"<= {UNPROTECTED:g} x numpy, unprotected, over as many arrays"
                    text = f"{digits(share)} of it"
                    yield Target(f"{what}, buffer_num={number}", aim, text, share / UNPROTECTED)
        elif (peer := best(rows)) and "ratio" in rows[peer]:
            text = f"{digits(rows[peer]['ratio'])} of {part['rows'][peer]['title']}"
            yield Target(what, "ahead of every peer", text, rows[peer]["ratio"])


def _records(found: Mapping[str, Any]) -> Iterator[Target]:
    for figure, row in found["figures"].items():
        if "ours / target" in row:
            share, kind = row["ours / target"], records.KINDS[figure]
            yield Target(kind.title, kind.target(), f"{digits(share)} of that", share)


PARTS = {
    "arrays": _calls,
    "array_messages": _views,
    "array_trips": _trips,
    "records": _records,
}


def targets(parts: Mapping[str, Any]) -> Iterator[Target]:
    for name, lines in PARTS.items():
        if name in parts and "failed" not in parts[name]:
            yield from lines(parts[name])


def markdown(parts: Mapping[str, Any]) -> str:
    """Return the table; empty if nothing of it was measured."""
    lines = [
        [target.what, target.aim, target.found, "yes" if target.met else "**no**"]
        for target in targets(parts)
    ]
    return table(["arrays, text and records", "target", "measured", "met"], lines) if lines else ""
