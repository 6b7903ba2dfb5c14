"""The edit loop: tests of the tree as it is, in an environment that stays from run to run."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from build_machine import BUILD, ROOT
from interpreters import HERE
from pytests import NOT_SOAK, SIDE_BY_SIDE
from stages import Stage, run, run_all
from wheels import new_environment, pip_install

ENVIRONMENT = BUILD / f"edit-{HERE}"
PROGRAMS = ENVIRONMENT / "bin"
BUILT_FROM = ["shmpubsub", "build.py", "go.mod", "go.sum"]
BUILT_FROM += [f".ci/build_{name}.py" for name in ("machine", "platform", "target")]
STORM = "tests/storm/test_storm.py"


def digest(*names: str) -> str:
    """Return what changes when one of the files, or of the folders' files, does."""
    # The same whether the environment is activated or not.
    found = hashlib.sha256(f"{sys.version} {sys.base_prefix}".encode())
    for name in names:
        top = ROOT / name
        files = sorted(top.rglob("*.[cghp]*")) if top.is_dir() else [top]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()


def changed(stamp: str, *names: str) -> bool:
    path = ENVIRONMENT / stamp
    return not path.exists() or path.read_text() != digest(*names)


def remember(stamp: str, *names: str) -> None:
    (ENVIRONMENT / stamp).write_text(digest(*names))


def prepare() -> None:
    """Make the environment, and build in place; nothing if no source has changed since."""
    if changed("installed", "pyproject.toml", "setup.py"):
        new_environment(ENVIRONMENT, sys.executable)
        pip_install(PROGRAMS, "--group", "test", "--group", "lint")
        editable = [
            "--no-deps",
            "--no-build-isolation",
            "--config-settings",
            "editable_mode=compat",
        ]
        pip_install(PROGRAMS, *editable, "-e", ".")
        remember("installed", "pyproject.toml", "setup.py")
        remember("built", *BUILT_FROM)
    elif changed("built", *BUILT_FROM):
        run(PROGRAMS / "python", "build.py")
        remember("built", *BUILT_FROM)


def pytest(*arguments: str) -> None:
    run(PROGRAMS / "pytest", "-q", *arguments)


def check_style(programs: Path) -> None:
    run(programs / "ruff", "format", "--check")
    run(programs / "ruff", "check")
    run(sys.executable, ".ci/prose.py")


def test_quickly() -> None:
    """Lint, run the unit tests and one storm: for the edit loop."""
    made = "environment and build"
    run_all(
        [
            Stage(made, prepare),
            Stage("ruff, prose", partial(check_style, PROGRAMS), needs=[made]),
            Stage("unit tests", partial(pytest, *NOT_SOAK, *SIDE_BY_SIDE, "tests/unit"), [made]),
            Stage("mypy", partial(run, PROGRAMS / "mypy"), needs=[made]),
            Stage("a storm", partial(pytest, STORM), needs=[made]),
        ]
    )


def test_these(arguments: Sequence[str]) -> None:
    """Run pytest with these arguments."""
    prepare()
    os.chdir(ROOT)
    os.execv(PROGRAMS / "pytest", [str(PROGRAMS / "pytest"), *arguments])
