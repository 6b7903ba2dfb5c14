"""A line on stderr that says how far long work has come, where stderr is a terminal."""

from __future__ import annotations

import sys
import time

from .output import Control, draw

_BEGIN, _REST = Control("\r"), Control("\x1b[K")

INTERVAL = 0.2
"""Seconds between two looks of the line."""


class Progress:
    """The line, which show() draws over itself."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._shown = False
        self._next = 0.0

    def due(self) -> bool:
        """Return whether it is time to show another one."""
        return self._wanted and time.monotonic() >= self._next

    def show(self, text: str) -> None:
        """Show the text instead of the one before, on a terminal."""
        if not self._wanted:
            return
        draw(_BEGIN, text, _REST, file=sys.stderr)
        self._shown = True
        self._next = time.monotonic() + INTERVAL

    def end(self) -> None:
        """Remove the line: whatever comes next begins where it was."""
        if self._shown:
            draw(_BEGIN, _REST, file=sys.stderr)
            self._shown = False
