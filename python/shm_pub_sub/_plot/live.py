"""A live plot: what one in a notebook's cell and one in a window have in common."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from .collector import Collector
from .figure import Drawing

FRAME = 0.1
"""Seconds from one picture to the next, at least."""

SHARE = 0.1
"""Of a processor's time, for drawing: a slow picture delays the next one."""


class Plot(ABC):
    """A live plot. It runs until stop(), until its cell is run again, or until the process ends."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._lock = threading.Lock()  # of the collector
        self._next_frame = 0.0

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it is being updated."""

    @property
    def figure(self) -> Any:
        """What it shows now, or showed last, as a new matplotlib Figure.

        Raises ImportError without matplotlib.
        """
        drawing = Drawing(self._collector)  # imports matplotlib, which takes long
        with self._lock:
            drawing.draw()
        return drawing.figure

    @abstractmethod
    def stop(self) -> None:
        """End the updates; in a notebook the last picture stays. Idempotent."""

    @abstractmethod
    def _show(self) -> None:
        """Show the curves as they are now."""

    def _update(self) -> float:
        """Take values, show them if a frame is due; return the seconds until the next call."""
        with self._lock:
            pause = self._collector.poll()
        began = time.monotonic()
        if began >= self._next_frame:
            busy = time.thread_time()
            self._show()
            self._next_frame = began + max(FRAME, (time.thread_time() - busy) / SHARE)
        return pause

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the figure to a file: PNG, SVG or PDF, by the path's suffix.

        Raises ImportError without matplotlib, OSError, and what matplotlib raises for the path.
        """
        self.figure.savefig(path, dpi=200)

    def __repr__(self) -> str:
        drawn = [curve.name for curve in self._collector.curves]
        drawn += [newest.name for newest in self._collector.newest]
        names = ", ".join(map(repr, drawn))
        state = "running; .stop() ends it" if self.running else "stopped"
        return f"<Plot of {names or 'no topic yet'}, {state}>"
