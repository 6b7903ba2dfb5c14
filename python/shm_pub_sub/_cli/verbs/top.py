"""`top`: a live table of topics.

On a terminal rich draws it (screen/live.py). With -n, in a pipe and as JSON it prints plain tables
or objects, for which the standard library is enough.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence

from shm_pub_sub._extras import EXTRAS, install
from shm_pub_sub._rate import Deadlines
from shm_pub_sub._topics import fields

from ..arguments import add_option
from ..output import EXIT_FAILURE, exit_code, json_value, log, print_json, put, put_table
from ..screen.table import COLUMNS, RIGHT, cells, in_order, summary
from ..topics import add_topics, selection
from ..watch import Row, Watch

ENDLESS = sys.maxsize


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser)
    add_option(parser, "interval", "time between tables (default: 1)", 1.0)
    add_option(parser, "count", "print N plain tables, as in a pipe, and exit")
    parser.add_argument(
        "-s",
        "--sort",
        choices=["name", "rate", "age"],
        default="name",
        help="rate: fastest first; age: oldest first (default: name)",
    )


def run(options: argparse.Namespace) -> int:
    live = options.format == "text" and options.count is None and _can_move_the_cursor()
    if live and importlib.util.find_spec("rich") is None:
        log(
            f"a live table needs rich: {install(EXTRAS['cli'])}; "
            "or use -n N, top | cat or --format json"
        )
        return EXIT_FAILURE
    watch = Watch(selection(options))
    try:
        if live:
            from ..screen.live import show

            show(watch, options.interval, options.sort)
        elif options.format == "json":
            _repeat(options, watch, _print_json)
        else:
            _repeat(options, watch, _print_table)
    except KeyboardInterrupt:
        pass  # the usual end
    finally:
        watch.close()
        watch.report()
    return exit_code(watch.left_out)


def _can_move_the_cursor() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _repeat(
    options: argparse.Namespace, watch: Watch, output: Callable[[Sequence[Row], Watch, bool], None]
) -> None:
    deadlines = Deadlines(period=options.interval)
    for number in range(options.count or ENDLESS):
        deadlines.wait()
        rows = in_order(watch.rows(), options.sort)
        watch.report()
        output(rows, watch, number == 0)


def _print_table(rows: Sequence[Row], watch: Watch, first: bool) -> None:
    if not first:
        put("")
    put(summary(rows, watch))
    if rows:
        put_table([COLUMNS, *map(cells, rows)], RIGHT)
    sys.stdout.flush()


def _print_json(rows: Sequence[Row], watch: Watch, first: bool) -> None:
    topics = [_record(row) for row in rows]
    print_json({"time": time.time(), "topics": topics, "left_out": watch.left_out.reasons})


def _record(row: Row) -> dict[str, object]:
    found = fields(row.topic) | row._asdict()
    del found["topic"]
    return {name: json_value(value) for name, value in found.items()}
