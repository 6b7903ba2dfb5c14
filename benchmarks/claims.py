"""Copy figures from the committed result file into the documents; none is typed.

    python benchmarks/claims.py [--check] [--results FILE] [DOCUMENT]...

Rewrites what stands between <!-- figures: begin NAME --> and <!-- figures: end NAME -->. NAME is a
part of compare.py (calls, round-trips, ...), "machine" (one line) or "summary" (a short table).
--check changes nothing: it prints what would change, and ends with 1 where something would.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from report import page, summary

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "results.json"
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "performance.md", ROOT / "docs" / "receiving.md"]

BLOCK = re.compile(
    r"(<!-- figures: begin (?P<name>[a-z-]+) -->\n)(?P<text>.*?)(<!-- figures: end (?P=name) -->)",
    re.DOTALL,
)
MARKS = re.compile(r"<!-- figures: (?:begin|end) ")


def block(name: str, results: dict[str, Any]) -> str:
    if name == "machine":
        return f"{page.sentence(results)}.\n"
    if name == "summary":
        return f"{summary.markdown(results)}\n"
    part = name.replace("-", "_")
    found = results["parts"].get(part)
    if found is None or "failed" in found:
        raise SystemExit(f"{name}: the results have no such part")
    module = import_module(f"parts.{part}")
    text: str = getattr(module, "brief", module.markdown)(found)
    return f"{page.tidy(text)}\n"


def rewritten(text: str, results: dict[str, Any]) -> str:
    new, blocks = BLOCK.subn(
        lambda found: found[1] + block(found["name"], results) + found[4], text
    )
    if len(MARKS.findall(text)) != 2 * blocks:
        raise SystemExit("a block of figures has no end, or another name there")
    return new


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="say what would change; change nothing"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("documents", type=Path, nargs="*", metavar="DOCUMENT")
    options = parser.parse_args()
    results = json.loads(options.results.read_text())
    differ = False
    for document in options.documents or [path for path in DOCUMENTS if path.exists()]:
        text = document.read_text()
        new = rewritten(text, results)
        if new == text:
            continue
        differ = True
        if options.check:
            lines = text.splitlines(keepends=True), new.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(*lines, str(document), "the results"))
        else:
            document.write_text(new)
            print(f"{document}: rewritten")
    if options.check and differ:
        sys.exit("the documents are not what the results say: python benchmarks/claims.py")


if __name__ == "__main__":
    main()
