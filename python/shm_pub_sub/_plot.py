"""plot(): a live plot of topics, in a notebook's cell or in a window of matplotlib."""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from html import escape

from ._curves import Collector
from ._extras import need
from ._figure import Drawing
from ._svg import chart
from ._text import wall_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FRAME = 0.1
"""Seconds from one picture to the next, at least; a slow one makes the next come later."""

SHARE = 0.1
"""Of a processor, for drawing."""

_plots: list[CellPlot] = []
"""Those that are running in cells of this process's notebook."""

_hooked = False


class Plot(ABC):
    """A live plot. It runs until stop(), until its cell is run again, or until the process ends."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._lock = threading.Lock()  # of the collector

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it is being updated."""

    @property
    def figure(self) -> Any:
        """What it shows now as a new matplotlib Figure. Raises ImportError without matplotlib."""
        drawing = Drawing(self._collector)  # imports matplotlib, which takes long
        with self._lock:
            drawing.draw()
        return drawing.figure

    @abstractmethod
    def stop(self) -> None:
        """End the updates; in a notebook the last picture stays. Again: nothing."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what it shows now to a file: PNG, SVG, PDF, by the path's ending.

        Raises ImportError without matplotlib, OSError and what matplotlib raises for the path.
        """
        self.figure.savefig(path, dpi=200)

    def __repr__(self) -> str:
        names = ", ".join(repr(curve.name) for curve in self._collector.curves)
        state = "running; .stop() ends it" if self.running else "stopped"
        return f"<Plot of {names or 'no topic yet'}, {state}>"


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


class WindowPlot(Plot):
    """In a window of matplotlib, whose own timer brings it up to date."""

    def __init__(self, collector: Collector, pyplot: Any) -> None:
        super().__init__(collector)
        self._pyplot = pyplot
        self._figure = pyplot.figure(figsize=(9, 4.5))
        without_window = need("matplotlib.backend_bases").FigureManagerBase
        if type(self._figure.canvas.manager) is without_window:
            pyplot.close(self._figure)
            raise RuntimeError(
                "plot: found neither a notebook nor a window (matplotlib's backend is "
                f"{pyplot.get_backend()!r}); use `shm-pub-sub plot TOPIC` in a terminal, "
                "with -o FILE for a picture"
            )
        self._drawing = Drawing(self._collector, self._figure)
        self._due = 0.0
        self._timer = self._figure.canvas.new_timer(interval=20)
        self._timer.add_callback(self._turn)
        self._figure.canvas.mpl_connect("close_event", lambda _: self._end())
        self._running = True
        self._timer.start()
        self._turn()
        pyplot.show()

    @property
    def running(self) -> bool:
        return self._running

    def stop(self) -> None:
        if self._running:
            self._pyplot.close(self._figure)
            self._end()

    def _end(self) -> None:
        self._running = False
        self._timer.stop()
        self._collector.close()

    def _turn(self) -> None:
        if not self._running:
            return
        self._collector.poll()
        began = time.monotonic()
        if began >= self._due:
            self._drawing.draw()
            self._figure.canvas.draw_idle()
            self._due = began + max(FRAME, (time.monotonic() - began) / SHARE)


def plot(
    *topics: Any,
    seconds: float = 10.0,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> Plot:
    """Plot topics live: in the notebook's cell, without blocking the kernel, or in a window.

    It follows topics of any type that are there or will be, from one publisher to the next, and
    wakes no publisher. bools are steps; NaN and infinities are gaps. Running the cell again ends
    the plot that it had. Outside a notebook it opens a window of matplotlib and returns when that
    is closed, or at once where matplotlib is interactive.

    Args:
        topics: Names, shell patterns of names as "robot/*", or Subscribers, from whose stream
            nothing is taken.
        seconds: How much of the past is shown.
        trust: Whose topics are shown, as for Subscriber; a Subscriber's own counts for its topic.
        directory: Where names and patterns are looked up, as for Subscriber; a Subscriber has its
            own.

    Returns:
        A plot with stop(), running, figure (a matplotlib Figure of this moment) and save(path).

    Raises:
        TopicTypeError: No topics, or something else than text and Subscribers (a TypeError).
        TopicValueError: An impossible name, length, trust or directory (a ValueError).
        ImportError: Outside a notebook, without matplotlib.
        RuntimeError: Outside a notebook, where matplotlib has no window to show.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        return CellPlot(Collector(topics, seconds, trust, directory), topics, shell)
    pyplot = need("matplotlib.pyplot")
    return WindowPlot(Collector(topics, seconds, trust, directory), pyplot)


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
