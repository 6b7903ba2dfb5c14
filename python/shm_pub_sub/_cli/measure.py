"""Periodic reports for hz and delay, in the format of ros2 topic."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shm_pub_sub import Sample
from shm_pub_sub._followed import Topic
from shm_pub_sub._rate import Deadlines

from .arguments import add_option
from .following import Following
from .output import EXIT_TIMEOUT, Control, draw, exit_code, print_json
from .topics import WAITS, add_topics

Figures = Mapping[str, float | None]
MORE = "bytes_per_second"
"""A figure of hz alone; None of bool, int and float."""


class _Meter(Protocol):
    """Measures one topic."""

    def add(self, samples: list[Sample[Any]]) -> None:
        """Add values."""

    def figures(self) -> Figures | None:
        """Return the mean, min, max, std_dev and window, and what more there is; None if there are
        too few values."""


_OTHERS = ("min", "max", "std_dev", "window")
_SPREAD, _END = Control("\n\t"), Control("\n")

WINDOW = 10_000
"""Values, as in ros2 topic hz."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, WAITS)
    add_option(parser, "window", f"use the newest N values (default: {WINDOW})", WINDOW)
    add_option(parser, "interval", "time between reports (default: 1)", 1.0)
    add_option(parser, "count", "exit after N reports (code 3 if a topic is still missing)")
    add_option(parser, "timeout", "exit after SECONDS without a value (code 3 if none arrived)")


def measure(
    options: argparse.Namespace,
    follower: Following,
    new_meter: Callable[[Topic], _Meter],
    title: str,
) -> int:
    """Report the figures of topics until the options or Ctrl-C end it."""
    meters: dict[Topic, _Meter] = {}
    new: dict[Topic, int] = {}
    last_value, reports = time.monotonic(), 0
    deadlines = Deadlines(period=options.interval)
    deadlines.advance()
    while options.count is None or reports < options.count:
        for topic, samples in follower.take(deadlines.left()):
            meters.setdefault(topic, new_meter(topic)).add(samples)
            new[topic] = new.get(topic, 0) + len(samples)
            last_value = time.monotonic()
        now = time.monotonic()
        if options.timeout is not None and now - last_value >= options.timeout:
            return exit_code(follower.left_out) if meters else EXIT_TIMEOUT
        if deadlines.left():
            continue
        for topic in follower.topics:
            if topic.subscriber is not None:
                figures = meters[topic].figures() if topic in meters else None
                report = _print_record if options.format == "json" else _print_text
                report(topic, figures, new.get(topic, 0), follower.several, title)
        new.clear()
        reports += 1
        deadlines.advance()
    if not follower.complete:
        return EXIT_TIMEOUT  # a topic is missing
    return exit_code(follower.left_out)


def _print_text(topic: Topic, figures: Figures | None, new: int, several: bool, title: str) -> None:
    if figures is not None and new:
        figure, least, most, deviation, window = [figures[n] or 0.0 for n in (title, *_OTHERS)]
        mean = 1 / figure if title == "rate" else figure
        # As ros2 from 10 ms on; below that two digits of the mean.
        digits = max(3, 1 - math.floor(math.log10(mean))) if 0 < mean < math.inf else 3
        parts = [f"average {title}: {figure:.{3 if title == 'rate' else digits}f}"]
        if (amount := figures.get(MORE)) is not None:
            parts.append(f" {_per_second(amount)}")
        parts.append(_SPREAD)
        parts.append(
            f"min: {least:.{digits}f}s max: {most:.{digits}f}s "
            f"std dev: {deviation:.{digits + 2}f}s window: {window:.0f}"
        )
    elif not new:
        parts = ["no new messages"]
        if not topic.alive:
            parts.append(": no live publisher")
    else:
        return  # one value has no interval
    if topic.lost:
        parts.append(f" lost: {topic.lost}")
    draw(*[topic.name, _END] * several, *parts, _END)


def _per_second(nbytes: float) -> str:
    """Return an amount in the unit that shows it with three digits at least."""
    return f"{nbytes / 1e6:.3f} MB/s" if nbytes >= 1e5 else f"{nbytes / 1e3:.3f} kB/s"


def _print_record(
    topic: Topic, figures: Figures | None, new: int, several: bool, title: str
) -> None:
    nothing: Figures = dict.fromkeys((title, *_OTHERS)) | {"window": 0}
    more: Figures = {MORE: None} if title == "rate" else {}
    counts = {"new": new, "lost": topic.lost}
    print_json({"topic": topic.name, **nothing, **more, **(figures or {}), **counts})
