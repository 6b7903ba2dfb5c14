"""`pub`: publish values from the command line or from stdin."""

from __future__ import annotations

import argparse
import itertools
import math
import re
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import shm_pub_sub
from shm_pub_sub import Publisher, TopicNotFoundError
from shm_pub_sub._rate import Deadlines
from shm_pub_sub._topics import NUMBERS

from ..arguments import add_option, octal_mode, positive_integer, positive_seconds
from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, log, print_json, put
from ..streams import exit_on_signal, on_termination
from ..topics import add_topic
from ..values import TYPES, NotAValue, common_type, parsed

_Value = bool | int | float

STDIN = "-"

LINES_A_SECOND = 100
"""The most lines printed per second at a given rate."""

BEHIND = 1.0
"""Seconds behind schedule after which it stops catching up: the machine slept, or is too slow."""

KEEP = 0.1
"""Seconds the topic stays after the last value: waiting subscribers look for it more often."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    # argparse takes -1e-3 and -inf for options.
    parser._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)")
    add_topic(parser)
    parser.add_argument(
        "values",
        metavar="VALUE",
        nargs="+",
        help="true, false, a number, nan or inf; several are published in turn, repeatedly; "
        "- reads values from stdin, one per line",
    )
    parser.add_argument(
        "--type",
        choices=sorted(TYPES),
        help="the topic's type (default: the value's; an int becomes a float if the topic exists "
        "with that type)",
    )
    add_option(parser, "rate", "values per second (default: 1; from stdin: as they arrive)")
    count = parser.add_mutually_exclusive_group()
    count.add_argument(
        "--once",
        action="store_true",
        help="publish one value and exit; without --keep it is retained, as with --retain",
    )
    add_option(count, "count", "exit after N values")
    parser.add_argument(
        "--keep",
        metavar="SECONDS",
        type=positive_seconds,
        help=f"keep the topic alive this long after the last value (default: {KEEP})",
    )
    parser.add_argument(
        "--retain", action="store_true", help="keep the last value until `shm-pub-sub rm TOPIC`"
    )
    parser.add_argument(
        "--buffers",
        metavar="N",
        type=positive_integer,
        default=3,
        help="how many of the last values stay readable (default: 3)",
    )
    parser.add_argument(
        "--mode",
        type=octal_mode,
        default=0o600,
        help="file permissions; 644 lets every user read the topic (default: 600)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing")


def run(options: argparse.Namespace) -> int:
    try:
        kind, values = _values(options)
    except NotAValue as error:
        log(f"{error}")
        return EXIT_FAILURE if options.values == [STDIN] else EXIT_USAGE
    if kind is None:
        log("found no value on stdin; expected one per line")
        return EXIT_FAILURE
    retain = options.retain or (options.once and options.keep is None)
    on_termination(exit_on_signal)  # closes the publisher, as Ctrl-C does
    with Publisher(
        options.topic, kind(), options.buffers, mode=options.mode, retain=retain
    ) as publisher:
        try:
            _publish(publisher, values, options)
        except NotAValue as error:
            log(f"{error}")
            return EXIT_FAILURE
        sys.stdout.flush()
        keep = 0.0 if retain else KEEP
        time.sleep(keep if options.keep is None else options.keep)
    if retain and not options.quiet:
        log(f"the value is retained until `shm-pub-sub rm {shlex.quote(options.topic)}`")
    return EXIT_DONE


def _values(options: argparse.Namespace) -> tuple[type | None, Iterator[_Value]]:
    """Return the topic's type, None if stdin has no value, and the values."""
    kind = TYPES.get(options.type)
    values: Iterator[_Value]
    if STDIN in options.values and len(options.values) > 1:
        raise NotAValue(
            f"found {STDIN!r} among values; expected it alone, to read values from stdin"
        )
    if options.values == [STDIN]:
        lines = ((n, line.strip()) for n, line in enumerate(sys.stdin, 1) if line.strip())
        first = next(lines, None)
        if first is None:
            return None, iter(())
        kind = kind or _type_for(options.topic, [first[1]])
        both = itertools.chain([first], lines)
        values = (parsed(text, kind, f"line {n} of stdin: ") for n, text in both)
    else:
        kind = kind or _type_for(options.topic, options.values)
        values = itertools.cycle([parsed(text, kind) for text in options.values])
    return kind, itertools.islice(values, 1 if options.once else options.count)


def _type_for(topic: str, texts: Iterable[str]) -> type:
    """Return the values' type; float for ints if the topic exists as float.

    Raises NotAValue if it exists with a type that cannot be published from here.
    """
    try:
        there = shm_pub_sub.inspect(topic).type_name
    except (TopicNotFoundError, shm_pub_sub.OpenError):
        return common_type(texts)  # Publisher() raises it again, if it matters
    if there not in NUMBERS:
        raise NotAValue(
            f"pub to {topic!r}: found a topic of {there}; expected bool, int or float, as other "
            "types are not supported here yet; --type replaces the topic of a dead publisher"
        )
    kind = common_type(texts)
    return float if kind is int and there == "float" else kind


def _publish(
    publisher: Publisher[Any], values: Iterable[_Value], options: argparse.Namespace
) -> None:
    """Publish values as they come, and print them."""
    each = max(1, math.ceil((options.rate or 0) / LINES_A_SECOND))
    rate = 1.0 if options.rate is None and options.values != [STDIN] else options.rate
    deadlines = Deadlines(hz=rate) if rate is not None else None
    for number, value in enumerate(values, 1):
        if deadlines is not None:
            deadlines.wait(BEHIND)
        publisher.publish(value)
        if options.quiet or (number - 1) % each:
            continue
        if options.format == "json":
            print_json({"topic": options.topic, "number": number, "value": value})
        else:
            put(f"publishing #{number}: {value}", flush=True)
