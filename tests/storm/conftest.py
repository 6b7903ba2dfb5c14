"""The storm's actor in Go."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def go_actor(build_go: Callable[[str], Path]) -> Path | None:
    """The program in actor/, built; None if there is no go to build it with."""
    return build_go("./tests/storm/actor") / "actor" if shutil.which("go") else None
