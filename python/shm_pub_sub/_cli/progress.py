"""A progress line on stderr, if that is a terminal."""

from __future__ import annotations

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
        """Report whether it is time for an update."""
        return self._wanted and time.monotonic() >= self._next

    def show(self, text: str) -> None:
        """Replace the text shown."""
        if not self._wanted:
            return
        draw(_BEGIN, text, _REST, file=sys.stderr)
        self._shown = True
        self._next = time.monotonic() + INTERVAL

    def end(self) -> None:
        """Erase the line."""
        if self._shown:
            draw(_BEGIN, _REST, file=sys.stderr)
            self._shown = False
