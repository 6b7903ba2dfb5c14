"""One Python process: its program, what it prints, and its end, all against a deadline."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest
from support.strictly import VARIABLE

DEADLINE = 30.0
"""Seconds until an expected line counts as missing."""

GRACE = 5.0
"""Seconds that a process left over by its test has to close its topics."""

# Ctrl-C works even where the tests run in the background, and no child outlives a killed test run
# for long.
PRELUDE = """\
import signal as _signal
_signal.signal(_signal.SIGINT, _signal.default_int_handler)
_signal.alarm(180)
"""


class Child:
    def __init__(self, program: str, script: Path, domain: Path) -> None:
        script.write_text(PRELUDE + program, encoding="utf-8")
        environment = {
            **os.environ,
            "SHM_PUB_SUB_DIR": str(domain),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            **VARIABLE,
        }
        self.lines: list[str] = []
        self._errors_path = script.with_suffix(".stderr")
        with self._errors_path.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-u", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                cwd=script.parent,
                encoding="utf-8",
            )
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def errors(self) -> str:
        return self._errors_path.read_text(encoding="utf-8")

    def read_until(self, pattern: str, times: int = 1) -> list[re.Match[str]]:
        """Reads on until that many more lines match, and returns their matches."""
        deadline = time.monotonic() + DEADLINE
        matches: list[re.Match[str]] = []
        while len(matches) < times:
            line = self._next_line(deadline)
            if line is None:
                self._fail(f"ended after {len(matches)} of {times} lines with {pattern!r}")
            if match := re.search(pattern, line):
                matches.append(match)
        return matches

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def finish(self) -> list[str]:
        """Waits for the program's own end, without a complaint, and returns all that it printed."""
        self._drain()
        if self._process.returncode != 0 or self.errors:
            self._fail(f"exit status {self._process.returncode}")
        return self.lines

    def interrupt(self) -> None:
        """Ends an endless program as its user does, by Ctrl-C."""
        self._end_by(signal.SIGINT)
        assert "KeyboardInterrupt" in self.errors

    def terminate(self) -> None:
        """Ends an endless program that does not listen to Ctrl-C."""
        self._end_by(signal.SIGTERM)
        assert self.errors == ""

    def abandon(self) -> None:
        """Releases everything, whatever state the test left it in."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _end_by(self, number: signal.Signals) -> None:
        assert self.errors == "", self.errors
        assert self._process.poll() is None, "it ended by itself"
        self._process.send_signal(number)
        self._drain()
        assert self._process.returncode == -number, self.errors

    def _drain(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        deadline = time.monotonic() + DEADLINE
        while self._next_line(deadline) is not None:
            pass
        self._process.wait(timeout=DEADLINE)

    def _next_line(self, deadline: float) -> str | None:
        try:
            line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self._fail(f"nothing more within {DEADLINE:.0f} s")
        if line is not None:
            self.lines.append(line)
        return line

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _fail(self, reason: str) -> NoReturn:
        last = "\n".join(self.lines[-20:])
        pytest.fail(
            f"{reason}; it printed last:\n{last}\nand on stderr:\n{self.errors}", pytrace=True
        )
