"""Packages of the extras: imported when needed, with an error that says what to install.

The error names those packages, not this package with an extra: if this one came from a file, an
index may have another one of its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

EXTRAS = {
    "cli": ("rich",),
    "completion": ("argcomplete",),
    "notebook": ("matplotlib", "pandas"),
    "record": ("mcap",),
}
"""The packages of each, as pyproject.toml has them. They are imported by the same names."""


def install(packages: Iterable[str]) -> str:
    """Return the command that brings packages."""
    return f"pip install {' '.join(packages)}"


def import_extra(module: str) -> Any:
    """Import a module that an extra brings. Raises ImportError that says what to install."""
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"found no {package}; {install([package])} brings it", name=error.name
        ) from None
