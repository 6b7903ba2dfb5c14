"""A terminal for a program that draws one: what is on its screen, and keys for it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping

DEADLINE = 30.0  # seconds

_HOME = "\x1b[H"
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Starts a program in it. All that a frame of rich's writes follows a cursor sent home."""

    def __init__(
        self, *command: object, lines: int = 24, columns: int = 120, env: Mapping[str, str]
    ) -> None:
        self.master, slave = pty.openpty()
        self.modes = termios.tcgetattr(slave)
        self.written = ""
        self.resize(lines, columns)
        self.process = subprocess.Popen(
            [
                "env",
                "--default-signal=HUP,INT,QUIT",
                "setsid",
                "--ctty",
                *map(str, command),
            ],  # so that they are signals under nohup and in the background, too
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}
            | {"TERM": "xterm-256color"},
        )
        self._slave = slave
        os.set_blocking(self.master, False)

    def resize(self, lines: int, columns: int) -> None:
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def screen(self) -> list[str]:
        """Return the lines of the newest frame, as far as it is there."""
        self._read()
        return _ESCAPE.sub("", self.written.rpartition(_HOME)[2]).splitlines()

    def wait_for(self, what: Callable[[list[str]], bool]) -> list[str]:
        """Return the screen as soon as it is what is wanted."""
        deadline = time.monotonic() + DEADLINE
        while not what(lines := self.screen()):
            assert self.process.poll() is None, f"it ended: {self.written}"
            assert time.monotonic() < deadline, "\n".join(lines)
            time.sleep(0.01)
        return lines

    def end(self) -> int:
        """Wait for the end of the program and return its exit code."""
        deadline = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self._read()  # otherwise it may block on a full terminal
            time.sleep(0.01)
        self._read()
        return self.process.returncode

    def is_as_before(self) -> bool:
        """Report whether the terminal is left as it was found."""
        left = self.written.count("\x1b[?1049h") == self.written.count(
            "\x1b[?1049l"
        ) and self.written.rfind("\x1b[?25l") < self.written.rfind("\x1b[?25h")
        return left and self.modes_are_as_before()

    def modes_are_as_before(self) -> bool:
        return termios.tcgetattr(self._slave) == self.modes

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self.master)

    def _read(self) -> None:
        try:
            while part := os.read(self.master, 1 << 16):
                self.written += part.decode(errors="replace")
        except BlockingIOError:
            pass
