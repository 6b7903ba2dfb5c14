"""Curves as a matplotlib figure, made without pyplot: nothing has to be closed."""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any

from .._extras import import_extra
from .chart import FEW
from .collector import Collector
from .curve import Curve, label, shared_unit, title
from .newest import Newest

WIDTH, HEIGHT = 7.5, 3.2
"""Inches of 100 pixels: of a figure of curves over time."""

LINE, BELOW = 0.225, 0.5
"""Inches: of a line of the legend, and below curves, for the labels of their axis."""

PICTURE, CURVE, ABOVE = 3.6, 1.2, 0.45
"""Inches: of a picture, of a curve over its index, and above each."""


class Drawing:
    """A collector's curves in a figure: numbers, and below them a strip of bools."""

    def __init__(self, collector: Collector, figure: Any = None) -> None:
        if figure is None:
            figure = import_extra("matplotlib.figure").Figure((WIDTH, HEIGHT), dpi=100)
            import_extra("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
            self._is_own = True
        else:
            self._is_own = False
        self.figure = figure
        self._collector = collector
        self._shown: list[tuple[object, ...]] = []
        self._newest_axes: list[Any] = []
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
        self._collector.refresh()
        now, clock = self._collector.now()
        curves, newest = self._collector.curves, self._collector.newest
        shown = [*map(_layout, curves), *map(_layout, newest)]
        if not (self._axes or self._newest_axes) or self._shown != shown:
            self._shown = shown
            self._lay_out(curves, newest)
        for curve, line in zip(curves, self._lines, strict=True):
            points = curve.points(now)
            line.set_data([(at - now) / 1e9 for at, _ in points], [value for _, value in points])
            line.set_marker("." if len(points) <= FEW and curve.type is not bool else "")
        for curve, text in zip(curves, self._labels, strict=True):
            text.set_text(label(curve, now))
        for axes in self._axes:
            axes.relim(visible_only=True)
            axes.autoscale_view(scalex=False)
        if self._axes:
            self._axes[-1].set_xlabel(f"seconds before {clock}")
        for each, axes in zip(newest, self._newest_axes, strict=True):
            self._draw_newest(each, axes, now, clock)

    def _draw_newest(self, each: Newest, axes: Any, now: int, clock: str) -> None:
        axes.clear()
        text = "\n".join(filter(None, (title([each]), f"{each.label(now)}, at {clock}")))
        axes.set_title(text, fontsize="medium", loc="left").set_parse_math(False)
        shown = each.shown
        if each.is_picture:
            axes.set_axis_off()
        if each.is_picture and shown is not None and shown.data:
            pixels = import_extra("matplotlib.image").imread(BytesIO(shown.data), shown.format)
            axes.imshow(pixels, cmap="gray")
            axes.set_anchor("NW")
            note = axes.text(0, -0.02, shown.note, transform=axes.transAxes, va="top")
            note.set(fontsize="small", parse_math=False)
        elif shown is not None and not each.is_picture:
            last, count = max(each.count - 1, 0), len(shown.points)
            places = [n * last / max(count - 1, 1) for n in range(count)]
            axes.plot(places, shown.points, "C0", lw=1.4)
            axes.grid(alpha=0.3)
            axes.margins(x=0)

    def _lay_out(self, curves: list[Curve], newest: list[Newest]) -> None:
        """Make axes and lines: the topics have changed, or their types."""
        self.figure.clear()
        bools = [curve.type is bool for curve in curves]
        about = title(curves)
        heights = [PICTURE if each.is_picture else CURVE for each in newest]
        has_curves = bool(curves) or not newest
        above = LINE * (max(len(curves) + 1, 2) // 2 + bool(about)) + 0.06
        both = any(bools) and not all(bools)
        total = has_curves * HEIGHT + sum(heights) + len(newest) * (ABOVE + BELOW)
        if self._is_own or newest:
            self.figure.set_size_inches(self.figure.get_figwidth(), total)

        def add(top: float, height: float, share: Any = None) -> Any:
            """Add axes; top is their place from above."""
            place = (0.1, 1 - (top + height) / total, 0.88, height / total)
            return self.figure.add_axes(place, sharex=share)

        self._axes, top = [], 0.0
        if has_curves:
            free = HEIGHT - above - BELOW
            upper = lower = add(above, free * 0.79 if both else free)
            if both:
                lower = add(above + free * 0.81, free * 0.19, upper)
                upper.tick_params(labelbottom=False)
            self._axes, top = [upper] if upper is lower else [upper, lower], HEIGHT
            self._lay_out_curves(curves, bools, upper, lower, about)
        self._newest_axes = []
        for height in heights:
            self._newest_axes.append(add(top + ABOVE, height))
            top += ABOVE + height + BELOW

    def _lay_out_curves(
        self, curves: list[Curve], bools: list[bool], upper: Any, lower: Any, about: str
    ) -> None:
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
        unit = shared_unit(c for c in curves if c.type is not bool)
        for text in (upper.set_ylabel(unit), upper.set_title(about, fontsize="medium")):
            text.set_parse_math(False)
        self._labels = []
        if curves:
            # draw() fills in the names, literally: a $ or a leading underscore too.
            legend = self.figure.legend(
                self._lines, ["."] * len(curves), loc="upper left", ncols=2, frameon=False
            )
            self._labels = legend.get_texts()
            for text in self._labels:
                text.set_parse_math(False)


def _layout(drawn: Curve | Newest) -> tuple[object, ...]:
    """Return what makes draw() lay the figure out again."""
    kind = drawn.type if isinstance(drawn, Curve) else drawn.is_picture
    return drawn.name, kind, drawn.unit, drawn.description
