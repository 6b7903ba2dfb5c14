"""Programs that tests start: what they print and how they end, each wait with a deadline.

The fixtures are in the root's conftest.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn

import pytest

# Warnings are errors, except the one that pyproject.toml ignores: from Python 3.15 on os.fork()
# raises it after the child exists.
FORKED_WITH_THREADS = "ignore:This process:DeprecationWarning"
OPTIONS = ("-W", "error", "-W", FORKED_WITH_THREADS)
VARIABLE = {"PYTHONWARNINGS": f"error,{FORKED_WITH_THREADS}"}

DEADLINE = 30.0
"""Seconds after which a line, or the end, counts as missing."""

# A program dies with a killed test run, or soon after it, and takes Ctrl-C although shells ignore
# it for what they run in the background. One line, so that line numbers shift by one.
PRELUDE = (
    "(lambda s: (s.alarm(170), s.signal(s.SIGINT, s.default_int_handler)))(__import__('signal'))\n"
)
Ended = subprocess.CompletedProcess[str]
Run = Callable[..., Ended]
Check = Callable[..., str]
Start = Callable[..., "Program"]
"""The types of the fixtures."""

LAUNCHER = ("setpriv", "--pdeathsig", "KILL", "env", "--default-signal=INT,HUP")


class Program(subprocess.Popen[str]):
    """A running program. stdin and stdout are pipes; stderr is the test's, if not given."""

    def __init__(self, *command: object, **options: object) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
        super().__init__([*map(str, command)], **(pipes | options))  # type: ignore[call-overload]
        self.lines: list[str] = []
        """What has been read from stdout."""
        self.errors = ""
        """What has been read from stderr, if that is a pipe."""

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def line(self, stream: IO[str] | None = None) -> str:
        """Return the next line, without its end, of stdout or of another stream."""
        line = self._read(stream)
        if line is None:
            self._fail("ended without another line")
        return line

    def wait_for(
        self, pattern: str, times: int = 1, stream: IO[str] | None = None
    ) -> "re.Match[str]":
        """Read stdout, or another stream, until so many more lines match; return the last match."""
        deadline = time.monotonic() + DEADLINE
        while (line := self._read(stream)) is not None and time.monotonic() < deadline:
            if match := re.search(pattern, line):
                times -= 1
                if times == 0:
                    return match
        self._fail(f"did not print {pattern!r}")

    def tell(self, line: object) -> None:
        """Write a line to its stdin."""
        assert self.stdin is not None
        self.stdin.write(f"{line}\n")
        self.stdin.flush()

    def ask(self, line: object = "") -> str:
        """Write a line, and return the one that answers it."""
        self.tell(line)
        return self.line()

    def interrupt(self, status: int = 0) -> list[str]:
        """End it with Ctrl-C, as its user does; return all the lines that it printed."""
        return self.end_by(signal.SIGINT, status)

    def end_by(self, number: signal.Signals, status: int) -> list[str]:
        """End it with a signal; return all the lines that it printed."""
        if self.poll() is not None:
            self._fail("ended by itself")
        self.send_signal(number)
        return self.finish(status)

    def finish(self, status: int = 0) -> list[str]:
        """Close its stdin and wait for its end; return all the lines that it printed."""
        assert self.stdin is not None
        self.stdin.close()
        while self._read() is not None:
            pass
        self.wait(DEADLINE)
        complaint = self._complaint()
        if status in (0, -signal.SIGTERM):
            complaint += "".join(re.findall("(?m)^(?:Traceback|Exception ignored)", self.output))
        else:
            complaint = ""
        if self.returncode != status or complaint:
            self._fail(f"ended with {self.returncode}, not {status}, or with a complaint")
        return self.lines

    def release(self) -> None:
        """Kill it, if it runs, and close its streams."""
        self.kill()
        self.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()

    def _read(self, stream: IO[str] | None = None) -> str | None:
        """Return the next line; None at the end. A program that prints none in time is killed."""
        source = stream or self.stdout
        assert source is not None
        watchdog = threading.Timer(DEADLINE, self.kill)
        watchdog.start()
        line = source.readline()
        watchdog.cancel()
        if line and source is self.stdout:
            self.lines.append(line.rstrip("\n"))
        elif source is self.stderr:
            self.errors += line
        return line.rstrip("\n") if line else None

    def _complaint(self) -> str:
        """Return what is left to read from stderr."""
        rest = self.stderr.read() if self.stderr is not None else ""
        self.errors += rest
        return rest

    def _fail(self, what: str) -> NoReturn:
        self.kill()
        self.wait()
        self._complaint()
        last = "\n".join(self.lines[-20:])
        pytest.fail(f"{self.args}\n{what}; it printed last:\n{last}\nand on stderr:\n{self.errors}")


class Programs:
    """Starts programs in the test's domain, which end with the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Program] = []

    def start(self, *command: object, **options: object) -> Program:
        self._started.append(Program(*command, **options))
        return self._started[-1]

    def start_command(self, *command: object, **options: object) -> Program:
        """Start a program that need not be Python."""
        return self.start(*LAUNCHER, *command, **options)

    def start_python(self, code: str, *args: object, **options: object) -> Program:
        """Start Python code, with warnings as errors."""
        script = self._folder / f"program{len(self._started)}.py"
        script.write_text(PRELUDE + code, encoding="utf-8")
        return self.start(sys.executable, *OPTIONS, "-u", script, *args, **options)

    def run_python(
        self, code: str, *args: object, timeout: float = DEADLINE, **options: object
    ) -> Ended:
        """Run Python code to its end, whatever that is."""
        return finished(self.start_python(code, *args, stderr=subprocess.PIPE, **options), timeout)

    def check_python(self, code: str, *args: object, **options: object) -> str:
        """Run Python code that must succeed and write nothing to stderr; return its stdout."""
        ended = self.run_python(code, *args, **options)  # type: ignore[arg-type]
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        return ended.stdout

    def end(self) -> None:
        for program in self._started:
            program.release()


def run(
    *command: object, timeout: float = DEADLINE, check: bool = False, **options: object
) -> Ended:
    """Run a command to its end, whatever that is, with its output as text."""
    done: Ended = subprocess.run(  # type: ignore[call-overload]
        [word if isinstance(word, bytes) else str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=check,
        **options,
    )
    return done


def finished(program: Program, timeout: float = DEADLINE) -> Ended:
    """Wait for the end of a program; return what it printed, and its exit status."""
    try:
        out, err = program.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        program.kill()
        out, err = program.communicate()
        pytest.fail(f"{program.args}\nno end within {timeout} s; it printed:\n{out}\n{err}")
    return subprocess.CompletedProcess(program.args, program.returncode, out, err)
