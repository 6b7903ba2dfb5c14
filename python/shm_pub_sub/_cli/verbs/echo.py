"""`echo`: every value of topics, or the newest at intervals."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from shm_pub_sub import Sample, TopicTypeError
from shm_pub_sub._brief import brief
from shm_pub_sub._filter import Filter, FilterError
from shm_pub_sub._followed import Topic
from shm_pub_sub._paths import Selected
from shm_pub_sub._rate import Deadlines
from shm_pub_sub._text import counted

from ..arguments import add_option
from ..following import Following, Taken
from ..lines import Lines, Objects, Rows, Table
from ..output import EXIT_TIMEOUT, EXIT_USAGE, exit_code, log, write
from ..parts import Parts
from ..topics import PARTS, WAITS, add_topics

NEWS_OF_LOSSES = 1.0
"""Seconds between reports of lost values."""

FIRST_VALUE = 0.02
"""Seconds between looks for the first value with --interval."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, WAITS, PARTS)
    parser.add_argument(
        "--filter",
        metavar="EXPR",
        action="append",
        type=_filter,
        default=[],
        help="only values of which EXPR is true, such as 'ax > 3 and status == \"ok\"'; `value` is "
        "the value itself; may be repeated",
    )
    add_option(
        parser,
        "interval",
        "print the newest value at most every SECONDS (default: print every value)",
    )
    count = parser.add_mutually_exclusive_group()
    count.add_argument(
        "--once",
        action="store_const",
        const=1,
        dest="count",
        help="print one value of each topic and exit: the newest if there is one",
    )
    add_option(count, "count", "exit after N values of each topic")
    add_option(
        parser, "timeout", "exit after SECONDS without a value (code 3 if fewer than requested)"
    )
    parser.add_argument("-T", "--time", action="store_true", help="print the times of values")
    parser.add_argument(
        "--csv",
        action="store_true",
        help="a table: time, topic, sequence and a column for each field",
    )


def _filter(text: str) -> Filter:
    try:
        return Filter(text)
    except FilterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(options: argparse.Namespace) -> int:
    if options.csv and options.format == "json":
        log("found --csv and --format json; expected one of them")
        return EXIT_USAGE
    selected = Selected(options.topics, exclude=options.exclude)
    parts = Parts(selected, options.filter, options.csv)
    try:
        follower = Following(selected, history=1, ends=True, glance=brief, accept=parts.accept)
    except TopicTypeError as error:
        log(f"{error}")
        return EXIT_USAGE
    with follower:
        losses, echo = Losses(follower), _Echo(follower, parts, options)
        try:
            batches = (
                _newest(follower, options.interval)
                if options.interval
                else _each(follower, losses, echo.left)
            )
            return echo.print(batches)
        finally:
            if not options.interval:
                losses.report_total()


def _each(follower: Following, losses: Losses, left: Callable[[], float | None]) -> Iterator[Taken]:
    """Yield values as they come, and nothing if none comes in the time that is left."""
    while True:
        yield follower.take(left())
        losses.report()


def _newest(follower: Following, interval: float) -> Iterator[Taken]:
    """Yield the newest values at intervals, and nothing meanwhile."""
    shown: dict[str, tuple[int, int]] = {}
    deadlines = Deadlines(period=interval)
    while True:
        batch: Taken = []
        for topic in follower.look():
            sample = topic.newest()
            if sample is not None and shown.get(topic.name) != (sample.sequence, sample.time_ns):
                shown[topic.name] = (sample.sequence, sample.time_ns)
                follower.note_alive(topic)
                batch.append((topic, [sample]))
        follower.log_ends(taken=False)
        yield batch
        if shown:
            deadlines.wait()
        else:
            time.sleep(FIRST_VALUE)


class _Echo:
    """Prints what passes, until the options end it."""

    def __init__(self, follower: Following, parts: Parts, options: argparse.Namespace) -> None:
        self._follower, self._parts = follower, parts
        self._count: int | None = options.count
        self._timeout: float | None = options.timeout
        self._printed: dict[str, int] = {}
        self._last = time.monotonic()
        paths, several = parts.paths, follower.several
        self._lines: Lines
        if options.csv:
            self._lines = Table(parts.begin_table, parts.column_names)
        elif options.format == "json":
            self._lines = Objects(paths, several, options.time)
        else:
            self._lines = Lines(paths, several, options.time)

    def left(self) -> float | None:
        """Return the seconds until the timeout."""
        if self._timeout is None:
            return None
        return max(0.0, self._last + self._timeout - time.monotonic())

    def print(self, batches: Iterator[Taken]) -> int:
        """Print batches until `count` values of every topic are printed."""
        for batch in batches:
            taken = [(topic, self._passed(topic, samples)) for topic, samples in batch]
            if any(samples for _, samples in taken):
                self._write(taken)
                self._last = time.monotonic()
            elif self.left() == 0:
                too_early = self._count is not None or not self._printed
                return EXIT_TIMEOUT if too_early else exit_code(self._follower.left_out)
            if self._count is not None and self._is_complete(self._count):
                break
        return exit_code(self._follower.left_out)

    def _passed(self, topic: Topic, samples: list[Sample[Any]]) -> list[Sample[Any]]:
        """Return the samples that pass the filters, up to the count."""
        if topic.glance is None:
            samples = self._parts.passed(topic.name, samples)
        elif topic.glance is not brief:
            samples = [sample for sample in samples if sample.value is not None]
        before = self._printed.get(topic.name, 0)
        if self._count is not None:
            del samples[max(0, self._count - before) :]
        if samples:
            self._printed[topic.name] = before + len(samples)
        return samples

    def _write(self, taken: Taken) -> None:
        if len(taken) == 1:
            ((topic, samples),) = taken
            self._write_rows(_is_whole(topic), [(topic.name, sample) for sample in samples])
            return
        rows = [(_is_whole(topic), topic.name, s) for topic, samples in taken for s in samples]
        rows.sort(key=lambda row: row[2].time_ns)
        for whole, group in groupby(rows, key=lambda row: row[0]):
            self._write_rows(whole, [(name, sample) for _, name, sample in group])

    def _write_rows(self, whole: bool, rows: Rows) -> None:
        write("".join(self._lines.wholes(rows) if whole else self._lines.parts(rows)))

    def _is_complete(self, count: int) -> bool:
        if not self._follower.complete:
            return False
        lacking = [t for t in self._follower.topics if self._printed.get(t.name, 0) < count]
        # A crashed publisher's topic that only a pattern matches gets no more values.
        return all(topic.by_pattern and not topic.alive for topic in lacking)


def _is_whole(topic: Topic) -> bool:
    """Report whether samples have whole values, and not tuples of parts."""
    return topic.glance is None or topic.glance is brief


class Losses:
    """Reports lost values on stderr."""

    def __init__(self, follower: Following) -> None:
        self._follower = follower
        self._reported = 0
        self._next = 0.0

    def report(self) -> None:
        """Report new losses, at most once per second."""
        lost = sum(topic.lost for topic in self._follower.topics)
        now = time.monotonic()
        if lost > self._reported and now >= self._next:
            self._reported, self._next = lost, now + NEWS_OF_LOSSES
            self._print("so far")

    def report_total(self) -> None:
        self._print("in total; a larger buffer_num keeps more")

    def _print(self, which: str) -> None:
        for topic in self._follower.topics:
            if topic.lost:
                log(f"{topic.name}: lost {counted(topic.lost, 'value')} {which}")
