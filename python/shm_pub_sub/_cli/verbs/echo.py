"""`echo`: the values of topics, each as it comes or the newest at intervals."""

from __future__ import annotations

import csv
import io
import json
import math
import time

from shm_pub_sub._pace import Pace

from ..arguments import add_option
from ..following import Following
from ..output import EXIT_TIMEOUT, EXIT_USAGE, exit_code, json_value, log, printable, put, write
from ..topics import WAITS, add_topics

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from shm_pub_sub import Sample
    from shm_pub_sub._follow import Topic

    _Taken = list[tuple[Topic, list[Sample[Any]]]]
    _Values = list[tuple[str, Sample[Any]]]
    _Format = Callable[[_Values], list[str]]


NEWS_OF_LOSSES = 1.0
"""Seconds between remarks on lost values."""

FIRST_VALUE = 0.02
"""Seconds between looks for a first value with --interval."""

NOT_AS_PYTHON = {
    repr(value): json.dumps(json_value(value))
    for value in (True, False, math.nan, math.inf, -math.inf)
}
"""What JSON writes otherwise. json.dumps() for each value would take five times as long."""


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
        parser,
        "timeout",
        "exit after SECONDS without a value (3 if fewer than requested arrived)",
    )
    parser.add_argument("-T", "--time", action="store_true", help="show times of publication")
    parser.add_argument("--csv", action="store_true", help="a table: time, topic, sequence, value")


def run(options: argparse.Namespace) -> int:
    if options.csv and options.format == "json":
        log("found --csv and --format json; expected one of them")
        return EXIT_USAGE
    if options.csv:
        put("time,topic,sequence,value", flush=True)
    with Following(options.topics, history=1, ends=True) as follower:
        losses = Losses(follower)
        try:
            # Each is a batch; an empty one says that nothing has come for that long.
            batches = (
                _newest(follower, options)
                if options.interval
                else _each(follower, losses, options.timeout)
            )
            return _print(batches, follower, _formatter(options, follower.several), options.count)
        finally:
            if not options.interval:
                losses.sum_up()


def _each(follower: Following, losses: Losses, timeout: float | None) -> Iterator[_Taken]:
    while True:
        yield follower.take(timeout)
        losses.tell()


def _newest(follower: Following, options: argparse.Namespace) -> Iterator[_Taken]:
    shown: dict[str, tuple[int, int]] = {}
    last, pace = time.monotonic(), Pace(options.interval)
    while True:
        batch: _Taken = []
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
            pace.wait()
        else:
            time.sleep(FIRST_VALUE)


def _print(
    batches: Iterable[_Taken],
    follower: Following,
    lines: _Format,
    times: int | None,
) -> int:
    """Print batches until that many values of every topic are printed."""
    printed: dict[str, int] = {}
    for batch in batches:
        if not batch:
            too_early = times is not None or not printed
            return EXIT_TIMEOUT if too_early else exit_code(follower.left_out)
        for topic, samples in batch:
            before = printed.get(topic.name, 0)
            if times is not None:
                del samples[times - before :]
            printed[topic.name] = before + len(samples)
        values = [(topic.name, sample) for topic, samples in batch for sample in samples]
        if len(batch) > 1:
            values.sort(key=lambda named: named[1].time_ns)
        write("".join(lines(values)))
        if times is not None and follower.complete:
            lacking = [t for t in follower.topics if printed.get(t.name, 0) < times]
            # Nobody has asked by name for what a crashed publisher has left.
            if all(topic.by_pattern and not topic.alive for topic in lacking):
                break
    return exit_code(follower.left_out)


def _formatter(options: argparse.Namespace, several: bool) -> _Format:
    """Return what turns values into lines: 100,000 a second in a part of one processor."""
    clock = WallClock()

    def rows(values: _Values) -> list[str]:
        offset = clock.offset()
        cells = {name: _cell(name) for name in {name for name, _ in values}}
        return [
            f"{seconds(time_ns + offset)},{cells[name]},{sequence},{value}\n"
            for name, (value, sequence, time_ns, _) in values
        ]

    def objects(values: _Values) -> list[str]:
        offset = clock.offset()
        quoted = {name: json.dumps(name) for name in {name for name, _ in values}}
        return [
            f'{{"topic": {quoted[name]}, "sequence": {sequence}, "time_ns": {time_ns}, '
            f'"time": {seconds(time_ns + offset)}, '
            f'"value": {NOT_AS_PYTHON.get(text := repr(value), text)}}}\n'
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


def _cell(name: str) -> str:
    """Return the name as a cell of a table, quoted where it has to be.

    Its newlines stay, as a reader of CSV expects them; what else is not printable is an escape.
    """
    cell = io.StringIO()
    # The writer quotes what its line terminator has in it.
    csv.writer(cell, lineterminator="\n").writerow(["\n".join(map(printable, name.split("\n")))])
    return cell.getvalue()[:-1]


class Losses:
    """Says on stderr how many values were lost."""

    def __init__(self, follower: Following) -> None:
        self._follower = follower
        self._told = 0
        self._next = 0.0

    def tell(self) -> None:
        """Say it where there are more than before, and not too soon after that."""
        lost = sum(topic.lost for topic in self._follower.topics)
        now = time.monotonic()
        if lost > self._told and now >= self._next:
            self._told, self._next = lost, now + NEWS_OF_LOSSES
            self._say("so far")

    def sum_up(self) -> None:
        """Say it at the end."""
        self._say("in all; a publisher with a larger buffer_num keeps more")

    def _say(self, which: str) -> None:
        for topic in self._follower.topics:
            if topic.lost:
                log(f"{topic.name}: lost {topic.lost} values {which}")


class WallClock:
    """Knows how far the one is from the other."""

    def __init__(self) -> None:
        self._offset = 0

    def offset(self) -> int:
        """Return ns to be added to CLOCK_MONOTONIC. It changes only where somebody sets the clock.

        Asking for it anew each time would give every batch of values another error.
        """
        offset = time.time_ns() - time.monotonic_ns()
        if abs(offset - self._offset) > 1_000_000:
            self._offset = offset
        return self._offset


def seconds(ns: int) -> str:
    """Return ns since 1970 as seconds, every digit of them."""
    digits = str(ns)
    return f"{digits[:-9]}.{digits[-9:]}"
