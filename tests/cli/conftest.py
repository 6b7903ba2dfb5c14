"""The command line as a user has it: the program beside this python."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.programs import VARIABLE, Ended, Program, Programs, Run, Start, finished

from ._terminal import Terminal

PROGRAM = Path(sys.executable).parent / "shm-pub-sub"
ENVIRONMENT = VARIABLE | {"COLUMNS": "100"}
RunCli = Run
StartTerminal = Callable[..., Terminal]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

AS_ANOTHER_USER = """
import importlib, os, sys
from shm_pub_sub._cli import main, verbs
for verb in verbs.VERBS:  # Python's files may be in a place that only root can read
    importlib.import_module(f"shm_pub_sub._cli.verbs.{verb}")
import argparse, difflib, locale, traceback, shm_pub_sub._cli.arguments, shm_pub_sub._svg
shm_pub_sub.topics()
os.setgroups([])
os.setresgid(61001, 61001, 61001)
os.setresuid(61001, 61001, 61001)
sys.exit(main(sys.argv[1:]))
"""
"""Code that runs shm-pub-sub as another user: its arguments are the command's."""


class Cli:
    """Starts and runs shm-pub-sub in the test's domain."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def start(self, *arguments: object, **options: object) -> Program:
        """Start it. stdin, stdout and stderr are pipes, unless given otherwise."""
        ours = {"stderr": subprocess.PIPE, "env": os.environ | ENVIRONMENT}
        return self._programs.start_command(PROGRAM, *arguments, **(ours | options))

    def run(self, *arguments: object, timeout: float = 30, **options: object) -> Ended:
        """Run it to its end, whatever that is."""
        return finished(self.start(*arguments, **options), timeout)


@pytest.fixture
def cli(programs: Programs) -> Cli:
    return Cli(programs)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a recording goes."""
    return tmp_path / "run.mcap"


@pytest.fixture
def damaged(shm_dir: Path) -> Iterator[Path]:
    """The file of robot/arm, which is no topic; it is gone at the end."""
    path = shm_dir / "shm_pub_sub.robot%2Farm"
    path.write_bytes(b"nonsense" * 10000)
    yield path
    path.unlink(missing_ok=True)


def check_failure(ended: Ended, words: str, code: int = 1) -> None:
    """Check that it printed only an error, which has these words."""
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def terminal() -> Iterator[StartTerminal]:
    """terminal(*arguments, lines=24, columns=120): a Terminal with shm-pub-sub."""
    terminals: list[Terminal] = []

    def start(
        *arguments: object, program: tuple[object, ...] = (PROGRAM,), **size: int
    ) -> Terminal:
        terminals.append(Terminal(*program, *arguments, env=os.environ | ENVIRONMENT, **size))
        return terminals[-1]

    yield start
    for one in terminals:
        one.close()


@pytest.fixture
def call_cli(capsys: pytest.CaptureFixture[str]) -> RunCli:
    """call_cli(*arguments): the same as run_cli(), in this process: for what needs none of its own.

    A tenth of the time.
    """

    def call(*arguments: object, **_: object) -> Ended:
        from shm_pub_sub._cli import main  # noqa: PLC0415 - of those that it calls alone

        words = [*map(str, arguments)]
        capsys.readouterr()
        code = main(words)
        written = capsys.readouterr()
        return Ended(words, code, written.out, written.err)

    return call


DIE = """
import os, shm_pub_sub, sys
made = [shm_pub_sub.Publisher(name, 0, retain=sys.argv[1] == "retain") for name in sys.argv[2:]]
for pub in made:
    pub.publish(1)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def leave(start_python: Start) -> Callable[..., int]:
    """leave(*names, retain=False): topics of a publisher that was killed; its pid."""

    def leave(*names: str, retain: bool = False) -> int:
        process = start_python(DIE, "retain" if retain else "-", *names)
        process.wait(30)
        return process.pid

    return leave


@pytest.fixture
def run_cli(cli: Cli) -> RunCli:
    """run_cli(*arguments, timeout=30): stdout, stderr and returncode of shm-pub-sub."""
    return cli.run
