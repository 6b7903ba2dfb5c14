"""One running example: what it prints, and its end, all against a deadline."""

import queue
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DEADLINE = 30.0  # seconds

# As a user starts it; and Ctrl-C works even where the tests run in the background.
LAUNCH = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Example:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, pattern: str) -> "re.Match[str]":
        """Read on until a line matches."""
        deadline = time.monotonic() + DEADLINE
        while (line := self._next_line(deadline)) is not None:
            if match := re.search(pattern, line):
                return match
        pytest.fail(f"it ended without {pattern!r}; it printed\n{self.output}")

    def interrupt(self) -> list[str]:
        """End it as its user does, by Ctrl-C, and return all that it printed."""
        assert self.process.poll() is None, f"it ended by itself; it printed\n{self.output}"
        self.process.send_signal(signal.SIGINT)
        return self.finish()

    def finish(self, status: int = 0) -> list[str]:
        """Wait for its end, without a complaint, and return all that it printed."""
        deadline = time.monotonic() + DEADLINE
        while self._next_line(deadline) is not None:
            pass
        assert self.process.wait(DEADLINE) == status, self.output
        assert "Traceback" not in self.output
        assert "Exception ignored" not in self.output
        return self.lines

    def end(self) -> None:
        self.process.kill()  # nothing where it has been waited for
        self.process.wait()
        self._reader.join(DEADLINE)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def _next_line(self, deadline: float) -> str | None:
        try:
            line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            pytest.fail(f"nothing more within {DEADLINE:.0f} s; it printed\n{self.output}")
        if line is not None:
            self.lines.append(line)
        return line

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)
