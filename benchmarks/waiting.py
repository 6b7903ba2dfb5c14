"""What waiting costs: blocking round trips, publishing to waiters, values in batches, idling.

    python benchmarks/waiting.py [--quick] [--peers] [--before COMMIT] [--only PART] [--json FILE]

Everything is measured in turn, A B C ... A B C ..., many short rounds, and each figure is the
median of its rounds, so that a shared machine's moods fall on all alike. --peers installs the
libraries of benchmarks/peers into a virtual environment below build/; without it those of the
standard library are measured. --before builds an earlier version there, to compare with. Compiles
benchmarks/futex_floor.c with the C compiler.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import _environments
import _idle
import _publish_costs
import _round_trips
import _values
from hot_path import own_domain

PARTS = ("round-trips", "publish", "values", "idle")


def round_trips(folder: Path, with_peers: bool, quick: bool) -> dict[str, Any]:
    names = _round_trips.names()
    pythons: dict[str, str | Path] = {
        name: sys.executable for name in names if not _round_trips.requirements(name)
    }
    missing: dict[str, str] = {}
    if with_peers:
        wanted = [(name, _round_trips.requirements(name)) for name in names if name not in pythons]
        python, missing = _environments.peers(wanted)
        pythons |= {name: python for name, _ in wanted if name not in missing}
    floor = _round_trips.compile_floor(folder)
    rounds, seconds = (3, 0.002) if quick else (15, _round_trips.SECONDS)
    found = {}
    for number, (where, processors) in enumerate(_round_trips.placements().items()):
        # For adapters whose names are the whole machine's.
        os.environ["BENCHMARK_RUN"] = f"{os.getpid()}_{number}"
        os.environ["BENCHMARK_FOLDER"] = str(folder)
        rows = _round_trips.measure(floor, pythons, missing, processors, rounds, seconds)
        _round_trips.show(where, rows)
        found[where] = {
            name: {"trouble": row.trouble, "medians": row.medians, "trips": len(row.times)}
            for name, row in rows.items()
        }
    return found


def publish(before: str | None, quick: bool) -> dict[str, Any]:
    earlier = _environments.version(before) if before else None
    rounds, scale = (3, 0.02) if quick else (31, 1.0)
    times, troubles = _publish_costs.measure(earlier, rounds, scale)
    _publish_costs.show(times, troubles)
    return {"ns": times, "troubles": troubles}


def values(quick: bool) -> dict[str, Any]:
    figures = _values.measure(3 if quick else 101)
    _values.show(figures)
    return figures


def idle(quick: bool) -> dict[str, Any]:
    figures = _idle.measure(0.3 if quick else 10.0)
    _idle.show(figures)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--peers", action="store_true", help="install the peers and measure them")
    parser.add_argument("--before", metavar="COMMIT", help="compare publish() with its version")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part")
    parser.add_argument("--json", type=Path, help="write every round's figures there")
    options = parser.parse_args()
    parts = options.only or PARTS
    found: dict[str, Any] = {
        "machine": {
            "python": sys.version,
            "machine": platform.machine(),
            "kernel": platform.release(),
            "processors": len(os.sched_getaffinity(0)),
        }
    }
    print(f"CPython {platform.python_version()}, {found['machine']['processors']} processors")
    with own_domain() as folder:
        folder.chmod(0o755)  # the polling waiter may be another user
        if "round-trips" in parts:
            found["round trips"] = round_trips(folder, options.peers, options.quick)
        if "publish" in parts:
            found["publish"] = publish(options.before, options.quick)
        if "values" in parts:
            found["values"] = values(options.quick)
        if "idle" in parts:
            found["idle"] = idle(options.quick)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
