"""Bridges between two machines: how late values are, what they take, how soon ends are noticed.

    python benchmarks/network.py [ROW ...] [--quick] [--json FILE]

The machines are network namespaces, joined by a switch (tests/support/lab.py): needs no root, but
iproute2, eclipse-zenoh and pytest. Each row has machines of its own; without names: all rows.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

from crossing import ends, fleet, slow, speed
from crossing.machines import Machines

ROWS = {
    "latency": speed.latency,
    "every": speed.every,
    "many": speed.many,
    "camera": speed.camera,
    "10kbit": slow.kbit10,
    "100kbit": slow.kbit100,
    "10mbit": slow.mbit10,
    "ends": ends.ends,
    "fleet": fleet.fleet,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args()
    if unknown := {*options.rows} - {*ROWS}:
        parser.error(f"found {', '.join(unknown)}; expected some of {', '.join(ROWS)}")
    print(f"CPython {platform.python_version()}, Linux {platform.release()}")
    found: dict[str, Any] = {}
    for name in options.rows or ROWS:
        with Machines(0.1 if options.quick else 1.0) as machines:
            figures = ROWS[name](machines, options.quick)
        print(f"\n{name}: {ROWS[name].__doc__}")
        print(f"  other programs took {machines.load:.2f} processors before")
        for figure in figures:
            print(figure.line(), flush=True)
        found[name] = {"load": machines.load, "figures": [vars(each) for each in figures]}
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
