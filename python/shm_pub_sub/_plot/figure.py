"""Curves as a matplotlib figure, made without pyplot: nothing has to be closed."""

from __future__ import annotations

import os
from typing import Any

from .._extras import import_extra
from .chart import FEW
from .collector import Collector
from .curve import Curve, label, shared_unit, title

WIDTH, HEIGHT = 7.5, 3.2
"""Inches of 100 pixels."""


class Drawing:
    """A collector's curves in a figure: numbers, and below them a strip of bools."""

    def __init__(self, collector: Collector, figure: Any = None) -> None:
        if figure is None:
            figure = import_extra("matplotlib.figure").Figure((WIDTH, HEIGHT), dpi=100)
            import_extra("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
        self.figure = figure
        self._collector = collector
        self._shown: list[tuple[object, ...]] = []
        self._axes: list[Any] = []
        self._lines: list[Any] = []
        self._labels: list[Any] = []

    def check(self, path: str) -> None:
        """Raise ValueError for a suffix that is no picture's, OSError for a folder not writable."""
        known = self.figure.canvas.get_supported_filetypes()
        suffix = os.path.splitext(path)[1].removeprefix(".").lower()
        if suffix not in known:
            raise ValueError(f"write {path!r}: found {suffix!r}; expected {', '.join(known)}")
        folder = os.path.dirname(path) or "."
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OSError(f"write {path!r}: found no writable folder {folder!r}")

    def draw(self) -> None:
        """Update the figure; it is rendered when it is saved or shown."""
        now, clock = self._collector.now()
        curves = self._collector.curves
        if not self._axes or self._shown != [*map(_layout, curves)]:
            self._lay_out(curves)
        for curve, line in zip(curves, self._lines, strict=True):
            points = curve.points(now)
            line.set_data([(at - now) / 1e9 for at, _ in points], [value for _, value in points])
            line.set_marker("." if len(points) <= FEW and curve.type is not bool else "")
        for curve, text in zip(curves, self._labels, strict=True):
            text.set_text(label(curve, now))
        self._axes[-1].set_xlabel(f"seconds before {clock}")
        for axes in self._axes:
            axes.relim(visible_only=True)
            axes.autoscale_view(scalex=False)

    def _lay_out(self, curves: list[Curve]) -> None:
        """Make axes and lines: the topics have changed, or their types."""
        self._shown = [*map(_layout, curves)]
        self.figure.clear()
        bools = [curve.type is bool for curve in curves]
        if any(bools) and not all(bools):
            upper, lower = self.figure.subplots(2, sharex=True, height_ratios=[4, 1])
        else:
            upper = lower = self.figure.subplots()
        self._axes = [upper] if upper is lower else [upper, lower]
        self._lines = [
            (lower if is_bool else upper).plot(
                [], [], f"C{n % 10}", drawstyle="steps-post" if is_bool else "default", lw=1.4
            )[0]
            for n, is_bool in enumerate(bools)
        ]
        for axes in self._axes:
            axes.grid(alpha=0.3)
            axes.set_xlim(-self._collector.seconds, 0)
            axes.ticklabel_format(axis="both", useOffset=False)
        if any(bools):
            lower.set(ylim=(-0.15, 1.15), yticks=[0, 1], yticklabels=["False", "True"])
        unit, about = shared_unit(c for c in curves if c.type is not bool), title(curves)
        for text in (upper.set_ylabel(unit), upper.set_title(about, fontsize="medium")):
            text.set_parse_math(False)
        lines = max(len(curves) + 1, 2) // 2 + bool(about)
        self.figure.subplots_adjust(
            left=0.1, right=0.98, bottom=0.16, top=1 - 0.07 * lines - 0.02, hspace=0.12
        )
        self._labels = []
        if curves:
            # draw() fills in the names, literally: a $ or a leading underscore too.
            legend = self.figure.legend(
                self._lines, ["."] * len(curves), loc="upper left", ncols=2, frameon=False
            )
            self._labels = legend.get_texts()
            for text in self._labels:
                text.set_parse_math(False)


def _layout(curve: Curve) -> tuple[object, ...]:
    """Return what makes draw() lay the figure out again."""
    return curve.name, curve.type, curve.unit, curve.description
