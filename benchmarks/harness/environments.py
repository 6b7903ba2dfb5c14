"""Virtual environments with the peers, or with an earlier version of this library."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "benchmarks"


def _environment(name: str) -> Path:
    """Create it if needed, and return its interpreter."""
    folder = FOLDER / f"{name}-{sys.implementation.cache_tag}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    return python


def _install(python: Path, *what: str) -> str:
    """Return pip's error; empty if it succeeded."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    ended = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    lines = ended.stderr.strip().splitlines() or [f"pip ended with {ended.returncode}"]
    return lines[-1] if ended.returncode else ""


def comparison(wanted: Mapping[str, list[str]]) -> tuple[Path, dict[str, str]]:
    """Return the interpreter with this library and the peers, and why any is missing.

    The library is built again when its sources have changed.
    """
    python = _environment("peers")
    installed, sources = python.parent / "sources", _sources()
    if not installed.exists() or installed.read_text() != sources:
        print("installing: this repository's library", flush=True)
        if trouble := _install(python, "--force-reinstall", "--no-deps", str(ROOT)):
            raise SystemExit(f"cannot build the library: {trouble}")
        installed.write_text(sources)
    troubles = {}
    for name, requirements in wanted.items():
        if requirements and (trouble := _install(python, *requirements)):
            troubles[name] = f"does not install: {trouble}"
            print(f"{name}: {troubles[name]}", flush=True)
    return python, troubles


def _sources() -> str:
    """Return a digest of the library's sources."""
    digest = hashlib.sha256()
    folders = [ROOT / "python", ROOT / "shmpubsub"]
    files = (path for folder in folders for path in folder.rglob("*"))
    wanted = {".py", ".pyi", ".c", ".h", ".go"}
    for path in sorted([*(p for p in files if p.suffix in wanted), *ROOT.glob("*.*")]):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def version(commit: str) -> Path:
    """Return an interpreter with this library as of a commit, built from the repository."""
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
