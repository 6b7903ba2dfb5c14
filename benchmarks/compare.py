"""Ours, the floors and the peers, side by side, in one session.

    python benchmarks/compare.py [--quick] [--only PART]... [--peer NAME]... [--here]

Makes a virtual environment below build/, installs this repository's library and every peer,
measures each part with all of them in turn, A B C ... A B C ..., and writes results.json,
results.md and plots. benchmarks/README.md says what each part measures.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from harness import environments, machine
from harness.isolation import own_names
from harness.rows import TROUBLES, Row, names, requirements, select
from report import page

PARTS = (
    "calls",
    "round_trips",
    "streams",
    "batches",
    "arrays",
    "array_messages",
    "array_trips",
    "records",
    "subscribers",
    "topics",
    "footprint",
    "behaviour",
    "tutorial",
)
RESULTS = environments.FOLDER / "results"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few and short rounds: a first look")
    parser.add_argument("--only", action="append", metavar="PART", choices=PARTS, default=[])
    parser.add_argument("--peer", action="append", metavar="NAME", choices=names(), default=[])
    parser.add_argument(
        "--here", action="store_true", help="install nothing; measure what is installed here"
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", default=RESULTS)
    return parser


def in_environment(wanted: Sequence[str]) -> None:
    """Install everything, and become the interpreter that has it."""
    needed = {name: requirements(name) for name in wanted}
    python, troubles = environments.comparison(needed)
    os.environ[TROUBLES] = json.dumps(troubles)
    sys.stdout.flush()
    os.execv(python, [python, __file__, "--here", *sys.argv[1:]])


def measure(name: str, number: int, rows: Sequence[Row], quick: bool) -> dict[str, Any]:
    """Return what a part found, or why it failed."""
    start = time.monotonic()
    try:
        with own_names(number) as folder:
            part = import_module(f"parts.{name}")
            able = [row for row in rows if row.has(getattr(part, "NEEDS", "publisher"))]
            found: dict[str, Any] = part.measure(able, quick, folder)
    except Exception as error:
        traceback.print_exc()
        found = {"failed": f"{type(error).__name__}: {error}"}
    found["seconds"] = round(time.monotonic() - start, 1)
    return found


def main() -> None:
    options = arguments().parse_args()
    if not options.here:
        in_environment([n for n in names() if not options.peer or n in options.peer])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up
    rows = select(options.peer)
    usable = [row for row in rows if not row.trouble]
    load = [os.getloadavg()[0]] * 2
    results: dict[str, Any] = {
        "command": shlex.join(["python", "benchmarks/compare.py", *sys.argv[1:]]),
        "quick": options.quick,
        "machine": machine.machine(),
        "versions": machine.versions(row.name for row in usable),
        "troubles": {row.name: row.trouble for row in rows if row.trouble},
        "load": load,
        "parts": {},
    }
    for number, name in enumerate(options.only or PARTS):
        found = results["parts"][name] = measure(name, number, usable, options.quick)
        print(f"{name}: {found['seconds']} s", flush=True)
        load[1] = os.getloadavg()[0]
        page.write(results, options.output)
    print(options.output / "results.md")
    if any("failed" in found for found in results["parts"].values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
