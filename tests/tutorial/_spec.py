"""The specification's text, and the programs in it with their indentation restored.

The text is not part of this repository, and its code blocks have lost their indentation. A `Block`
says where a block is and how deep each of its lines belongs; the lines themselves are read from the
text when a test runs.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from support.paths import ROOT

VARIABLE = "SHM_PUB_SUB_SPEC"
DEFAULT_PATH = ROOT.parent / "shared" / "spec" / "python-tutorial.txt"
INDENT = "    "


@dataclass(frozen=True)
class Block:
    """Lines first to last of the text, counted from 1, both included."""

    first: int
    last: int
    levels: str
    """One digit a line: how many levels it is indented."""
    sha256: str
    """Of the block's raw lines: another text must fail clearly, not run as something else."""


class SpecChangedError(Exception):
    """The text holds something else where a block was: place and levels need another look."""


class Spec:
    def __init__(self, path: Path) -> None:
        self.path = path
        # Not splitlines(): it would also split at characters that are part of a line.
        self.lines = path.read_text(encoding="utf-8").split("\n")

    def raw(self, block: Block) -> list[str]:
        """The block's lines as they are in the text."""
        lines = self.lines[block.first - 1 : block.last]
        found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        if found != block.sha256:
            raise SpecChangedError(
                f"lines {block.first}-{block.last} of {self.path.name}: found sha256 {found}; "
                f"expected {block.sha256}; read the new text, then update tests/tutorial/_blocks.py"
            )
        return lines

    def source(self, block: Block) -> str:
        """The block with its indentation restored and nothing else changed."""
        pairs = zip(block.levels, self.raw(block), strict=True)
        return "".join(f"{INDENT * int(level)}{line}\n" for level, line in pairs)


def specification_path() -> Path:
    return Path(os.environ.get(VARIABLE) or DEFAULT_PATH)
