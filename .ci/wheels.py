"""Virtual environments, and this tree's wheel: built as a user's pip would, but not in silence."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from build import EXTENSIONS
from build_machine import BUILD, INCLUDE, ROOT
from stages import check, output, run, say, started

SHOWN = re.compile(r"\s*(build: .*|Downloading \S+ \(.*MB\).*)")
"""What is shown of pip's output while it builds: the build's own steps, and long downloads."""


def new_environment(folder: Path, python: str) -> Path:
    """Make an empty virtual environment and return its folder of programs."""
    run(python, "-m", "venv", "--clear", folder)
    # Dependency groups need pip 25.1.
    pip_install(folder / "bin", "--upgrade", "pip>=25.1")
    return folder / "bin"


def pip_install(bin_folder: Path, *what: str | Path) -> None:
    """Install without compiling: that takes half the time, and most modules are never imported."""
    run(bin_folder / "python", "-m", "pip", "install", "-q", "--no-compile", *what)


def build_wheel(bin_folder: Path) -> Path:
    """Build this tree's wheel as a user's pip would; print its steps as they begin."""
    wheels = BUILD / "wheels" / bin_folder.parent.name
    shutil.rmtree(wheels, ignore_errors=True)
    command: list[str | Path] = [
        bin_folder / "pip",
        "wheel",
        "-v",
        "--no-deps",
        "--wheel-dir",
        wheels,
        ".",
    ]
    start = time.monotonic()
    printed = []
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as pip:
        for line in pip.stdout or ():
            printed.append(line)
            if shown := SHOWN.fullmatch(line.rstrip()):
                say(f"{time.monotonic() - start:6.0f} s  {shown[1]}")
    check(pip, command, "".join(printed))
    (wheel,) = wheels.glob("*.whl")
    return wheel


def library_faults(library: Path, name: str) -> list[str]:
    """Return what an extension module has that it must not: libpython, paths, other symbols."""
    dynamic = output("readelf", "-d", library)
    names = output("nm", "-D", "--defined-only", library)
    exported = {line.split()[-1] for line in names.splitlines()}
    faults = re.findall(r".*(?:RPATH|RUNPATH|libpython).*", dynamic)
    faults += exported ^ {f"PyInit_{name}"}
    content = library.read_bytes()
    return faults + [path for path in (str(ROOT), INCLUDE) if path.encode() in content]


def inspect_extensions(version: str) -> None:
    """Check the installed extension modules."""
    (folder,) = BUILD.glob(f"test-{version}/lib/*/site-packages/shm_pub_sub")
    for name in EXTENSIONS:
        (extension,) = folder.glob(f"{name}*.so")
        if faults := library_faults(extension, name):
            raise SystemExit(f"{extension}: {faults}")


def install_wheel(python: str, version: str, *groups: str) -> None:
    """Make the environment of the tests, with this tree's wheel and dependency groups."""
    bin_folder = new_environment(BUILD / f"test-{version}", python)
    wheel = build_wheel(bin_folder)
    pip_install(bin_folder, wheel, *(word for name in groups for word in ("--group", name)))
    inspect_extensions(version)
