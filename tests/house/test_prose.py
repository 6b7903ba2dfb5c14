"""The word list of .ci finds its phrases, and only those."""

import subprocess
import sys
from pathlib import Path

from support.paths import ROOT
from support.programs import run


def found(folder: Path, text: str) -> list[str]:
    """Return the phrases that are found in a repository with this text."""
    (folder / "page.md").write_text(text)
    for command in (["init", "-q"], ["add", "page.md"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    program = [sys.executable, ROOT / ".ci" / "prose.py"]
    ended = run(*program, cwd=folder, timeout=300)
    assert (ended.returncode, ended.stderr) == (1 if ended.stdout else 0, "")
    return [line.partition(" -> ")[0] for line in ended.stdout.splitlines()]


def test_phrases_are_found_across_lines_of_a_comment(tmp_path: Path) -> None:
    places = found(tmp_path, "# It is\n# told anew.\n# Who reads waits.\n")
    assert places == ["page.md:1: is # told", "page.md:2: anew", "page.md:3: Who"]


def test_questions_and_other_meanings_are_not(tmp_path: Path) -> None:
    assert found(tmp_path, "Who reads it? They cannot be told apart.\nif x: y; else: z\n") == []
