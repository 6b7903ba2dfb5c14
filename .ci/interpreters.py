"""The Pythons of this machine, and which of them a run tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from build_platform import NEWEST, OLDEST

VERSIONS = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

PROBE = """
import importlib.util, json, os, sys, sysconfig
lacks = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    lacks.append("Python.h")
if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
    lacks.append("CPython with the GIL")
print(json.dumps(["%d.%d" % sys.version_info[:2], sys.executable, lacks]))
"""


@dataclass(frozen=True)
class Interpreter:
    version: str
    path: str
    lacks: list[str]


def probe(path: str | Path) -> Interpreter | None:
    """Ask a python for its version; None if it does not start (a pyenv shim of another one)."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", PROBE], check=False, capture_output=True, text=True
        )
        return Interpreter(*json.loads(answer.stdout)) if answer.returncode == 0 else None
    except OSError:
        return None


def candidates() -> list[str | Path]:
    """Return the pythons of this machine: the running one, PATH's, pyenv's."""
    named = [shutil.which(f"python{version}") for version in VERSIONS]
    found: list[str | Path] = [sys.executable, *filter(None, named)]
    root = os.environ.get("PYENV_ROOT") or f"{os.environ.get('HOME', '')}/.pyenv"
    return found + sorted(Path(root).glob("versions/*/bin/python"))


def interpreters() -> dict[str, str]:
    """Return a usable interpreter for each supported version found, oldest first."""
    usable: dict[str, str] = {}
    for path in candidates():
        found = probe(path)
        if found is None or found.version not in VERSIONS:
            continue
        if found.lacks:
            print(f"not used: {found.path} ({found.version}) lacks {', '.join(found.lacks)}")
        else:
            usable.setdefault(found.version, found.path)
    if not usable:
        raise SystemExit(
            f"no CPython {VERSIONS[0]} to {VERSIONS[-1]} with headers and venv here"
            " (Debian: apt install python3-dev python3-venv)"
        )
    return {version: usable[version] for version in VERSIONS if version in usable}


def chosen(usable: dict[str, str], wanted: list[str]) -> dict[str, str]:
    """Return the interpreters to test: those asked for, or this one and the oldest other one."""
    if not wanted:
        others = [version for version in usable if version != HERE]
        wanted = [HERE, *others[:1]]
    if absent := [version for version in wanted if version not in usable]:
        raise SystemExit(f"not found here: Python {', '.join(absent)}; found: {', '.join(usable)}")
    return {version: usable[version] for version in wanted}
