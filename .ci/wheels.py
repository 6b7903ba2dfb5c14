"""Virtual environments, and this tree's wheel: built as a user's pip would, but not in silence."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from proofs import run

from build import EXTENSIONS
from build_machine import BUILD, INCLUDE, ROOT

SHOWN = re.compile(r"\s*(build: .*|Downloading \S+ \(.*MB\).*)")
"""What is shown of pip's output while it builds: the build's own steps, and long downloads."""


def new_environment(folder: Path, python: str) -> Path:
    """Make an empty virtual environment and return its folder of programs."""
    run(python, "-m", "venv", "--clear", folder)
    # Dependency groups need pip 25.1.
    run(folder / "bin" / "python", "-m", "pip", "install", "-q", "--upgrade", "pip>=25.1")
    return folder / "bin"


def build_wheel(bin_folder: Path) -> Path:
    """Build this tree's wheel as a user's pip would; print its steps as they begin."""
    wheels = BUILD / "wheels" / bin_folder.parent.name
    shutil.rmtree(wheels, ignore_errors=True)
    command = [bin_folder / "pip", "wheel", "-v", "--no-deps", "--wheel-dir", wheels, "."]
    print("+", *command, flush=True)
    start = time.monotonic()
    output = []
    with subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        for line in pip.stdout or ():
            output.append(line)
            if shown := SHOWN.fullmatch(line.rstrip()):
                print(f"{time.monotonic() - start:6.0f} s  {shown[1]}", flush=True)
    if pip.returncode:
        raise SystemExit(f"{''.join(output)}\nno wheel: see above")
    (wheel,) = wheels.glob("*.whl")
    return wheel


def inspect_extensions(version: str) -> None:
    """Check that they carry no libpython, no rpath, no other symbol and no path of this machine."""
    (folder,) = BUILD.glob(f"test-{version}/lib/*/site-packages/shm_pub_sub")
    for name in EXTENSIONS:
        (extension,) = folder.glob(f"{name}*.so")
        dynamic = subprocess.check_output(["readelf", "-d", extension], text=True)
        names = subprocess.check_output(["nm", "-D", "--defined-only", extension], text=True)
        exported = {line.split()[-1] for line in names.splitlines()}
        faults = re.findall(r".*(?:RPATH|RUNPATH|libpython).*", dynamic)
        faults += exported ^ {f"PyInit_{name}"}
        content = extension.read_bytes()
        faults += [path for path in (str(ROOT), INCLUDE) if path.encode() in content]
        if faults:
            raise SystemExit(f"{extension}: {faults}")


def install_wheel(python: str, version: str) -> Path:
    """Make the environment of the tests, and return the wheel that is installed there."""
    bin_folder = new_environment(BUILD / f"test-{version}", python)
    wheel = build_wheel(bin_folder)
    run(bin_folder / "pip", "install", "-q", wheel, "--group", "test")
    inspect_extensions(version)
    return wheel
