"""Packages of the extras: imported when needed, with an error that says what to install.

The error names those packages, not this package with an extra: if this one came from a file, an
index may have another one of its name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

EXTRAS = {
    "cli": ("rich",),
    "completion": ("argcomplete",),
    "image": ("pillow",),
    "network": ("eclipse-zenoh", *(("tomli",) if sys.version_info < (3, 11) else ())),
    "notebook": ("matplotlib", "pandas"),
    "record": ("mcap",),
}
"""The packages of each, as pyproject.toml has them."""

MODULES = {"eclipse-zenoh": "zenoh", "pillow": "PIL"}
"""What packages are imported as, if it is not their name."""


def is_installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(MODULES.get(package, package)) is not None


def install(packages: Iterable[str]) -> str:
    """Return the command that brings packages."""
    return f"pip install {' '.join(packages)}"


def import_extra(module: str) -> Any:
    """Import a module that an extra brings. Raises ImportError that says what to install."""
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name != top:
            raise
        package = {name: package for package, name in MODULES.items()}.get(top, top)
        raise ModuleNotFoundError(
            f"found no {package}; {install([package])} brings it", name=error.name
        ) from None
