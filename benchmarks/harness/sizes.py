"""The sizes of the distributions that a row needs, as pip installed them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.rows import distribution


def sizes(requirements: Iterable[str]) -> dict[str, Any]:
    """Return bytes of them, of their dependencies, and roughly of their wheels.

    A wheel is a zip of the files in RECORD, without those that pip compiled.
    """
    own, others = _closure(requirements)
    files = {name: list(_files(name)) for name in {*own, *others}}
    installed = {name: sum(path.stat().st_size for path in files[name]) for name in files}
    return {
        "installed": sum(installed[name] for name in own),
        "others": sum(installed[name] for name in others),
        "names of others": sorted(others),
        "wheel": sum(_deflated(path) for name in own for path in files[name] if _in_wheel(path)),
    }


def _closure(requirements: Iterable[str]) -> tuple[set[str], set[str]]:
    own = {distribution(requirement) for requirement in requirements}
    found, left = set(own), list(own)
    while left:
        for requirement in metadata.requires(left.pop()) or []:
            name = distribution(requirement)
            if ";" not in requirement and name not in found and _is_there(name):
                found.add(name)
                left.append(name)
    return own, found - own


def _is_there(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _files(name: str) -> Iterator[Path]:
    for file in metadata.files(name) or []:
        path = Path(str(file.locate()))
        if path.is_file():
            yield path


def _in_wheel(path: Path) -> bool:
    return not re.search(r"(\.pyc|/INSTALLER|/REQUESTED|/direct_url\.json)$", str(path))


def _deflated(path: Path) -> int:
    return len(zlib.compress(path.read_bytes(), 6))
