"""Starts examples as their first lines say; builds those in Go."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.paths import EXAMPLES
from support.programs import OPTIONS, Program, Start


@pytest.fixture
def start_example(start_command: Start) -> Start:
    """start_example(name, *args): examples/name in a process of its own, stderr with stdout."""

    def start(name: str, *args: object) -> Program:
        command = (sys.executable, *OPTIONS, "-u", EXAMPLES / name, *args)
        return start_command(*command, stderr=subprocess.STDOUT)

    return start


@pytest.fixture(scope="session")
def go_programs(build_go: Callable[..., Path]) -> Path:
    return build_go("./...", EXAMPLES / "go")


@pytest.fixture
def start_go(start_command: Start, go_programs: Path) -> Start:
    """start_go(name, *args): the same for a Go one."""

    def start(name: str, *args: object) -> Program:
        return start_command(go_programs / name, *args, stderr=subprocess.STDOUT)

    return start
