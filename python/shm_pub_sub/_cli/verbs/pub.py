"""`pub`: publish values from the command line or from stdin."""

from __future__ import annotations

import argparse
import itertools
import math
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from shm_pub_sub import TopicValueError
from shm_pub_sub._brief import brief
from shm_pub_sub._numpy import numpy_or_none
from shm_pub_sub._publisher import Publisher
from shm_pub_sub._rate import Deadlines
from shm_pub_sub._raw import raw_publisher
from shm_pub_sub._raw_values import value_of
from shm_pub_sub._spec import Spec
from shm_pub_sub._type_text import spec_of_text

from ..arguments import add_option, octal_mode, positive_integer, positive_seconds
from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, log, print_json, put
from ..streams import exit_on_signal, on_termination
from ..texts import Target, Values
from ..topics import add_topic
from ..values import NotAValue

_Raw = Iterable[Any]
"""Numbers, or bytes."""

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
        nargs="*",
        help="true, false, a number, nan or inf; text for a topic of text; 0x00ff or @FILE for "
        "bytes; otherwise JSON, such as '{\"ax\": 1}'; several are published in turn, repeatedly; "
        "- reads values from stdin, one per line",
    )
    parser.add_argument(
        "--image",
        metavar="FILE",
        nargs="+",
        help="publish pictures from files, with the attribute `encoding`; needs Pillow",
    )
    parser.add_argument(
        "--type",
        type=_type,
        help="the topic's type, as `list -t` prints it, such as 'Imu{ax: float64}' (default: that "
        "of the topic that exists, or bool, int or float, as the value is)",
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


def _type(text: str) -> Spec:
    try:
        return spec_of_text(text)
    except TopicValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("type ")) from None


def run(options: argparse.Namespace) -> int:
    if bool(options.values) == bool(options.image):
        log("pub: expected values, or --image and files")
        return EXIT_USAGE
    target = Target(options.topic, options.type)
    try:
        if options.image:
            attributes, values = _pictures(target, options)
        else:
            attributes, values = {}, _values(target, options)
    except NotAValue as error:
        log(f"{error}")
        return EXIT_FAILURE if options.values == [STDIN] else EXIT_USAGE
    except ImportError as error:
        log(f"pub: {error}")
        return EXIT_FAILURE
    if target.spec is None:
        log("found no value on stdin; expected one per line")
        return EXIT_FAILURE
    retain = options.retain or (options.once and options.keep is None)
    metadata = target.metadata or ({"attributes": attributes} if attributes else {})
    on_termination(exit_on_signal)  # closes the publisher, as Ctrl-C does
    with raw_publisher(
        options.topic,
        target.spec.descriptor,
        options.buffers,
        metadata=metadata,
        mode=options.mode,
        retain=retain,
    ) as publisher:
        try:
            limited = itertools.islice(values, 1 if options.once else options.count)
            _publish(publisher, limited, target.spec, options)
        except NotAValue as error:
            log(f"{error}")
            return EXIT_FAILURE
        sys.stdout.flush()
        keep = 0.0 if retain else KEEP
        time.sleep(keep if options.keep is None else options.keep)
    if retain and not options.quiet:
        log(f"the value is retained until `shm-pub-sub rm {shlex.quote(options.topic)}`")
    return EXIT_DONE


def _values(target: Target, options: argparse.Namespace) -> _Raw:
    """Return the values, and set the target's type, unless stdin has no value."""
    if STDIN in options.values and len(options.values) > 1:
        raise NotAValue(
            f"found {STDIN!r} among values; expected it alone, to read values from stdin"
        )
    if options.values == [STDIN]:
        return _from_stdin(target)
    if target.spec is None or (target.spec.is_number and not target.is_wanted):
        target.choose_number(options.values)
    assert target.spec is not None
    spec = target.spec
    check = Values(spec)
    found = [check.value(text) for text in options.values]
    if spec.kind != "record":
        return itertools.cycle(found)
    values = Values(spec, options.topic)
    return (values.value(text) for text in itertools.cycle(options.values))


def _from_stdin(target: Target) -> _Raw:
    """Return the values of the lines of stdin; blank ones count only as text."""
    is_text = target.spec is not None and target.spec.kind == "text"
    texts = (line.rstrip("\n") if is_text else line.strip() for line in sys.stdin)
    lines = ((n, text) for n, text in enumerate(texts, 1) if text or is_text)
    first = next(lines, None)
    if first is None:
        target.spec = None
        return ()
    if target.spec is None or (target.spec.is_number and not target.is_wanted):
        target.choose_number([first[1]])
    assert target.spec is not None
    values = Values(target.spec, target.topic)
    both = itertools.chain([first], lines)
    return (values.value(text, f"line {n} of stdin: ") for n, text in both)


def _pictures(target: Target, options: argparse.Namespace) -> tuple[dict[str, Any], _Raw]:
    """Return the topic's attributes and the pixels of pictures, and set the target's type."""
    from ..images import image_of

    attributes = target.metadata.get("attributes", {})
    pixels = []
    for path in options.image:
        image = image_of(path, options.topic, target.spec, attributes)
        target.spec = image.spec
        attributes = {**attributes, "encoding": image.encoding}
        pixels.append(image.pixels)
    return attributes, itertools.cycle(pixels)


def _publish(publisher: Publisher, values: _Raw, spec: Spec, options: argparse.Namespace) -> None:
    """Publish values as they come, and print them."""
    each = max(1, math.ceil((options.rate or 0) / LINES_A_SECOND))
    rate = 1.0 if options.rate is None and options.values != [STDIN] else options.rate
    deadlines = Deadlines(hz=rate) if rate is not None else None
    publish = publisher.publish if spec.is_number else publisher._publish_raw
    shown = _shown(spec, options.quiet)
    for number, value in enumerate(values, 1):
        if deadlines is not None:
            deadlines.wait(BEHIND)
        publish(value)
        if options.quiet or (number - 1) % each:
            continue
        if options.format == "json":
            print_json({"topic": options.topic, "number": number, "value": shown(value)})
        else:
            put(f"publishing #{number}: {shown(value)}", flush=True)


def _shown(spec: Spec, quiet: bool) -> Callable[[Any], Any]:
    """Return what makes of a value what is printed of it."""
    if spec.is_number or quiet:
        return lambda value: value
    if "[" in str(spec):
        numpy_or_none()  # for the least, the greatest and the mean element
    made = value_of(spec)
    return lambda value: brief(made(value))
