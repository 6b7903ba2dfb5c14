"""What many topics in one process take, and what reading costs among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.isolation import ask, surroundings
from harness.rows import OURS, Row
from harness.workers import Failed
from report import plots
from report.tables import digits, mark, ns, table, troubles

TITLE = "Topics: 1 to 10,000 in one process"

COUNTS = (1, 10, 100, 1_000, 10_000)
"""Of ours; a peer makes every other count, or as many as it can in this time:"""
SECONDS = 1.0
OURS_SECONDS = 30.0

MEMORY_TARGET = 12 * 1024
TIME_TARGET = 1.0

Run = dict[str, Any]


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """Each count in a process of its own, and ours several times, among the peers."""
    found: dict[str, Any] = {
        row.name: {"title": row.title, "trouble": row.trouble, "counts": {}} for row in rows
    }
    ready = [row for row in rows if not row.trouble]
    for number in COUNTS[:3:2] if quick else COUNTS:
        for row in _alternating(ready, 1 if quick else 3):
            kept = found[row.name]["counts"]
            if _is_over(kept, number) or (row.name != OURS and number not in COUNTS[::2]):
                continue
            seconds = OURS_SECONDS if row.name == OURS else SECONDS
            kept.setdefault(str(number), []).append(_one(row, number, seconds))
    return {"rows": found}


def _alternating(rows: Sequence[Row], times: int) -> Iterator[Row]:
    """Yield every row once, and ours so many times, as far apart as possible."""
    ours, others = ([row for row in rows if (row.name == OURS) is own] for own in (True, False))
    for turn in range(times):
        yield from ours
        yield from others[turn::times]


def _is_over(kept: dict[str, list[Run]], number: int) -> bool:
    """It reports whether the row did not reach a smaller count."""
    return any(int(n) < number and runs[-1]["stopped"] for n, runs in kept.items())


def _one(row: Row, number: int, seconds: float) -> Run:
    arguments = row.name, number, seconds
    with surroundings() as environment:
        try:
            found: Run = ask(
                "programs/topics.py", *arguments, environment=environment, timeout=2 * seconds + 15
            )
        except Failed as error:
            return {"stopped": str(error)}
    found["stopped"] = found["publishers"].pop("stopped") or found["readers"].pop("stopped")
    return found


def markdown(found: dict[str, Any]) -> str:
    rows = found["rows"]
    largest = {name: best for name, row in rows.items() if (best := _largest(row["counts"]))}
    header = ["at their largest count", "topics", "publisher", "reader", "CPU, both"]
    header += ["shared memory", "RSS", "descriptors", "read one", "all in turn"]
    lines = [_line(name, rows[name]["title"], run) for name, run in largest.items()]
    text = [
        "A publisher and a reader for each topic, in one process: times, CPU time and memory per"
        " topic, the fastest run of ours. Reading all in turn costs what the misses in the"
        " processor's caches and page tables cost on top of reading one again and again.",
        "",
        table(header, lines),
        "",
        *_stops(rows, largest),
    ]
    if OURS in largest:
        text += ["", _growth(rows[OURS]["counts"]), "", *_targets(rows[OURS]["counts"])]
    return "\n".join([*text, "", troubles(rows)])


def _largest(counts: Mapping[str, list[Run]]) -> Run | None:
    """Return the fastest run of the largest count that has figures."""
    for number in sorted(counts, key=int, reverse=True):
        if good := [run for run in counts[number] if _made(run)]:
            return min(good, key=_cost)
    return None


def _made(run: Run) -> int:
    return min(run["publishers"]["made"], run["readers"]["made"]) if "readers" in run else 0


def _cost(run: Run, what: str = "s") -> float:
    """Seconds per topic, for a publisher and a reader."""
    return float(sum(run[made][what] / run[made]["made"] for made in ("publishers", "readers")))


def _line(name: str, title: str, run: Run) -> list[str]:
    made, taken, costs = _made(run), run["taken"], run.get("ns") or {}
    each = [run[part]["s"] / run[part]["made"] * 1e9 for part in ("publishers", "readers")]
    line = [mark(name, title), f"{made:,}", *map(ns, each), ns(_cost(run, "cpu s") * 1e9)]
    line += [_bytes(taken[what] / made) for what in ("shared", "rss")]
    line += [f"{taken['descriptors'] / made:.3g}"]
    return line + [ns(costs[what]) if costs else "-" for what in ("one", "all")]


def _bytes(value: float) -> str:
    return f"{digits(value / 1024)} KiB" if value > 0 else "0"


def _stops(rows: Mapping[str, Any], largest: Mapping[str, Run]) -> Iterator[str]:
    """Why a row came no further."""
    for name, row in rows.items():
        for number, runs in row["counts"].items():
            run = runs[-1]
            if why := run["stopped"]:
                made = [f"{run[p]['made']:,} {p}" for p in ("publishers", "readers") if p in run]
                cause = f"{', '.join(made)} until {why}" if made else why
                yield f"- {row['title']}, of {int(number):,} topics: {cause}"
        if name in largest and largest[name].get("ok") is False:
            yield f"- {row['title']}: its last reader got no value within 2 s"


def _growth(counts: Mapping[str, list[Run]]) -> str:
    """How ours grows."""
    header = ["ours, topics", "publishers, s per thousand", "readers, s per thousand"]
    header += ["readers of another process", "closing all, s per thousand", "KiB each"]
    header += ["KiB mapped", "read one", "all in turn", "floats on a page each"]
    lines = []
    for number, all_runs in counts.items():
        runs = [run for run in all_runs if _made(run)]
        if not runs:
            continue
        line = [f"{int(number):,}"]
        for part in ("publishers", "readers", "elsewhere"):
            made = [run[part] for run in runs if run.get(part)]
            line += [_range(run["s"] / run["made"] * 1000 for run in made)]
        thousands = int(number) / 1000
        line += [_range(run["close s"] / thousands for run in runs if "close s" in run)]
        for what in ("shared", "mapped"):
            line += [digits(min(run["taken"][what] / _made(run) for run in runs) / 1024)]
        line += [ns(_least(runs, what)) for what in ("one", "all")]
        lines.append([*line, " / ".join(ns(_least(runs, f"pages {w}")) for w in ("one", "all"))])
    return table(header, lines)


def _range(figures: Iterable[float]) -> str:
    """The least and, if there are more, the greatest."""
    low, *rest = sorted(figures) or [0.0]
    return f"{low:.2f} to {rest[-1]:.2f}" if rest else f"{low:.2f}"


def _targets(counts: Mapping[str, list[Run]]) -> Iterator[str]:
    number = max(int(n) for n, runs in counts.items() if any(map(_made, runs)))
    runs = [run for run in counts[str(number)] if _made(run)]
    yield f"Ours, at {number:,} topics, with the targets:"
    yield ""
    opening = _range(_cost(run) * 1000 for run in runs)
    yield f"- a thousand topics open in {opening} s; target < {TIME_TARGET:g}"
    each = max(run["taken"]["shared"] / _made(run) for run in runs)
    yield f"- shared memory each: {each / 1024:.0f} KiB; target <= {MEMORY_TARGET // 1024}"
    more = [_least(runs, f"{row}all") - _least(runs, f"{row}one") for row in ("", "pages ")]
    yield (
        "- reading all in turn, on top of one again and again: {:.0f} ns; {:.0f} ns for floats"
        " that have a page each: misses alone".format(*more)
    )


def _least(runs: Sequence[Run], what: str) -> float:
    return float(min(run["ns"][what] for run in runs))


def plot(found: dict[str, Any], target: Path) -> None:
    rows = {row["title"]: run for row in found["rows"].values() if (run := _largest(row["counts"]))}
    figures: dict[str, Callable[[Run], float]] = {
        "open a publisher and a reader, us per topic": lambda run: _cost(run) * 1e6,
        "read all in turn, ns per read": lambda run: (run.get("ns") or {}).get("all", 0.0),
    }
    groups = {
        title: {name: figure(run) for name, run in rows.items()}
        for title, figure in figures.items()
    }
    plots.bars(groups, "at their largest count", found["rows"][OURS]["title"], target)
