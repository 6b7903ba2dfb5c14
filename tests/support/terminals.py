"""Runs the commands of a page, some of them beside the others."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .pages import Command
from .programs import DEADLINE, LAUNCHER, VARIABLE


class Terminals:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._status = 0

    def run(self, command: Command, columns: int) -> None:
        """Wait until it has printed what it should; end it, if the page does."""
        output = self._folder / f".output{len(self._started)}"
        process = self._start(command.text, output, columns)
        shape, deadline = command.shape(), time.monotonic() + DEADLINE
        lasts = command.goes_on or command.interrupted
        where = f"line {command.line}: {command.text}"
        while process.poll() is None and not (lasts and shape.match(output.read_text())):
            assert time.monotonic() < deadline, f"{where}\n{output.read_text()}"
            time.sleep(0.01)
        text = output.read_text()
        if not lasts:
            self._status = process.returncode
            assert shape.fullmatch(text), f"{where}\n{text}"
            return
        assert process.poll() is None, f"{where}: it ended\n{text}"
        if command.interrupted:
            os.killpg(process.pid, signal.SIGINT)
            self._status = process.wait(DEADLINE)
            assert "Traceback" not in output.read_text()

    def end(self) -> None:
        """End with Ctrl-C what goes on."""
        for process, _ in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
        for process, output in self._started:
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                pytest.fail(f"Ctrl-C does not end it\n{output.read_text()}")

    def _start(self, text: str, output: Path, columns: int) -> "subprocess.Popen[bytes]":
        with output.open("wb") as out:
            process = subprocess.Popen(
                # $? is the last command's.
                [*LAUNCHER, "bash", "-c", f"(exit {self._status})\n{text}"],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment() | {"COLUMNS": str(columns)},
                start_new_session=True,
            )
        self._started.append((process, output))
        return process


def environment() -> dict[str, str]:
    """Return the environment in which the programs of this python are on PATH."""
    return {
        **os.environ,
        **VARIABLE,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:hypothesispytest",
    }
