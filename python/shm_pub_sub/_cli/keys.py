"""Single keys from the terminal, beside a verb's other work."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_KEY = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_AT_ONCE = 256
"""Most bytes that are read at once."""
LOOK = 0.5
"""Seconds after which it looks whether it is in the foreground again: `fg` may not say so."""


class Keys:
    """Reads keys without Enter and without echo, while stdin and stderr are a terminal.

    Otherwise, and in the background, there are none. The terminal is as before when the block ends
    (by a signal too), and while the process is stopped (Ctrl-Z).
    """

    def __init__(self) -> None:
        self.stopped = 0.0
        """For how many seconds Ctrl-Z has stopped this process so far."""
        self._fd = -1
        self._before: list[Any] = []  # the terminal's modes as they were found
        self._ours: list[Any] = []
        self._changed = False
        self._handlers: dict[int, Any] = {}

    @property
    def available(self) -> bool:
        """Whether there is a terminal."""
        return self._fd >= 0

    def __enter__(self) -> Keys:
        if not is_terminal():
            return self
        self._fd = sys.stdin.fileno()
        for number, handler in (
            (signal.SIGTSTP, self._on_stop),
            (signal.SIGCONT, self._on_continue),
            (signal.SIGQUIT, self._on_quit),
        ):
            self._handle(number, handler)
        self._change()
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        self._fd = -1

    def pressed(self) -> str:
        """Return the keys typed since the last call, without waiting; "" if there are none.

        Keys that are no character, such as the arrows, are left out.
        """
        return self.wait(0)

    def wait(self, seconds: float) -> str:
        """Wait for a key, at most so many seconds or LOOK; return what pressed() does."""
        seconds = min(seconds, LOOK)
        if not self._change():
            time.sleep(seconds)
            return ""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not (ready and self._in_foreground()):
            return ""
        try:
            typed = os.read(self._fd, _AT_ONCE)
        except OSError:
            typed = b""
        if not typed:  # the terminal is gone
            self._fd = -1
        keys = (key.decode("ascii", "ignore") for key in _KEY.findall(typed) if len(key) == 1)
        return "".join(keys)

    def _change(self) -> bool:
        """Change the terminal's modes, unless in the background; report whether keys come.

        At each look: a shell's `fg` may set its own after it has made this the foreground.
        """
        if not (self.available and self._in_foreground()):
            return False
        try:
            found = termios.tcgetattr(self._fd)
            if found != self._ours:  # otherwise they stayed during a stop
                self._before = found
                termios.tcsetattr(self._fd, termios.TCSANOW, _without_line_mode(found))
                self._ours = termios.tcgetattr(self._fd)
            self._changed = True
        except termios.error:
            self._fd = -1
        return self.available

    def _restore(self) -> None:
        if self._changed and self._in_foreground():  # otherwise they are the shell's by now
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
        self._changed = False

    def _in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:
            return False

    def _handle(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        before = signal.getsignal(number)
        if before is signal.SIG_DFL:  # otherwise ignored, or somebody else's
            self._handlers[number] = before
            signal.signal(number, handler)

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        self._restore()
        began = time.monotonic()
        self._by_default(number)  # continues here
        self.stopped += time.monotonic() - began

    def _on_quit(self, number: int, _frame: FrameType | None) -> None:
        self._restore()
        self._by_default(number)

    def _on_continue(self, _number: int, _frame: FrameType | None) -> None:
        """Change the modes again: the shell may have set its own during a stop."""
        self._change()

    def _by_default(self, number: int) -> None:
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, handler)


def is_terminal() -> bool:
    """Report whether Keys are available."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _without_line_mode(modes: list[Any]) -> list[Any]:
    """Return a terminal's modes, but that keys come at once, and are not shown."""
    flags, characters = modes[3] & ~(termios.ECHO | termios.ICANON), [*modes[6]]
    characters[termios.VMIN], characters[termios.VTIME] = 1, 0
    return [*modes[:3], flags, *modes[4:6], characters]
