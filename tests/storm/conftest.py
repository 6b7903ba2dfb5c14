"""The storm's actor in Go."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.peer import TESTS


@pytest.fixture(scope="session")
def go_actor(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """The program in actor/, built; None where there is no go to build it with."""
    go = shutil.which("go")
    if go is None:
        return None
    program = tmp_path_factory.mktemp("go") / "actor"
    subprocess.run(
        [go, "build", "-o", program, "./tests/storm/actor"],
        check=True,
        cwd=TESTS.parent,
        env={**os.environ, "CGO_ENABLED": "0"},
        timeout=300,
    )
    return program
