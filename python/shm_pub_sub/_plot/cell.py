"""A live plot in a notebook's cell."""

from __future__ import annotations

import atexit
import contextvars
import os
import threading
from html import escape
from typing import Any

from .._extras import import_extra
from .chart import chart
from .collector import Collector
from .live import Plot

_plots: list[CellPlot] = []
"""The plots that run in cells of this process's notebook."""

_hooked = False


class CellPlot(Plot):
    """In a notebook's cell: HTML that a thread updates, whatever the kernel does meanwhile.

    It needs a display handle only, so every front end shows it. The last picture is saved with the
    notebook. It is SVG: matplotlib would take a hundred times as much of the kernel's time and GIL.
    """

    def __init__(self, collector: Collector, topics: tuple[Any, ...], shell: Any) -> None:
        super().__init__(collector)
        self.cell, self.execution = _running_cell(shell)
        self.asked = tuple(getattr(topic, "name", topic) for topic in topics)
        _stop_earlier(self.cell, self.execution, self.asked)
        self._stop = threading.Event()
        # In this cell's context, output goes to this cell even if another one runs.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="shm_pub_sub.plot", daemon=True
        )
        self._handle = import_extra("IPython.display").DisplayHandle()
        self._collector.poll()  # the first picture has the topics that exist
        self._handle.display(self._picture(), raw=True)
        _register(self, shell)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and not self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
            # Once more, from this cell: nbclient drops what the plot's own cell sends later.
            self._handle.update(self._picture(live=False), raw=True)

    def _run(self) -> None:
        pause = 0.0
        try:
            while not self._stop.wait(pause):
                pause = self._update()
        finally:
            self._stop.set()
            with self._lock:
                self._collector.close()
            _plots.remove(self)
            self._handle.update(self._picture(live=False), raw=True)

    def _show(self) -> None:
        self._handle.update(self._picture(), raw=True)

    def _picture(self, live: bool = True) -> dict[str, str]:
        with self._lock:
            try:
                html = chart(self._collector, live)
            except Exception as error:  # shown in the cell; the thread goes on
                state = "" if live else " (stopped)"
                html = f"<pre>{escape(f'cannot draw: {error!r}{state}')}</pre>"
            return {"text/html": html, "text/plain": f"{self!r} at {self._collector.now()[1]}"}


def _running_cell(shell: Any) -> tuple[str | None, str]:
    """Return the ids of the cell, if the front end sends one, and of this run of it."""
    message = shell.get_parent()
    return message.get("metadata", {}).get("cellId"), message.get("header", {}).get("msg_id", "")


def _stop_earlier(cell: str | None, execution: str, asked: tuple[Any, ...] | None = None) -> None:
    """Stop the plots of earlier runs of the cell; if it has no id, those of the same topics."""
    for plot in [*_plots]:
        same = plot.cell == cell and (cell is not None or plot.asked == asked)
        if same and plot.execution != execution:
            plot.stop()


def _register(plot: CellPlot, shell: Any) -> None:
    """Register a running plot, to be stopped with its cell or with the process."""
    global _hooked
    _plots.append(plot)
    hooked, _hooked = _hooked, True
    if not hooked:
        atexit.register(_stop_all)
        os.register_at_fork(after_in_child=_forget_all)
        # The cell may have been edited, and plot nothing when it runs again.
        shell.events.register("pre_run_cell", lambda _: _stop_earlier(*_running_cell(shell)))


def _stop_all() -> None:
    for plot in [*_plots]:
        plot.stop()


def _forget_all() -> None:
    """In a forked child, drop the parent's plots, whose threads are not here."""
    for plot in _plots:
        plot._lock = threading.Lock()
    _plots.clear()
