"""Virtual environments for what is compared with: the peers, and an earlier version."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "benchmarks"


def _environment(name: str) -> Path:
    """Make it if it is not there, and return its interpreter."""
    folder = FOLDER / f"{name}-{sys.implementation.cache_tag}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    return python


def _install(python: Path, *what: str) -> str:
    """Return what pip complained about; nothing where it is installed."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    ended = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    lines = ended.stderr.strip().splitlines() or [f"pip ended with {ended.returncode}"]
    return lines[-1] if ended.returncode else ""


def peers(wanted: Iterable[tuple[str, list[str]]]) -> tuple[Path, dict[str, str]]:
    """Return the interpreter with the peers, and why any of them is not in it."""
    python = _environment("peers")
    troubles = {name: _install(python, *requirements) for name, requirements in wanted}
    return python, {name: trouble for name, trouble in troubles.items() if trouble}


def version(commit: str) -> Path:
    """Return an interpreter with this library as it was at a commit, built from the repository."""
    python = _environment(f"commit-{commit}")
    installed = python.parent / "installed"
    if not installed.exists():
        source = FOLDER / f"source-{commit}"
        source.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "x", "-C", source], input=archive, check=True)
        if trouble := _install(python, str(source)):
            raise SystemExit(f"cannot build {commit}: {trouble}")
        installed.touch()
    return python
