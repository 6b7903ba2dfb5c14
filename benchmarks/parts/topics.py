"""What many topics of one process take, and what reading costs among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness.isolation import ask, surroundings
from harness.rows import OURS, Row
from harness.workers import Failed
from report import plots
from report.tables import digits, mark, ns, table, troubles

TITLE = "Topics: 1 to 10,000 in one process"

COUNTS = (1, 10, 100, 1_000, 10_000)
"""Of ours; the peers are asked for every other one, or for as many as they make in this time:"""
SECONDS = 1.0
OURS_SECONDS = 30.0

MEMORY_TARGET = 12 * 1024
TIME_TARGET = 1.0


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """Each count in a process of its own, and ours several times, among the peers."""
    found: dict[str, Any] = {
        row.name: {"title": row.title, "trouble": row.trouble, "counts": {}} for row in rows
    }
    ready = [row for row in rows if not row.trouble]
    for number in COUNTS[:3:2] if quick else COUNTS:
        for row in _alternating(ready, 3):
            kept = found[row.name]["counts"]
            if _is_over(kept, number) or (row.name != OURS and number not in COUNTS[::2]):
                continue
            seconds = OURS_SECONDS if row.name == OURS else SECONDS
            kept.setdefault(str(number), []).append(_one(row, number, seconds))
    return {"rows": found}


def _alternating(rows: Sequence[Row], times: int) -> Iterator[Row]:
    """Yield every row once, and ours so many times, as far from each other as can be."""
    ours, others = ([row for row in rows if (row.name == OURS) is own] for own in (True, False))
    for turn in range(times):
        yield from ours
        yield from others[turn::times]


def _is_over(kept: dict[str, Any], number: int) -> bool:
    """It reports whether the row did not come as far as a smaller count."""
    return any(int(n) < number and runs[-1]["stopped"] for n, runs in kept.items())


def _one(row: Row, number: int, seconds: float) -> dict[str, Any]:
    with surroundings() as environment:
        arguments = row.name, number, seconds
        try:
            found: dict[str, Any] = ask(
                "programs/topics.py", *arguments, environment=environment, timeout=2 * seconds + 15
            )
        except Failed as error:
            return {"stopped": str(error)}
    found["stopped"] = found["publishers"]["stopped"] or found["readers"]["stopped"]
    return found


def markdown(found: dict[str, Any]) -> str:
    rows = found["rows"]
    largest = _largest(rows)
    header = ["at their largest count", "topics", "publisher", "reader", "CPU, both"]
    header += ["shared memory", "RSS", "descriptors", "read one", "all in turn"]
    lines = [_line(name, rows[name], n, run) for name, (n, run) in largest.items()]
    text = [
        "A publisher and a reader for each topic, in one process: times, CPU time and memory a"
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


def _largest(rows: dict[str, Any]) -> dict[str, tuple[int, dict[str, Any]]]:
    """By name, the largest count that has figures, and its fastest run."""
    largest = {}
    for name, row in rows.items():
        runs = {int(n): [run for run in runs if _made(run)] for n, runs in row["counts"].items()}
        if counts := [n for n, good in runs.items() if good]:
            largest[name] = max(counts), min(runs[max(counts)], key=_cost)
    return largest


def _made(run: dict[str, Any]) -> int:
    return min(run["publishers"]["made"], run["readers"]["made"]) if "readers" in run else 0


def _cost(run: dict[str, Any], what: str = "s") -> float:
    """Seconds a topic, publisher and reader."""
    return float(sum(run[made][what] / run[made]["made"] for made in ("publishers", "readers")))


def _line(name: str, row: dict[str, Any], number: int, run: dict[str, Any]) -> list[str]:
    made, taken, costs = _made(run), run["taken"], run.get("ns") or {}
    each = [run[part]["s"] / run[part]["made"] * 1e9 for part in ("publishers", "readers")]
    line = [mark(name, row["title"]), f"{made:,}", *map(ns, each), ns(_cost(run, "cpu s") * 1e9)]
    line += [_bytes(taken[what] / made) for what in ("shared", "rss")]
    line += [f"{taken['descriptors'] / made:.3g}"]
    line += [ns(min(costs[what])) if costs else "-" for what in ("one", "all")]
    return line


def _bytes(value: float) -> str:
    return f"{digits(value / 1024)} KiB" if value > 0 else "0"


def _stops(rows: dict[str, Any], largest: dict[str, tuple[int, dict[str, Any]]]) -> Iterator[str]:
    """Why a row came no further."""
    for name, row in rows.items():
        for number, runs in row["counts"].items():
            if why := runs[-1]["stopped"]:
                yield f"- {row['title']}, of {int(number):,} topics: {_cause(runs[-1], why)}"
        if name in largest and largest[name][1].get("ok") is False:
            yield f"- {row['title']}: its last reader got no value within 2 s"


def _cause(run: dict[str, Any], why: str) -> str:
    made = [f"{run[part]['made']:,} {part}" for part in ("publishers", "readers") if part in run]
    return f"{', '.join(made)} until {why}" if made else why


def _growth(counts: dict[str, Any]) -> str:
    """How ours grows."""
    header = ["ours, topics", "publishers, s a thousand", "readers, s a thousand"]
    header += ["readers of another process", "closing all, s a thousand", "KiB each", "KiB mapped"]
    header += ["read one", "all in turn", "floats of a list", "floats a page each"]
    lines = []
    for number, all_runs in counts.items():
        runs = [run for run in all_runs if _made(run)]
        if not runs:
            continue
        thousands = int(number) / 1000
        line = [f"{int(number):,}"]
        for part in ("publishers", "readers", "elsewhere"):
            made = [run[part] for run in runs if run.get(part)]
            line += [_range(run["s"] / run["made"] * 1000 for run in made)]
        line += [_range(run["close s"] / thousands for run in runs if "close s" in run)]
        for what in ("shared", "mapped"):
            line += [digits(min(run["taken"][what] / _made(run) for run in runs) / 1024)]
        line += [ns(_least(runs, what)) for what in ("one", "all")]
        for what in ("list", "pages"):
            line += [" / ".join(ns(_least(runs, f"{what} {all_or}")) for all_or in ("one", "all"))]
        lines.append(line)
    return table(header, lines)


def _range(figures: Iterable[float]) -> str:
    """The least and, of more than one, the greatest."""
    low, *rest = sorted(figures) or [0.0]
    return f"{low:.2f} to {rest[-1]:.2f}" if rest else f"{low:.2f}"


def _targets(counts: dict[str, Any]) -> Iterator[str]:
    number = max(map(int, (n for n, runs in counts.items() if any(map(_made, runs)))))
    runs = [run for run in counts[str(number)] if _made(run)]
    times = [_cost(run) * 1000 for run in runs]
    yield f"Ours, at {number:,} topics, with the targets:"
    yield ""
    yield f"- a thousand topics open in {_range(times)} s; target < {TIME_TARGET:g}"
    each = max(run["taken"]["shared"] / _made(run) for run in runs)
    yield f"- shared memory each: {each / 1024:.0f} KiB; target <= {MEMORY_TARGET // 1024}"
    more = [
        _least(runs, f"{row}all") - _least(runs, f"{row}one") for row in ("", "pages ", "list ")
    ]
    yield (
        "- reading all in turn, on top of one again and again: {:.0f} ns; {:.0f} ns for floats that"
        " have a page each, {:.0f} ns for floats in a list: misses alone".format(*more)
    )


def _least(runs: list[dict[str, Any]], what: str) -> float:
    return float(min(min(run["ns"][what]) for run in runs))


def plot(found: dict[str, Any], target: Path) -> None:
    """Construction and reading against the number of topics."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - installed only beside the peers

    figure, (making, reading) = plt.subplots(1, 2, figsize=(13, 7.5))
    colours = plt.get_cmap("tab20")
    for number, (name, row) in enumerate(found["rows"].items()):
        mine = name == OURS
        style: dict[str, Any] = {
            "color": plots.HIGHLIGHT if mine else colours(number % 20),
            "linewidth": 3 if mine else 1,
            "zorder": 3 if mine else 2,
            "marker": "o" if number < 20 else "s",
            "markersize": 3,
        }
        made = _by_count(row, _cost)
        making.plot([*made], [cost * 1e6 for cost in made.values()], **style)
        read = _by_count(row, partial(_least_of, what="all"))
        reading.plot([*read], [*read.values()], label=row["title"], **style)
        if mine:
            for what, line in (("list", ":"), ("pages", "--")):
                floor = _by_count(row, partial(_least_of, what=f"{what} all"))
                label = "a float of a list" if what == "list" else "a float of a page of its own"
                reading.plot([*floor], [*floor.values()], f"k{line}", label=label)
    making.set_ylabel("us a topic: publisher and reader")
    reading.set_ylabel("ns a read, all topics in turn")
    for axes in (making, reading):
        axes.set(xscale="log", yscale="log", xlabel="topics in one process")
        axes.set_xticks(COUNTS, [f"{number:,}" for number in COUNTS])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    reading.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    plots.save(figure, target)


def _by_count(row: dict[str, Any], cost: Callable[[dict[str, Any]], float]) -> dict[int, float]:
    """By the topics that were made: the least of the runs."""
    least: dict[int, float] = {}
    for run in (run for runs in row["counts"].values() for run in runs if _made(run)):
        if found := cost(run):
            least[_made(run)] = min(found, least.get(_made(run), found))
    return dict(sorted(least.items()))


def _least_of(run: dict[str, Any], what: str) -> float:
    """ns; 0 where reading was not timed."""
    return float(min(run["ns"][what])) if run.get("ns") else 0.0
