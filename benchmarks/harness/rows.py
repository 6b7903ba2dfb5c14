"""The rows of every table: ours, then the adapters of peers/."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import pkgutil
import re
from collections.abc import Collection
from dataclasses import dataclass
from types import ModuleType

import peers

OURS = "ours"
TROUBLES = "BENCHMARK_TROUBLES"
"""JSON, set by compare.py: why pip did not install a peer, by its name."""


@dataclass(frozen=True)
class Row:
    name: str
    """The adapter's module in peers/."""
    title: str
    kind: str
    """topic, state or queue."""
    trouble: str = ""
    """Why it cannot be measured; empty if it can."""
    functions: frozenset[str] = frozenset()
    """Those its adapter defines: publisher, reader, poller, ..."""

    def has(self, *functions: str) -> bool:
        return not self.trouble and self.functions.issuperset(functions)


def load(name: str) -> ModuleType:
    """Import an adapter. BENCHMARK_PEERS names one more folder of them."""
    extra = os.environ.get("BENCHMARK_PEERS")
    if extra and extra not in peers.__path__:
        peers.__path__.append(extra)
    return importlib.import_module(f"peers.{name}")


def names() -> list[str]:
    load(OURS)
    found = {module.name for module in pkgutil.iter_modules(peers.__path__)}
    return sorted((name for name in found if name[0] != "_"), key=lambda name: (name != OURS, name))


def requirements(name: str) -> list[str]:
    found: list[str] = load(name).REQUIREMENTS
    return found


def distribution(requirement: str) -> str:
    """Return the name of a requirement, without its version."""
    named = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert named is not None, requirement
    return named[0]


def select(only: Collection[str] = ()) -> list[Row]:
    """Return the rows of these names, or all rows; ours always, and first."""
    troubles: dict[str, str] = json.loads(os.environ.get(TROUBLES, "{}"))
    wanted = [name for name in names() if not only or name in only or name == OURS]
    return [_row(name, troubles.get(name, "")) for name in wanted]


def _row(name: str, trouble: str) -> Row:
    try:
        peer = load(name)
        trouble = trouble or _missing(peer.REQUIREMENTS)
        title, kind = peer.TITLE, peer.KIND
    except Exception as error:
        return Row(name, name, "topic", f"its adapter fails: {error}")
    functions = frozenset(key for key, value in vars(peer).items() if callable(value))
    return Row(name, title, kind, trouble, functions)


def _missing(wanted: list[str]) -> str:
    for requirement in wanted:
        try:
            importlib.metadata.distribution(distribution(requirement))
        except importlib.metadata.PackageNotFoundError:
            return f"{distribution(requirement)} is not installed"
    return ""
