"""The command line as a user has it: the program beside this python."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.programs import VARIABLE, Run, Start

PROGRAM = Path(sys.executable).parent / "shm-pub-sub"
ENVIRONMENT = VARIABLE | {"COLUMNS": "100"}


class Cli:
    """Starts and runs shm-pub-sub in the test's domain."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: object, **options: object) -> subprocess.Popen[str]:
        """Start it. stdin, stdout and stderr are pipes, unless given otherwise."""
        pipe = subprocess.PIPE
        process: subprocess.Popen[str] = subprocess.Popen(
            # Ctrl-C works even where the tests run in the background.
            ["env", "--default-signal=INT,HUP", PROGRAM, *map(str, arguments)],
            **{"stdin": pipe, "stdout": pipe, "stderr": pipe, "encoding": "utf-8"}
            | {"env": os.environ | ENVIRONMENT}
            | options,  # type: ignore[call-overload]
        )
        self.processes.append(process)
        return process

    def run(
        self, *arguments: object, timeout: float = 30, **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever that is."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def cli(shm_dir: Path) -> Iterator[Cli]:
    cli = Cli()
    yield cli
    cli.end()


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


RunCli = Run


@pytest.fixture
def run_cli(cli: Cli) -> RunCli:
    """run_cli(*arguments, timeout=30): stdout, stderr and returncode of shm-pub-sub."""
    return cli.run
