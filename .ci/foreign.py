"""Python for another processor: Debian's, under qemu-user, in an environment like venv's.

Nothing is registered with the kernel (binfmt_misc): its `bin/python` is a script that starts qemu,
and what Python takes for itself, so that programs which start sys.executable stay there.
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import debian
from interpreters import HERE
from stages import output

PROCESSOR = "aarch64"
DEBIANS_NAME = "arm64"
LARGE_PAGE = 65536
BESIDE = ["libc-bin", "libstdc++6"]
"""What has the locale C.UTF-8, and what numpy's wheels expect."""

# Modules are compiled once, even if the caller wants no cache: under qemu that takes seconds.
PROGRAM = """\
#!/bin/sh
unset PYTHONDONTWRITEBYTECODE
export SHM_PUB_SUB_UNDER_QEMU=1
exec {qemu} -L {system} -0 "$0" {program} "$@"
"""


@dataclass(frozen=True)
class Foreign:
    """A Python for another processor, and what starts it."""

    version: str
    program: Path
    system: Path
    """The folder that it takes for the root, where that has a file."""

    qemu: Path


def find_qemu(processor: str) -> Path:
    """Return this machine's qemu-user for a processor, or Debian's, unpacked."""
    names = (f"qemu-{processor}-static", f"qemu-{processor}")
    if installed := next(filter(None, map(shutil.which, names)), None):
        return Path(installed)
    own, *_ = debian.mirrors()
    architecture = debian.ran("dpkg", "--print-architecture").strip()
    for package in ("qemu-user-static", "qemu-user"):  # the latter from Debian 13 on
        try:
            folder = debian.unpack([package], architecture, own, depends=False)
        except debian.Absent:
            continue
        for name in names:
            if (program := folder / "usr" / "bin" / name).is_file():
                return program
    raise debian.Unavailable(f"Debian {own} has no {names[0]}")


def find_python() -> Foreign:
    """Return a Python of this one's version or, if this Debian has none, of Debian's."""
    qemu = find_qemu(PROCESSOR)
    own, *_ = debian.mirrors()
    try:
        system = debian.unpack([f"python{HERE}", *BESIDE], DEBIANS_NAME, own)
    except debian.Absent:
        system = debian.unpack(["python3", *BESIDE], DEBIANS_NAME, own)
    (program,) = (system / "usr" / "bin").glob("python3.[0-9]*[0-9]")
    return Foreign(program.name.removeprefix("python"), program, system, qemu)


def use_large_pages(python: Path, found: Foreign) -> dict[str, str]:
    """Return the variables with which an environment has pages of 64 KiB; none if qemu cannot.

    Libraries are made longer: qemu does not give the zeros behind the end of a mapped file.
    """
    for folder in (python.parent.parent, found.system):
        for library in folder.rglob("*.so*"):
            if library.is_file() and not library.is_symlink():
                size = library.stat().st_size
                os.truncate(library, -(-size // LARGE_PAGE) * LARGE_PAGE)
    variables = {"QEMU_PAGESIZE": str(LARGE_PAGE)}  # until qemu 8
    ask = "import mmap; print(mmap.PAGESIZE)"
    answer = output(python, "-c", ask, env=os.environ | variables)
    return variables if int(answer) == LARGE_PAGE else {}


def new_environment(foreign: Foreign, folder: Path) -> Path:
    """Make an empty environment and return its program."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    settings = f"home = {foreign.program.parent}\ninclude-system-site-packages = false\n"
    (folder / "pyvenv.cfg").write_text(settings)
    python = folder / "bin" / "python"
    words = {"qemu": foreign.qemu, "system": foreign.system, "program": foreign.program}
    python.write_text(PROGRAM.format(**{key: shlex.quote(str(at)) for key, at in words.items()}))
    python.chmod(0o755)
    for name in ("python3", f"python{foreign.version}"):
        (folder / "bin" / name).symlink_to("python")
    return python
