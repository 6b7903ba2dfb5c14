"""What a library takes before it does anything: importing it, its first value, its size."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
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
    found: dict[str, Any] = {
        row.name: {
            "title": row.title,
            "trouble": row.trouble,
            "runs": [],
            "outside": [],
            "failed": [],
        }
        for row in rows
    }
    empty: list[float] = []
    statements = {row.name: load(row.name).IMPORTS for row in rows if not row.trouble}
    for turn in range(4 if quick else 6):
        empty += [_outside("pass")] if turn else []
        for name, wanted in statements.items():
            row = found[name]
            if row["trouble"]:
                continue
            try:
                with surroundings() as environment:
                    environment.pop("PYTHONDONTWRITEBYTECODE", None)
                    run = ask(
                        "programs/first_use.py", wanted, name, environment=environment, timeout=30
                    )
                if turn:
                    row["runs"].append(run)
                    row["outside"].append(_outside(wanted))
            except Failed as error:
                row["failed"].append(str(error))
                if len(row["failed"]) > 1 or not row["runs"]:
                    row["trouble"] = str(error)
    for name, wanted in statements.items():
        needed = ["shm_pub_sub"] if name == OURS else load(name).REQUIREMENTS
        found[name] |= {"imports": wanted, "sizes": _sizes(needed)}
    return {"rows": found, "empty": empty}


def _outside(statements: str) -> float:
    """Return seconds that a whole process takes."""
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
    except Exception as error:  # ours, from a path that nothing was installed to
        return {"trouble": f"{type(error).__name__}: {error}"}


def markdown(found: dict[str, Any]) -> str:
    each = ["least", "CPU", "RSS", "PSS", "own", "threads"]
    header = ["", "import", "as a process", *each, "first use", *each]
    header += ["installed", "others", "wheel"]
    measured = {name: row for name, row in found["rows"].items() if row["runs"]}
    lines = [
        [mark(name, row["title"]), *_figures(row, found["empty"])]
        for name, row in sorted(measured.items(), key=lambda item: _total(item[1]))
    ]
    return "\n".join(
        [
            "Each from new processes, with everything compiled. Import: the statement alone, and a"
            " whole process with it less an empty one. Then, what it adds: memory that is resident,"
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


def _median(row: dict[str, Any], step: str, what: str) -> float:
    return float(statistics.median(run[step][what] for run in row["runs"]))


def _total(row: dict[str, Any]) -> float:
    return _median(row, "import", "s") + _median(row, "use", "s")


def _figures(row: dict[str, Any], empty: list[float]) -> Iterator[str]:
    for step in ("import", "use"):
        yield ns(_median(row, step, "s") * 1e9)
        if step == "import":
            pairs = zip(row["outside"], empty, strict=False)
            yield ns(max(0.0, statistics.median(mine - none for mine, none in pairs) * 1e9))
        yield ns(min(run[step]["s"] for run in row["runs"]) * 1e9)
        yield ns(_median(row, step, "cpu s") * 1e9)
        yield from (_mb(_median(row, step, what)) for what in ("rss", "pss", "own"))
        yield f"{_median(row, step, 'threads'):.0f}"
    large = row["sizes"]
    if large is None or "trouble" in large:
        yield from ["-"] * 3
    else:
        yield from (_mb(large["installed"]), _mb(large["others"]), _mb(large["wheel"]))


def _mb(size: float) -> str:
    return f"{digits(size / 1e6)} MB" if size > 0 else "0"


def _targets(row: dict[str, Any]) -> Iterator[str]:
    if not row["runs"]:
        return
    yield "Ours, with the targets:"
    yield ""
    for step, target in (("import", IMPORT_TARGET), ("use", USE_TARGET)):
        median, cpu = (_median(row, step, what) * 1e3 for what in ("s", "cpu s"))
        least = min(run[step]["s"] for run in row["runs"]) * 1e3
        name = "import" if step == "import" else "first use"
        yield (
            f"- {name}: {median:.1f} ms, at least {least:.1f}, CPU {cpu:.1f};"
            f" target < {target * 1e3:g}"
        )
    memory = [_median(row, "import", what) / 1e6 for what in ("rss", "own")]
    yield (
        f"- memory until the first use: RSS {memory[0]:.2f} MB, {memory[1]:.2f} of them its own;"
        f" target < {MEMORY_TARGET / 1e6:g}"
    )
    yield f"- threads after the import: {_median(row, 'import', 'threads'):.0f}"


def plot(found: dict[str, Any], target: Path) -> None:
    """Bars: time and memory of the import and of the first use, one on top of the other."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - installed only beside the peers

    rows = [row for row in found["rows"].values() if row["runs"]]
    rows.sort(key=_total, reverse=True)
    titles = [row["title"] for row in rows]
    figure, axes = plt.subplots(1, 2, figsize=(12, 0.3 * len(rows) + 1.5), sharey=True)
    kinds = (
        (axes[0], ("import", "s"), ("use", "s"), 1e3, "ms"),
        (axes[1], ("import", "rss"), ("use", "rss"), 1e-6, "MB resident"),
    )
    for axis, first, second, factor, unit in kinds:
        imported = [max(0.0, _median(row, *first) * factor) for row in rows]
        used = [max(0.0, _median(row, *second) * factor) for row in rows]
        axis.barh(titles, imported, label="import")
        axis.barh(titles, used, left=imported, label="first publisher, reader and value")
        axis.set(xlabel=unit, ylim=(-0.6, len(rows) - 0.4))
        axis.grid(axis="x", alpha=0.3)
        axis.tick_params(axis="y", labelsize=8)
    ours = [row is found["rows"][OURS] for row in rows]
    for label, is_ours in zip(axes[0].get_yticklabels(), ours, strict=True):
        label.set(color=plots.HIGHLIGHT if is_ours else "black")
    axes[1].legend()
    figure.tight_layout()
    plots.save(figure, target)
