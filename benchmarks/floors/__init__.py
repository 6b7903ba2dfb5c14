"""The floors: the least that can be done, in C, and how they are compiled."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "shmpubsub"
HEADERS = [f"-iquote{folder}" for folder in sorted({path.parent for path in SOURCES.rglob("*.h")})]
"""The library's own headers: a floor uses the same ring."""


def _compile(source: str, target: Path, *options: str) -> Path:
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, "-O2", *options, "-o", target, HERE / source], check=True)
    return target


def program(name: str, folder: Path) -> Path:
    """Compile NAME.c into a program in folder."""
    return _compile(f"{name}.c", folder / name)


def extension(name: str, folder: Path, *options: str) -> ModuleType:
    """Compile NAME.c into an extension module in folder, and import it as _NAME."""
    target = folder / f"_{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = f"-I{sysconfig.get_path('include')}"
    _compile(f"{name}.c", target, "-shared", "-fPIC", include, *HEADERS, *options)
    spec = importlib.util.spec_from_file_location(f"_{name}", target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
