"""What a library takes before it does anything: its import, its first value, its size."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.isolation import ask, surroundings
from harness.rows import OURS, Row, load
from harness.sizes import sizes
from harness.workers import Failed
from report import plots
from report.tables import digits, mark, ns, table, troubles

TITLE = "Footprint: import, first use, memory, threads and size"

IMPORT_TARGET = 15e-3
MEMORY_TARGET = 1e6
USE_TARGET = 60e-3


def measure(rows: Sequence[Row], quick: bool, folder: Path) -> dict[str, Any]:
    """Each figure from a process of its own; the first round compiles, and is not counted."""
    ready = [row for row in rows if not row.trouble]
    runs: dict[str, list[dict[str, Any]]] = {row.name: [] for row in ready}
    errors: dict[str, list[str]] = {row.name: [] for row in ready}
    for turn in range(3 if quick else 6):
        empty = _process("pass")
        for row in ready:
            if len(errors[row.name]) > 1:
                continue
            imports = load(row.name).IMPORTS
            try:
                with surroundings() as environment:
                    environment.pop("PYTHONDONTWRITEBYTECODE", None)
                    arguments = "programs/first_use.py", imports, row.name
                    run = ask(*arguments, environment=environment, timeout=30)
            except Failed as error:
                errors[row.name].append(str(error))
                continue
            if turn:
                runs[row.name].append(run | {"process": {"s": _process(imports) - empty}})
    found = {}
    for row in rows:
        row_runs, failed = runs.get(row.name, []), errors.get(row.name, [])
        trouble = row.trouble or (failed[-1] if len(failed) > 1 or not row_runs else "")
        found[row.name] = {"title": row.title, "trouble": trouble, "runs": len(row_runs)}
        if row_runs:
            needed = ["shm_pub_sub"] if row.name == OURS else load(row.name).REQUIREMENTS
            found[row.name] |= medians(row_runs) | {"sizes": _sizes(needed)}
    return {"rows": found}


def medians(runs: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    found = {
        step: {what: statistics.median(run[step][what] for run in runs) for what in runs[0][step]}
        for step in ("import", "process", "use")
    }
    for step, figures in found.items():
        figures["least"] = min(run[step]["s"] for run in runs)
    return found


def _process(statements: str) -> float:
    """Return the seconds that a whole process takes."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", statements],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    return time.perf_counter() - start


def _sizes(requirements: list[str]) -> dict[str, Any] | None:
    try:
        return sizes(requirements) if requirements else None
    except Exception as error:  # ours, on a path that nothing was installed to
        return {"trouble": f"{type(error).__name__}: {error}"}


def markdown(found: dict[str, Any]) -> str:
    each = ["least", "CPU", "RSS", "PSS", "own", "threads"]
    header = ["", "import", "as a process", *each, "first use", *each]
    header += ["installed", "others", "wheel"]
    measured = {name: row for name, row in found["rows"].items() if row["runs"]}
    lines = [
        [mark(name, row["title"]), *_figures(row)]
        for name, row in sorted(measured.items(), key=lambda item: _total(item[1]))
    ]
    return "\n".join(
        [
            "Each from new processes, with everything compiled. Import: the statement alone, and a"
            " whole process with it less an empty one. Then what it adds: resident memory,"
            " its proportional share, and what no other process has. First use: from there until a"
            " first value is published and read. A wheel's size is that of its files, deflated.",
            "",
            table(header, lines),
            "",
            *_targets(found["rows"][OURS]),
            "",
            troubles(found["rows"]),
        ]
    )


def _total(row: Mapping[str, Any]) -> float:
    return float(row["import"]["s"] + row["use"]["s"])


def _figures(row: Mapping[str, Any]) -> Iterator[str]:
    for step in ("import", "use"):
        figures = row[step]
        yield ns(figures["s"] * 1e9)
        if step == "import":
            yield ns(max(0.0, row["process"]["s"] * 1e9))
        yield ns(figures["least"] * 1e9)
        yield ns(figures["cpu s"] * 1e9)
        yield from (_mb(figures[what]) for what in ("rss", "pss", "own"))
        yield f"{figures['threads']:.0f}"
    large = row["sizes"]
    if large is None or "trouble" in large:
        yield from ["-"] * 3
    else:
        yield from (_mb(large[what]) for what in ("installed", "others", "wheel"))


def _mb(size: float) -> str:
    return f"{digits(size / 1e6)} MB" if size > 0 else "0"


def _targets(row: Mapping[str, Any]) -> Iterator[str]:
    if not row["runs"]:
        return
    yield "Ours, with the targets:"
    yield ""
    for step, name, target in (
        ("import", "import", IMPORT_TARGET),
        ("use", "first use", USE_TARGET),
    ):
        median, least, cpu = (row[step][what] * 1e3 for what in ("s", "least", "cpu s"))
        times = f"{median:.1f} ms, at least {least:.1f}, CPU {cpu:.1f}"
        yield f"- {name}: {times}; target < {target * 1e3:g}"
    rss, own = (row["import"][what] / 1e6 for what in ("rss", "own"))
    yield (
        f"- memory until the first use: RSS {rss:.2f} MB, {own:.2f} of them its own;"
        f" target < {MEMORY_TARGET / 1e6:g}"
    )
    yield f"- threads after the import: {row['import']['threads']:.0f}"


def plot(found: dict[str, Any], target: Path) -> None:
    rows = [row for row in found["rows"].values() if row["runs"]]
    groups = {
        "import and first value, ms": {row["title"]: _total(row) * 1e3 for row in rows},
        "resident memory of both, MB": {
            row["title"]: (row["import"]["rss"] + row["use"]["rss"]) / 1e6 for row in rows
        },
    }
    plots.bars(groups, "medians", found["rows"][OURS]["title"], target)
