"""`pub`: publish values from the command line or from stdin."""

from __future__ import annotations

import itertools
import math
import re
import shlex
import sys
import time

import shm_pub_sub
from shm_pub_sub import Publisher, TopicNotFoundError
from shm_pub_sub._pace import Pace

from ..arguments import add_option, octal_mode, positive_integer, positive_seconds
from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, complain, print_json, put
from ..streams import at_the_end, leave
from ..topics import add_topic
from ..values import TYPES, NotAValue, common_type, parsed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from typing import Any

    _Value = bool | int | float

STDIN = "-"

LINES_A_SECOND = 100
"""What is printed at most where values follow a rate."""

BEHIND = 1.0
"""Seconds behind the schedule at which a new one begins: the machine was asleep, or is too slow."""

KEEP = 0.1
"""Seconds to the end after the last value: who waits for the topic looks for it more often."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    # argparse takes -1e-3 and -inf for options; there are no options that look like them.
    parser._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)")
    add_topic(parser)
    parser.add_argument(
        "values",
        metavar="VALUE",
        nargs="+",
        help="true, false, a number, nan or inf; several are published in turn, over and over; "
        "- for values from stdin, one a line",
    )
    parser.add_argument(
        "--type",
        choices=sorted(TYPES),
        help="the topic's type (default: the value's: bool for true and false, int, else float; "
        "an int goes to a topic that is there as float)",
    )
    add_option(parser, "rate", "values per second (default: 1; from stdin: as they arrive)")
    count = parser.add_mutually_exclusive_group()
    count.add_argument(
        "--once",
        action="store_true",
        help="publish one value and end; the value stays as with --retain, unless --keep is given",
    )
    add_option(count, "count", "exit after N values")
    parser.add_argument(
        "--keep",
        metavar="SECONDS",
        type=positive_seconds,
        help=f"from the last value to the end, which takes the topic away (default: {KEEP})",
    )
    parser.add_argument(
        "--retain", action="store_true", help="the last value stays until `shm-pub-sub rm TOPIC`"
    )
    parser.add_argument(
        "--buffers",
        metavar="N",
        type=positive_integer,
        default=3,
        help="how many values stay readable (default: 3)",
    )
    parser.add_argument(
        "--mode",
        type=octal_mode,
        default=0o600,
        help="who may read the topic, such as 644 for everybody (default: 600)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing")


def run(options: argparse.Namespace) -> int:
    try:
        kind, values = _values(options)
    except NotAValue as error:
        complain(f"{error}")
        return EXIT_FAILURE if options.values == [STDIN] else EXIT_USAGE
    if kind is None:
        complain("found no value on stdin; expected one a line")
        return EXIT_FAILURE
    retain = options.retain or (options.once and options.keep is None)
    at_the_end(leave)  # the topic goes, as with Ctrl-C
    with Publisher(
        options.topic, kind(), options.buffers, mode=options.mode, retain=retain
    ) as publisher:
        try:
            _publish(publisher, values, options)
        except NotAValue as error:
            complain(f"{error}")
            return EXIT_FAILURE
        sys.stdout.flush()
        keep = 0.0 if retain else KEEP
        time.sleep(keep if options.keep is None else options.keep)
    if retain and not options.quiet:
        complain(f"the value stays; `shm-pub-sub rm {shlex.quote(options.topic)}` removes it")
    return EXIT_DONE


def _rate(options: argparse.Namespace) -> float | None:
    rate: float | None = options.rate
    return 1.0 if rate is None and options.values != [STDIN] else rate


def _values(options: argparse.Namespace) -> tuple[type | None, Iterator[_Value]]:
    """Return the topic's type, None where there is no value at all, and the values."""
    kind = TYPES.get(options.type)
    values: Iterator[_Value]
    if STDIN in options.values and len(options.values) > 1:
        raise NotAValue(f"found {STDIN!r} among values; expected it alone, for values from stdin")
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
    """Return the type of values; float for ints where the topic that is there is one of floats."""
    kind = common_type(texts)
    if kind is int:
        try:
            if shm_pub_sub.inspect(topic).type is float:
                return float
        except (TopicNotFoundError, shm_pub_sub.OpenError):
            pass  # the publisher says what is wrong with it
    return kind


def _publish(
    publisher: Publisher[Any], values: Iterable[_Value], options: argparse.Namespace
) -> None:
    """Publish values as they come, and say so."""
    each = max(1, math.ceil((options.rate or 0) / LINES_A_SECOND))
    rate = _rate(options)
    pace = Pace(1 / rate, BEHIND) if rate is not None else None
    for number, value in enumerate(values, 1):
        if pace is not None:
            pace.wait()
        publisher.publish(value)
        if options.quiet or (number - 1) % each:
            continue
        if options.format == "json":
            print_json({"topic": options.topic, "number": number, "value": value})
        else:
            put(f"publishing #{number}: {value}", flush=True)
