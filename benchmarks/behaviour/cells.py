"""The behaviour table's cells: short words for the outcomes of scenes.py."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

Seen = dict[str, Any]
"""The outcome of one scene."""
Scenes = dict[str, list[Seen]]
"""All outcomes of a row, by scene."""
Cell = Callable[[Scenes], str]


def brief(trouble: str) -> str:
    """An error without its text."""
    return trouble.partition(": ")[0]


def _tally(cells: Iterable[str]) -> str:
    """How often each occurred, if they differ."""
    counts = Counter(cells)
    total = sum(counts.values())
    parts = (f"{cell} ({n} of {total})" if n < total else cell for cell, n in counts.most_common())
    return ", ".join(parts) or "-"


def _each(scene: str, judge: Callable[[Seen], str]) -> Cell:
    def cell(scenes: Scenes) -> str:
        played = scenes.get(scene, [])
        return _tally(brief(s["trouble"]) if s.get("trouble") else judge(s) for s in played)

    return cell


def _came(watched: Seen | None, yes: str, no: str) -> str:
    """yes or no: whether the expected value came; otherwise what went wrong."""
    if watched is None:
        return no
    if watched["how"]:
        return brief(watched["how"])
    if watched["ended"] is not None:
        return yes
    return f"garbage: {watched['garbage'][0]}" if watched["garbage"] else no


def _empty(seen: Seen) -> str:
    return "reports it" if seen["value"] == "None" else f"reads {seen['value']}"


def _two(seen: Seen) -> str:
    if seen["second trouble"]:
        return brief(seen["second trouble"])
    return _came(seen["seen"], "both are heard", "only the first is heard")


def _other(seen: Seen) -> str:
    if seen.get("none"):
        return "-"
    for trouble in ("publisher trouble", "reader trouble"):
        if seen.get(trouble):
            return f"{trouble.removesuffix(' trouble')} {brief(seen[trouble])}"
    value = seen["value"]
    return {"7.0": "converts", "7": "passes the int", None: "reads nothing"}.get(
        value, f"garbage: {value}"
    )


def _full(seen: Seen) -> str:
    for step, verb in (("made", ""), ("published", "publishing "), ("read", "reading ")):
        if seen.get(step):
            return f"{verb}{brief(seen[step])}"
    return _came(seen["seen"], "works", "reads nothing")


def _restart(seen: Seen) -> str:
    return brief(seen["restart trouble"]) or "starts"


def _reader_after(which: str) -> Callable[[Seen], str]:
    def judge(seen: Seen) -> str:
        if trouble := seen.get(f"{which} trouble") or (which == "old" and seen["watch trouble"]):
            return brief(trouble)
        return _came(seen.get(which), "yes", "-" if seen["restart trouble"] else "no")

    return judge


def _torn(seen: Seen) -> str:
    watched = (seen.get(part) for part in ("before", "watch", "old", "new"))
    garbage = [value for one in watched if one for value in one["garbage"]]
    return garbage[0] if garbage else "none"


def _learns(scenes: Scenes) -> str:
    """When a reader has no value any more, if it has one as long as its publisher lives."""
    quiet = scenes.get("quiet", [])
    if any(seen.get("trouble") or seen["ended"] is not None for seen in quiet):
        return "-"  # it takes each value once
    kills = [seen for seen in scenes.get("kill", []) if not seen.get("trouble")]
    if not kills:
        return "-"
    if any(seen["watch trouble"] for seen in kills):
        return _tally(brief(seen["watch trouble"]) or "no" for seen in kills)
    times = [seen["learns"] for seen in kills if "learns" in seen]
    if not times:
        return "no"
    within = f"in {statistics.median(times):.2f} s, at most {max(times):.2f}"
    missed = len(kills) - len(times)
    return f"{within}, not in {missed} of {len(kills)}" if missed else within


def _left(seen: Seen) -> str:
    files = len(seen["files"])
    size = f"{files} file{'s' * (files > 1)}, {seen['bytes'] / 1024:.0f} KiB"
    return size if files else "nothing"


def _child_publishes(seen: Seen) -> str:
    if seen["publish trouble"]:
        return brief(seen["publish trouble"])
    return _came(seen.get("arrives"), "arrives", "is lost")


def _child_reads(seen: Seen) -> str:
    return brief(seen.get("read trouble", "")) or _came(seen.get("read"), "works", "reads nothing")


def _parent(seen: Seen) -> str:
    if seen["parent trouble"]:
        return brief(seen["parent trouble"])
    own = _came(seen.get("own"), "", "reads nothing")
    return own or _came(seen.get("after"), "works", "is not heard")


COLUMNS: dict[str, dict[str, Cell]] = {
    "At the start": {
        "late joiner": _each("late", lambda seen: _came(seen, "gets it", "no")),
        "subscriber first": _each("first", lambda seen: _came(seen, "works", "never gets any")),
        "nothing published": _each("empty", _empty),
        "second publisher": _each("two", _two),
        "another type": _each("other", _other),
        "full memory": _each("full", _full),
    },
    "After `kill -9` of a publisher in the middle of publishing": {
        "a new publisher": _each("kill", _restart),
        "old readers follow": _each("kill", _reader_after("old")),
        "new readers read": _each("kill", _reader_after("new")),
        "values that nobody published": _each("kill", _torn),
        "the reader learns of the death": _learns,
        "is left in memory": _each("left", _left),
    },
    "After `fork()` in a process with a publisher and a reader": {
        "the child publishes": _each("fork", _child_publishes),
        "the child reads": _each("fork", _child_reads),
        "the parent goes on": _each("fork", _parent),
    },
}
"""The columns of each table, and how a cell follows from the scenes of its row."""
