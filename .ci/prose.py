"""Find the phrases of words.txt: `python3 .ci/prose.py [paths]`, everywhere if no path is given."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

WORDS = Path(__file__).with_name("words.txt")
GAP = r"[\s#/*]+"  # the end of a comment's line, too
SUFFIXES = {".py", ".pyi", ".go", ".c", ".h", ".pml", ".md", ".ipynb", ".toml", ".yml", ".yaml"}
NOT_OURS = ("benchmarks/results/", "licenses/", "tests/house/test_prose.py")


def phrases() -> list[tuple[re.Pattern[str], str]]:
    """Return what to look for, and what to write instead."""
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" -> ") for line in lines if line and not line.startswith("#")]
    return [(re.compile(find.replace(" ", GAP), re.IGNORECASE), hint) for find, hint in pairs]


def texts(paths: list[str]) -> list[str]:
    """Return the text files below paths that git knows."""
    known = subprocess.check_output(["git", "ls-files", "-z", "--", *paths], text=True).split("\0")
    return [p for p in known if Path(p).suffix in SUFFIXES and not p.startswith(NOT_OURS)]


def main(paths: list[str]) -> int:
    """Print the places; return 1 if there are any."""
    wanted, status = phrases(), 0
    for path in texts(paths):
        text = Path(path).read_text(encoding="utf-8")
        for phrase, hint in wanted:
            for match in phrase.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                print(f"{path}:{line}: {' '.join(match[0].split())} -> {hint}")
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
