"""What waiting costs: publishing to waiters, values in each way of receiving, idling.

    python benchmarks/waiting.py [--quick] [--before COMMIT] [--only PART] [--json FILE]

Everything is measured in turn, A B C ... A B C ..., many short rounds, and each figure is the
median of its rounds, so that a shared machine's moods fall on all alike. --before builds an earlier
version below build/, to compare with. compare.py measures round trips.
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
import _values
from hot_path import own_domain

PARTS = ("publish", "values", "idle")


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
