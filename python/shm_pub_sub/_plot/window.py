"""A live plot in a window of matplotlib."""

from __future__ import annotations

from typing import Any

from .._extras import import_extra
from .collector import Collector
from .figure import Drawing
from .live import Plot


class WindowPlot(Plot):
    """In a window of matplotlib, updated by its timer."""

    def __init__(self, collector: Collector, pyplot: Any) -> None:
        super().__init__(collector)
        self._pyplot = pyplot
        self._figure = pyplot.figure(figsize=(9, 4.5))
        no_window = import_extra("matplotlib.backend_bases").FigureManagerBase
        if type(self._figure.canvas.manager) is no_window:
            pyplot.close(self._figure)
            raise RuntimeError(
                "plot: found neither a notebook nor a window: matplotlib's backend is "
                f"{pyplot.get_backend()!r}; use `shm-pub-sub plot TOPIC` in a terminal, "
                "with -o FILE for a picture"
            )
        self._drawing = Drawing(self._collector, self._figure)
        self._timer = self._figure.canvas.new_timer(interval=20)
        self._timer.add_callback(self._tick)
        self._figure.canvas.mpl_connect("close_event", lambda _: self._end())
        self._running = True
        self._timer.start()
        self._update()
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

    def _tick(self) -> None:
        if self._running:  # a stopped timer may fire once more
            self._update()

    def _show(self) -> None:
        self._drawing.draw()
        self._figure.canvas.draw_idle()
