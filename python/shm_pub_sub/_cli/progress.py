"""A progress line on stderr, if that is a terminal."""

from __future__ import annotations

import os
import sys
import time

from .output import Control, draw

_BEGIN, _REST = Control("\r"), Control("\x1b[K")

INTERVAL = 0.2
"""Seconds between updates."""


class Progress:
    """A line that show() overwrites in place."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._shown = False
        self._next = 0.0

    def due(self) -> bool:
        return self._wanted and time.monotonic() >= self._next

    def show(self, text: str) -> None:
        if not self._wanted:
            return
        draw(_BEGIN, text[: _columns() - 1], _REST, file=sys.stderr)  # a longer one would scroll
        self._shown = True
        self._next = time.monotonic() + INTERVAL

    def end(self) -> None:
        if self._shown:
            draw(_BEGIN, _REST, file=sys.stderr)
            self._shown = False


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
