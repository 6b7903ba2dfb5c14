"""plot(): a live plot of topics, in a notebook's cell or in a window of matplotlib."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from .._extras import import_extra
from .cell import CellPlot
from .collector import Collector
from .live import Plot
from .window import WindowPlot


def plot(
    *topics: Any,
    seconds: float = 10.0,
    trust: int | str | Iterable[int | str] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> Plot:
    """Plot topics live: in the notebook's cell, without blocking the kernel, or in a window.

    It follows topics of any type, existing and future ones, across restarts of their publishers,
    and does not slow these down. Numbers are curves over time, a record's number fields too, and
    the elements of an array of up to 8; bools are steps; NaN and infinities are gaps. Of longer
    arrays of one axis, pictures and point clouds the newest value is drawn. Running the cell
    again stops its earlier plot. Outside a notebook it opens a window of matplotlib and returns
    when that is closed, or at once if matplotlib is interactive.

    Args:
        topics: Names, shell patterns of names such as "robot/*", parts of values such as "imu.ax"
            and "arm.position[3]", or Subscribers, from whose stream it takes nothing.
        seconds: The length of the time axis, 0.001 to 1,000,000 seconds.
        trust: Whose topics are shown, as for Subscriber; a Subscriber has its own.
        directory: The directory of names and patterns, as for Subscriber; a Subscriber has its own.

    Returns:
        A plot with stop(), running, figure (a matplotlib Figure of what it shows) and save(path).

    Raises:
        TopicTypeError: No topics, or an argument of a wrong type (a TypeError).
        TopicValueError: An impossible name, seconds, trust or directory (a ValueError).
        ImportError: Outside a notebook, without matplotlib.
        RuntimeError: Outside a notebook, if matplotlib cannot open a window.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        return CellPlot(Collector(topics, seconds, trust, directory), topics, shell)
    pyplot = import_extra("matplotlib.pyplot")
    return WindowPlot(Collector(topics, seconds, trust, directory), pyplot)
