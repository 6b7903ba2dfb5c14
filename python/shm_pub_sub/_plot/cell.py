"""A live plot in a notebook's cell."""

from __future__ import annotations

import atexit
import contextvars
import os
import threading
import time
from html import escape

from .._extras import need
from .._text import wall_time
from .chart import chart
from .live import FRAME, SHARE, Plot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .collector import Collector

_plots: list[CellPlot] = []
"""Those that are running in cells of this process's notebook."""

_hooked = False


class CellPlot(Plot):
    """In a notebook: HTML that a thread brings up to date, whatever the kernel does meanwhile.

    A display handle is all that needs, so every front end shows it, and the last picture is saved
    with the notebook, where it says by itself that it is not updated any more. It is SVG, as
    rendering with matplotlib would take a hundred times as much of the kernel's time and its GIL.
    """

    def __init__(self, collector: Collector, topics: tuple[Any, ...], shell: Any) -> None:
        super().__init__(collector)
        self.cell, self.execution = _running_cell(shell)
        self.asked = tuple(getattr(topic, "name", topic) for topic in topics)
        _end_earlier(self.cell, self.execution, self.asked)
        self._stop = threading.Event()
        # In the cell's context: output is the cell's, also when another one runs.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="shm_pub_sub.plot", daemon=True
        )
        self._handle = need("IPython.display").DisplayHandle()
        self._handle.display(self._picture(), raw=True)
        _keep(self, shell)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and not self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        due = pause = 0.0
        try:
            while not self._stop.wait(pause):
                with self._lock:
                    pause = self._collector.poll()
                began = time.monotonic()
                if began >= due:
                    self._handle.update(self._picture(), raw=True)
                    due = began + max(FRAME, (time.monotonic() - began) / SHARE)
        finally:
            self._stop.set()
            with self._lock:
                self._collector.close()
            _plots.remove(self)
            self._handle.update(self._picture(live=False), raw=True)

    def _picture(self, live: bool = True) -> dict[str, str]:
        with self._lock:
            try:
                html = chart(self._collector, live)
            except Exception as error:  # the thread goes on, and the cell says it once
                state = "" if live else " (stopped)"
                html = f"<pre>{escape(f'cannot draw: {error!r}{state}')}</pre>"
            return {"text/html": html, "text/plain": f"{self!r} at {wall_time()}"}


def _running_cell(shell: Any) -> tuple[str | None, str]:
    """Return the cell's identity, where the front end tells it, and that of this run of it."""
    message = shell.get_parent()
    return message.get("metadata", {}).get("cellId"), message.get("header", {}).get("msg_id", "")


def _end_earlier(cell: str | None, execution: str, asked: tuple[Any, ...] | None = None) -> None:
    """End the plots that earlier runs of the cell began.

    Where the front end does not tell which cell it is, those of the same topics.
    """
    for plot in [*_plots]:
        same = plot.cell == cell and (cell is not None or plot.asked == asked)
        if same and plot.execution != execution:
            plot.stop()


def _keep(plot: CellPlot, shell: Any) -> None:
    """Remember a plot that is running, and see to its end."""
    global _hooked
    _plots.append(plot)
    hooked, _hooked = _hooked, True
    if not hooked:
        atexit.register(_end_all)
        os.register_at_fork(after_in_child=_forget_all)
        # The cell may have no plot any more when it is run again.
        shell.events.register("pre_run_cell", lambda _: _end_earlier(*_running_cell(shell)))


def _end_all() -> None:
    for plot in [*_plots]:
        plot.stop()


def _forget_all() -> None:
    """Let go of the plots of this forked child's parent, whose threads are not here."""
    for plot in _plots:
        plot._lock = threading.Lock()
    _plots.clear()
