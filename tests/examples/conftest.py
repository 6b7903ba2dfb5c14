"""Starts examples, which end with their test; builds those in Go."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.strictly import OPTIONS

from ._example import EXAMPLES, LAUNCH, ROOT, Example


@pytest.fixture
def start_command(
    start_python: Callable[..., "subprocess.Popen[str]"],
) -> Iterator[Callable[..., Example]]:
    """start_command(*command): a command in a process of its own, stderr with stdout."""
    started: list[Example] = []

    def launch(*command: object) -> Example:
        started.append(Example(start_python(LAUNCH, *command, stderr=subprocess.STDOUT)))
        return started[-1]

    yield launch
    for example in started:
        example.end()


@pytest.fixture
def start_example(start_command: Callable[..., Example]) -> Callable[..., Example]:
    """start_example(name, *args): examples/name in a process of its own, stderr with stdout."""

    def start(name: str, *args: object) -> Example:
        return start_command(sys.executable, *OPTIONS, "-u", EXAMPLES / name, *args)

    return start


@pytest.fixture(scope="session")
def go_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the Go examples, built."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no go on PATH to build the Go examples with")
    folder = tmp_path_factory.mktemp("go")
    subprocess.run(
        [go, "build", "-o", f"{folder}{os.sep}", "./examples/go/..."],
        check=True,
        cwd=ROOT,
        env={**os.environ, "CGO_ENABLED": "0"},
        timeout=300,
    )
    return folder


@pytest.fixture
def start_go(start_command: Callable[..., Example], go_programs: Path) -> Callable[..., Example]:
    """start_go(name, *args): the same for a Go one."""

    def start(name: str, *args: object) -> Example:
        return start_command(go_programs / name, *args)

    return start
