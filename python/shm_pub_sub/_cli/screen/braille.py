"""Curves in a terminal: braille with 2 times 4 dots per character, or ASCII.

Each topic has its own panel and scale, so no colours are needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from shm_pub_sub._plot.collector import Collector
from shm_pub_sub._plot.curve import Curve, label
from shm_pub_sub._plot.newest import Newest
from shm_pub_sub._svg import bounds, scale
from shm_pub_sub._text import number, printable

LEAST = 3
"""Minimum height of a panel's curve, in lines."""

AXIS = 12
"""Columns for the numbers at the left."""

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by line and column of the dot
_EMPTY = 0x2800


def picture(
    collector: Collector, now: tuple[int, str], columns: int, lines: int, ascii_only: bool
) -> list[str]:
    """Return the curves as text of at most `columns` times `lines`.

    now: The time of the right edge, in ns and as text, as of Collector.now().
    """
    drawn: list[Curve | Newest] = [*collector.curves, *collector.newest]
    free = max((lines - 2) // (LEAST + 1), 1)
    shown, more = drawn[:free], len(drawn[free:]) + collector.more
    height = max((lines - 2 - bool(more)) // max(len(shown), 1) - 1, LEAST)
    width = max(columns - AXIS - 2, 10)
    text: list[str] = []
    for each in shown:
        if isinstance(each, Newest):
            text += _over_index(each, now[0], width, height, ascii_only)
        else:
            window = round(collector.seconds * 1e9)
            text += _panel(each, now[0], window, width, height, ascii_only)
    if more:
        text.append(f"{more} more; a taller terminal shows them")
    if not collector.curves and collector.newest:
        text.append(" " * (AXIS + 2) + now[1].rjust(width))
        return [line[:columns].rstrip() for line in text]
    left, right = f"-{collector.seconds:g} s", now[1]
    if len(left) + len(right) >= width:
        right = right.split()[1]  # without date and zone
    text.append(" " * (AXIS + 2) + left + right.rjust(width - len(left)))
    return [line[:columns].rstrip() for line in text]


def _panel(
    curve: Curve, now: int, window: int, width: int, height: int, ascii_only: bool
) -> Iterator[str]:
    """Yield a line with the topic's name and the lines of its curve."""
    points = curve.points(now)
    low, high = bounds(value for at, value in points if at >= now - window)
    if curve.type is bool:
        low, high = 0.0, 1.0
    dots = Dots(width, height)
    across, y_of = (2 * width - 1) / window, scale(low, high, 0, 4 * height - 1)
    # A fast topic has many values per column of dots: their span is drawn once.
    column = _Column(dots)
    for at, value in points:
        if value != value:
            column.end()
        else:
            x, y = round((at - now + window) * across), round(y_of(value))
            column.go_to(x, y, stepwise=curve.type is bool)
    column.end()
    top, bottom = ("True", "False") if curve.type is bool else (_short(high), _short(low))
    yield from _framed(_heading(label(curve, now), curve.error), dots, top, bottom, ascii_only)


def _over_index(
    newest: Newest, now: int, width: int, height: int, ascii_only: bool
) -> Iterator[str]:
    """Yield a line with the name of an array and the lines of its curve over the index."""
    points = newest.shown.points if newest.shown else ()
    low, high = bounds(points)
    dots, y_of = Dots(width, height), scale(low, high, 0, 4 * height - 1)
    column, across = _Column(dots), (2 * width - 1) / max(len(points) - 1, 1)
    for n, value in enumerate(points):
        if value != value:
            column.end()
        else:
            column.go_to(round(n * across), round(y_of(value)), stepwise=False)
    column.end()
    heading = _heading(newest.label(now), newest.error)
    yield from _framed(heading, dots, _short(high), _short(low), ascii_only)


def _heading(text: str, error: Exception | None) -> str:
    # The error is cut off at the width; stderr has all of it.
    return text + (f": {printable(str(error))}" if error else "")


def _framed(heading: str, dots: Dots, top: str, bottom: str, ascii_only: bool) -> Iterator[str]:
    """Yield the heading, and the dots beside the numbers of their axis."""
    yield heading
    frame = "|" if ascii_only else "┤"
    lines = dots.ascii() if ascii_only else dots.braille()
    for n, line in enumerate(lines):
        mark = top if n == 0 else bottom if n == len(lines) - 1 else ""
        yield f"{mark:>{AXIS}} {frame if mark else frame.replace('┤', '│')}{line}"


def _short(value: float) -> str:
    text = number(value)
    return text if len(text) <= AXIS else f"{value:.3g}"


class _Column:
    """The column that a curve is drawing, and the heights it spans there."""

    def __init__(self, dots: Dots) -> None:
        self._dots = dots
        self._down = False
        self._x = self._y = self._low = self._high = 0

    def go_to(self, x: int, y: int, stepwise: bool) -> None:
        """Draw to a dot; stepwise: horizontally, then vertically."""
        if self._down and x == self._x:
            self._low, self._high = min(self._low, y), max(self._high, y)
        else:
            turn = y
            if self._down:
                self.end()
                turn = self._y if stepwise else y
                self._dots.line((self._x, self._y), (x, turn))
            self._low, self._high = min(turn, y), max(turn, y)
        self._down, self._x, self._y = True, x, y

    def end(self) -> None:
        """Draw the span and lift the pen."""
        if self._down:
            self._dots.line((self._x, self._low), (self._x, self._high))
        self._down = False


class Dots:
    """A canvas of characters with 2 times 4 dots each."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._cells = [[0] * width for _ in range(height)]

    def line(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Draw a straight line between two dots, counted from the top left."""
        (x, y), (to_x, to_y) = start, end
        if to_x < 0:
            return
        if x < -1:  # clip a start that is far to the left
            x, y = -1, to_y + round((y - to_y) * ((to_x + 1) / (to_x - x)))
        y, to_y = (min(max(each, -1), 4 * self._height) for each in (y, to_y))
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps + 1):
            self._dot(x + round((to_x - x) * step / steps), y + round((to_y - y) * step / steps))

    def _dot(self, x: int, y: int) -> None:
        if 0 <= x < 2 * self._width and 0 <= y < 4 * self._height:
            self._cells[y // 4][x // 2] |= _BITS[y % 4][x % 2]

    def braille(self) -> list[str]:
        return ["".join(chr(_EMPTY + cell) if cell else " " for cell in row) for row in self._cells]

    def ascii(self) -> list[str]:
        """Return the lines in ASCII; characters distinguish their upper and lower half."""
        upper, lower = 0x01 | 0x08 | 0x02 | 0x10, 0x04 | 0x20 | 0x40 | 0x80
        signs = " '.:"
        return [
            "".join(signs[bool(cell & upper) + 2 * bool(cell & lower)] for cell in row)
            for row in self._cells
        ]
