"""Programs that measure on request: a number goes in on a line, times in ns come back on one."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


class Failed(Exception):
    """A program does not measure; says why."""

    def __init__(self, why: str, hangs: bool = False) -> None:
        super().__init__(why)
        self.hangs = hangs


class Worker:
    """One program, ready to measure. It prints "ready" and the names of its figures first."""

    def __init__(
        self,
        command: Sequence[str | Path],
        timeout: float = 60.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            start_new_session=True,
        )
        self._rest = b""
        try:
            self.figures = self._answer(timeout).split()[1:]
        except BaseException:
            self.end()
            raise

    def measure(self, n: int, timeout: float = 60.0) -> list[float]:
        self.send(n)
        return self.answer(timeout)

    def send(self, n: int) -> None:
        """Let it measure; answer() waits for the figures."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"%d\n" % n)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self._last_words() or self._end()) from None

    def answer(self, timeout: float = 60.0) -> list[float]:
        return [float(number) for number in self._answer(timeout).split()]

    def pause(self) -> None:
        """Stop it and its children: their threads must not run in another's turn."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGCONT)

    def _answer(self, timeout: float) -> str:
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            if not select.select([fd], [], [], timeout)[0]:
                why = f"no answer within {timeout:.0f} s"
                if words := self._last_words():  # maybe of its child
                    why += f"; {words}"
                raise Failed(why, hangs=True)
            data = os.read(fd, 1 << 20)
            if not data:
                raise Failed(self._last_words() or self._end())
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _end(self) -> str:
        """Say how it ended."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(5)
            return f"it ended by {signal.Signals(-code).name}" if code < 0 else f"it ended: {code}"
        return "it ended"

    def end(self) -> None:
        """Close its input and wait; then kill it and everything it started."""
        self.resume()
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self.kill()

    def kill(self) -> None:
        """Kill it and everything it started."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # children that it left
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()
