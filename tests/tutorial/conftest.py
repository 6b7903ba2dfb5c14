"""A domain of its own for every test, and processes that do not outlive it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ._child import Child
from ._spec import VARIABLE, Specification, specification_path


class Start:
    """Starts programs, each in a process of its own."""

    def __init__(self, domain: Path, scripts: Path) -> None:
        self.children: list[Child] = []
        self._domain = domain
        self._scripts = scripts

    def __call__(self, program: str, domain: Path | None = None) -> Child:
        script = self._scripts / f"program_{len(self.children)}.py"
        child = Child(program, script, domain or self._domain)
        self.children.append(child)
        return child


@pytest.fixture(scope="session")
def tutorial() -> Specification:
    path = specification_path()
    if not path.is_file():
        pytest.skip(f"the specification is not here; its path can be given as {VARIABLE}")
    return Specification(path)


@pytest.fixture
def tutorial_dir() -> Iterator[Path]:
    """Shared memory for one test, where nothing may be left at its end."""
    directory = Path(tempfile.mkdtemp(prefix="tutorial-", dir="/dev/shm"))
    try:
        yield directory
        left = sorted(path.name for path in directory.iterdir())
    finally:
        shutil.rmtree(directory)
    assert left == [], "left in shared memory"


@pytest.fixture
def start(tutorial_dir: Path, tmp_path: Path) -> Iterator[Start]:
    starting = Start(tutorial_dir, tmp_path)
    yield starting
    for child in starting.children:
        child.abandon()
