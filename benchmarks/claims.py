"""Write from results.json what follows from it: results.md, the plots, the documents' figures.

    python benchmarks/claims.py [--check | --targets [FILE]]

In a document, what stands between <!-- figures: begin NAME --> and <!-- figures: end NAME --> is
rewritten; NAME is "machine" (one line), "summary", "arrays", "arrays-field" or "records" (a table).
--check writes nothing: it prints what would change, and exits with 1 if anything would. --targets
prints which targets a results.json meets, and exits with 1 if it misses any.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from report import field, page, records, sized, summary, targets

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENTS = [ROOT / "docs" / "performance.md"]

BLOCK = re.compile(
    r"(<!-- figures: begin (?P<name>[a-z-]+) -->\n)(?P<text>.*?)(<!-- figures: end (?P=name) -->)",
    re.DOTALL,
)
MARKS = re.compile(r"<!-- figures: (?:begin|end) ")


def rewritten(text: str, results: dict[str, Any]) -> str:
    """Return a document with its blocks of figures as the results have them."""
    blocks = {
        "machine": f"{page.machine(results)}.\n",
        "summary": f"{summary.markdown(results)}\n",
        "arrays": f"{sized.markdown(results)}\n",
        "arrays-field": f"{field.markdown(results)}\n",
        "records": f"{records.markdown(results)}\n",
    }

    def block(found: re.Match[str]) -> str:
        if found["name"] not in blocks:
            raise SystemExit(f"a block of figures named {found['name']}; expected {[*blocks]}")
        return found[1] + blocks[found["name"]] + found[4]

    new, count = BLOCK.subn(block, text)
    if len(MARKS.findall(text)) != 2 * count:
        raise SystemExit("a block of figures has no end, or an end with another name")
    return new


def wanted(results: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield every file that follows from the results, and what it should contain."""
    for document in DOCUMENTS:
        yield document, rewritten(document.read_text(), results)
    with tempfile.TemporaryDirectory() as folder:
        page.write(results, Path(folder))
        for path in sorted(Path(folder).iterdir()):
            yield RESULTS / path.name, path.read_text()


def show_targets(results: dict[str, Any]) -> bool:
    """Print every target and what was measured; return whether any is missed."""
    found = [*targets.targets(results["parts"])]
    for target in found:
        print("met   " if target.met else "MISSED", f"{target.what}: {target.aim}; {target.found}")
    return not all(target.met for target in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="print what would change")
    parser.add_argument(
        "--targets",
        type=Path,
        metavar="FILE",
        nargs="?",
        const=RESULTS / "results.json",
        help="print what was aimed at, and what was found",
    )
    options = parser.parse_args()
    if options.targets:
        sys.exit(show_targets(json.loads(options.targets.read_text())))
    results = json.loads((RESULTS / "results.json").read_text())
    differ = False
    for path, new in wanted(results):
        old = path.read_text() if path.exists() else ""
        if new == old:
            continue
        differ = True
        if options.check:
            lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(*lines, str(path), "the results"))
        else:
            path.write_text(new)
            print(f"{path}: rewritten")
    if options.check and differ:
        sys.exit("the documents are not what the results say: python benchmarks/claims.py")


if __name__ == "__main__":
    main()
