"""`echo`: every value of topics, or the newest at intervals."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shm_pub_sub import Sample
from shm_pub_sub._brief import Brief, brief
from shm_pub_sub._rate import Deadlines
from shm_pub_sub._text import counted, printable

from ..arguments import add_option
from ..following import Following, Taken
from ..output import EXIT_TIMEOUT, EXIT_USAGE, exit_code, json_value, log, put, write
from ..topics import WAITS, add_topics, selection

_Values = list[tuple[str, Sample[Any]]]
_Format = Callable[[_Values], list[str]]


NEWS_OF_LOSSES = 1.0
"""Seconds between reports of lost values."""

FIRST_VALUE = 0.02
"""Seconds between looks for the first value with --interval."""

NOT_AS_PYTHON = {
    repr(value): json.dumps(json_value(value))
    for value in (True, False, math.nan, math.inf, -math.inf)
}
"""JSON text of values that Python prints otherwise: json.dumps() takes five times as long."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, WAITS)
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
    parser.add_argument("-T", "--time", action="store_true", help="print the time of publication")
    parser.add_argument("--csv", action="store_true", help="CSV: time, topic, sequence, value")


def run(options: argparse.Namespace) -> int:
    if options.csv and options.format == "json":
        log("found --csv and --format json; expected one of them")
        return EXIT_USAGE
    if options.csv:
        put("time,topic,sequence,value", flush=True)
    with Following(selection(options), history=1, ends=True, glance=brief) as follower:
        losses = Losses(follower)
        try:
            # An empty batch means that the timeout has passed.
            batches = (
                _newest(follower, options)
                if options.interval
                else _each(follower, losses, options.timeout)
            )
            return _print(batches, follower, _formatter(options, follower.several), options.count)
        finally:
            if not options.interval:
                losses.report_total()


def _each(follower: Following, losses: Losses, timeout: float | None) -> Iterator[Taken]:
    while True:
        yield follower.take(timeout)
        losses.report()


def _newest(follower: Following, options: argparse.Namespace) -> Iterator[Taken]:
    shown: dict[str, tuple[int, int]] = {}
    last, deadlines = time.monotonic(), Deadlines(period=options.interval)
    while True:
        batch: Taken = []
        for topic in follower.look():
            sample = topic.newest()
            if sample is not None and shown.get(topic.name) != (sample.sequence, sample.time_ns):
                shown[topic.name] = (sample.sequence, sample.time_ns)
                follower.note_alive(topic)
                batch.append((topic, [sample]))
        follower.log_ends(taken=False)
        now = time.monotonic()
        if batch:
            last = now
        if batch or (options.timeout is not None and now - last >= options.timeout):
            yield batch
        if shown:
            deadlines.wait()
        else:
            time.sleep(FIRST_VALUE)


def _print(batches: Iterable[Taken], follower: Following, lines: _Format, count: int | None) -> int:
    """Print batches until `count` values of every topic are printed."""
    printed: dict[str, int] = {}
    for batch in batches:
        if not batch:
            too_early = count is not None or not printed
            return EXIT_TIMEOUT if too_early else exit_code(follower.left_out)
        for topic, samples in batch:
            before = printed.get(topic.name, 0)
            if count is not None:
                del samples[count - before :]
            printed[topic.name] = before + len(samples)
        values = [(topic.name, sample) for topic, samples in batch for sample in samples]
        if len(batch) > 1:
            values.sort(key=lambda named: named[1].time_ns)
        write("".join(lines(values)))
        if count is not None and follower.complete:
            lacking = [t for t in follower.topics if printed.get(t.name, 0) < count]
            # A crashed publisher's topic that only a pattern matches gets no more values.
            if all(topic.by_pattern and not topic.alive for topic in lacking):
                break
    return exit_code(follower.left_out)


def _formatter(options: argparse.Namespace, several: bool) -> _Format:
    """Return the function that formats values, at well over 100,000 per second."""
    clock = WallClock()

    def rows(values: _Values) -> list[str]:
        offset = clock.offset()
        cells = {name: _cell(name) for name in {name for name, _ in values}}
        return [
            f"{seconds(time_ns + offset)},{cells[name]},{sequence},"
            f"{_cell(str(value)) if type(value) is Brief else value}\n"
            for name, (value, sequence, time_ns, _) in values
        ]

    def objects(values: _Values) -> list[str]:
        offset = clock.offset()
        quoted = {name: json.dumps(name) for name in {name for name, _ in values}}
        return [
            f'{{"topic": {quoted[name]}, "sequence": {sequence}, "time_ns": {time_ns}, '
            f'"time": {seconds(time_ns + offset)}, "value": {_json(value)}}}\n'
            for name, (value, sequence, time_ns, _) in values
        ]

    def lines(values: _Values) -> list[str]:
        offset = clock.offset()
        labels = {name: f"{printable(name)}: " if several else "" for name, _ in values}
        return [
            (f"[{seconds(time_ns + offset)}] " if options.time else "") + f"{labels[name]}{value}\n"
            for name, (value, _, time_ns, _) in values
        ]

    if options.csv:
        return rows
    return objects if options.format == "json" else lines


def _json(value: Any) -> str:
    if type(value) is Brief:
        return json.dumps(json_value(value))
    text = repr(value)
    return NOT_AS_PYTHON.get(text, text)


def _cell(name: str) -> str:
    """Return text as a CSV cell: newlines stay, other unprintable characters are escapes."""
    cell = io.StringIO()
    # The writer quotes cells that contain its line terminator.
    csv.writer(cell, lineterminator="\n").writerow(["\n".join(map(printable, name.split("\n")))])
    return cell.getvalue()[:-1]


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


class WallClock:
    """The offset from CLOCK_MONOTONIC to the time since 1970."""

    def __init__(self) -> None:
        self._offset = 0

    def offset(self) -> int:
        """Return ns to add to CLOCK_MONOTONIC, constant until the clock is set.

        Measuring it each time would give every batch another error.
        """
        offset = time.time_ns() - time.monotonic_ns()
        if abs(offset - self._offset) > 1_000_000:
            self._offset = offset
        return self._offset


def seconds(ns: int) -> str:
    """Return ns since 1970 as seconds with all digits."""
    digits = str(ns)
    return f"{digits[:-9]}.{digits[-9:]}"
