"""`plot`: live curves in the terminal, one plot of them, or a file."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import time
from collections.abc import Callable

from shm_pub_sub import TopicTypeError
from shm_pub_sub._left_out import LeftOut
from shm_pub_sub._plot.collector import MOST_CURVES, Collector, check_seconds
from shm_pub_sub._rate import Deadlines
from shm_pub_sub._text import counted
from shm_pub_sub._topics import names

from ..arguments import add_option
from ..output import (
    EXIT_FAILURE,
    EXIT_TIMEOUT,
    EXIT_USAGE,
    Control,
    draw,
    exit_code,
    log,
    print_json,
    put,
    report,
)
from ..screen.braille import picture
from ..topics import WAITS, add_topics

FRAME = 0.1
"""Seconds between redraws."""

# The alternate screen, without a cursor.
_ENTER, _LEAVE = Control("\033[?1049h\033[?25l"), Control("\033[?25h\033[?1049l")
_HOME, _LINE_END, _SCREEN_END = Control("\033[H"), Control("\033[K\n"), Control("\033[J")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, f", or parts of values such as imu.ax{WAITS}")
    parser.add_argument(
        "-w",
        "--window",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how much of the past to show (default: 10)",
    )
    add_option(
        parser,
        "duration",
        "exit after SECONDS (default: until Ctrl-C; with --once or -o, the value of --window)",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="print one plot and exit (default when stdout is not a terminal)",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write the plot to a .png, .svg or .pdf file"
    )


def run(options: argparse.Namespace) -> int:
    """Plot; return 3 if no value arrived."""
    drawing = None
    names(patterns=options.topics)  # raises OpenError if the directory cannot be read
    has_pictures = options.output is not None
    collector = Collector(
        options.topics, options.window, exclude=options.exclude, pictures=has_pictures
    )
    collector.poll()
    if broken := [curve for curve in collector.curves if curve.error and not curve.by_pattern]:
        for curve in broken:
            log(f"{curve.error}")
        collector.close()
        is_other_type = all(isinstance(curve.error, TopicTypeError) for curve in broken)
        return EXIT_USAGE if is_other_type else EXIT_FAILURE
    if options.output is not None:
        try:
            from shm_pub_sub._plot.figure import Drawing

            drawing = Drawing(collector)
            drawing.check(options.output)
        except (ImportError, ValueError) as error:
            log(f"plot: {error}")
            return EXIT_FAILURE
    live = not (options.once or drawing or options.format == "json") and sys.stdout.isatty()
    duration = options.duration or (math.inf if live else options.window)
    try:
        if live:
            _live(collector, duration)
        else:
            if sys.stderr.isatty():
                log(f"plot: collecting for {duration:g} s")
            _collect(collector, duration)
        left_out = _left_out(collector)
        collector.refresh()
        has_value = any(curve.has_value for curve in collector.curves)
        has_value |= any(each.has_value for each in collector.newest)
        if duration < math.inf and not has_value:
            asked = " or ".join(map(repr, options.topics))
            log(f"plot: no value of {asked} arrived within {duration:g} s; is it published?")
            return exit_code(left_out) or EXIT_TIMEOUT
        if options.format == "json":
            _print_points(collector)
        elif drawing is None:
            put(*_picture(collector))
        if drawing is not None:
            drawing.draw()
            drawing.figure.savefig(options.output, dpi=200)
    finally:
        collector.close()
    return exit_code(left_out)


def _left_out(collector: Collector) -> LeftOut:
    """Report the topics that cannot be read."""
    left_out = LeftOut(curve.name for curve in collector.curves if not curve.by_pattern)
    for curve in collector.curves:
        if curve.error is not None:
            left_out.add(curve.name, curve.error)
    report(left_out)
    if collector.more:
        more = counted(collector.more, "curve")
        log(f"{more} more match; at most {MOST_CURVES} are drawn: select topics or their parts")
    return left_out


def _seconds(text: str) -> float:
    try:
        return check_seconds(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _collect(collector: Collector, duration: float, each: Callable[[], None] | None = None) -> None:
    """Collect for `duration` seconds; call `each` every FRAME."""
    until, frames = time.monotonic() + duration, Deadlines(period=FRAME)
    while time.monotonic() < until:
        pause = collector.poll()
        if each is not None and not frames.left():
            each()
            frames.advance()
        time.sleep(max(min(pause, until - time.monotonic()), 0))


def _live(collector: Collector, duration: float) -> None:
    """Draw on the terminal's alternate screen until Ctrl-C."""

    def show() -> None:
        lines = [part for line in _picture(collector) for part in (line, _LINE_END)]
        draw(_HOME, *lines, _SCREEN_END)

    draw(_ENTER)
    try:
        _collect(collector, duration, show)
    except KeyboardInterrupt:
        pass  # the usual end
    finally:
        draw(_LEAVE)


def _picture(collector: Collector) -> list[str]:
    collector.refresh()
    columns, lines = shutil.get_terminal_size()
    encoding = sys.stdout.encoding or "ascii"
    try:
        "⣿┤│".encode(encoding)
    except UnicodeEncodeError:
        text = picture(collector, collector.now(), columns, lines - 1, ascii_only=True)
        return [line.encode(encoding, "backslashreplace").decode(encoding) for line in text]
    return picture(collector, collector.now(), columns, lines - 1, ascii_only=False)


def _print_points(collector: Collector) -> None:
    """Print an object per curve: its points as pairs of seconds before now and value.

    A curve over an index has its elements, of many the extremes.
    """
    now = time.monotonic_ns()
    for curve in collector.curves:
        points = [((at - now) / 1e9, value) for at, value in curve.points(now)]
        kind = curve.type.__name__ if curve.type else None
        print_json({"name": curve.name, "type": kind, "lost": curve.lost, "points": points})
    for newest in collector.newest:
        elements = newest.shown.points if newest.shown else ()
        print_json({"name": newest.name, "count": newest.count, "elements": elements})
