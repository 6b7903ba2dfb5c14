"""`record`: write every value of topics to an MCAP file, with its time of publication."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shm_pub_sub import ShmError
from shm_pub_sub._patterns import Selection
from shm_pub_sub._recording import mcap_format
from shm_pub_sub._text import size as size_text
from shm_pub_sub._topics import inspect_typed, names

from ..arguments import add_option, positive_seconds, size
from ..output import EXIT_USAGE, log
from ..recording_session import KEY, Session
from ..topics import ALL, add_topics, selection

if TYPE_CHECKING:
    from shm_pub_sub._recording.clock import Clock
    from shm_pub_sub._recording.receiver import Receiver
    from shm_pub_sub._recording.recorder import Sink
    from shm_pub_sub._recording.when import When

COMPRESSIONS = ["zstd", "lz4", "none"]
GIL_SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may hold the GIL: sys.setswitchinterval()."""
MEMORY = 256 << 20
SPLITS = 10
"""Parts that fit into --max-disk, unless their size was given."""
LEAST = 10_000
"""Bytes of a part, and of the memory, at least."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, f"{ALL}, including those that appear later")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the file (default: shm_DATE_TIME.mcap)"
    )
    add_option(parser, "duration", "exit after SECONDS (default: until Ctrl-C)", math.inf)
    add_option(parser, "count", "exit after N values, of all topics together")
    parser.add_argument(
        "--compression", choices=COMPRESSIONS, help="default: zstd, and none for large values"
    )
    parser.add_argument("--force", action="store_true", help="overwrite FILE, and its parts")
    _add_size(
        parser,
        "--memory",
        "limit the memory for values to be written or kept for snapshots (default: "
        f"{size_text(MEMORY)})",
        MEMORY,
    )
    _add_size(
        parser,
        "--min-free",
        "keep SIZE free on the disk: exit, or with --max-disk remove the oldest parts",
    )
    parts = parser.add_argument_group(
        "parts",
        "of run.mcap: run_0.mcap, run_1.mcap, ...; each is a whole recording, run.mcap plays all",
    )
    _add_size(parts, "--split-size", "limit the size of a part: 500MB, 2GiB")
    parts.add_argument(
        "--split-duration",
        metavar="SECONDS",
        type=positive_seconds,
        help="limit the length of a part",
    )
    _add_size(parts, "--max-disk", "limit the size of all parts: remove the oldest")
    parts.add_argument("--append", action="store_true", help="add parts to existing ones")
    snapshots = parser.add_argument_group("snapshots", "files that are written only on request")
    snapshots.add_argument(
        "--snapshot",
        metavar="SECONDS",
        type=positive_seconds,
        help=f"keep the last SECONDS in memory; SIGUSR1 or the key {KEY} writes them to a file",
    )
    snapshots.add_argument(
        "--snapshot-when",
        metavar=("TOPIC", "EXPRESSION"),
        nargs="+",
        action="append",
        default=[],
        help="also write them when TOPIC, a bool, becomes true, or EXPRESSION does, such as "
        "'ax > 3' or 'value > 3'; may be repeated",
    )


def _add_size(
    parser: argparse._ActionsContainer, name: str, what: str, default: int | None = None
) -> None:
    parser.add_argument(name, metavar="SIZE", type=size, default=default, help=what)


def run(options: argparse.Namespace) -> int:
    """Record until the duration, the number of values or a signal ends it."""
    mcap_format.check_installed()
    if wrong := _contradiction(options):
        log(f"record: {wrong}")
        return EXIT_USAGE
    from shm_pub_sub._recording.clock import Clock
    from shm_pub_sub._recording.receiver import Receiver
    from shm_pub_sub._recording.recorder import Recorder

    names()  # raises OpenError before a file is overwritten
    clock = Clock()
    try:
        conditions = [_condition(words, options, clock) for words in options.snapshot_when]
    except ValueError as error:
        log(f"record --snapshot-when {error}")
        return EXIT_USAGE
    if options.topics:
        options.topics += [condition.topic for condition in conditions]
    # Raises if a word cannot be a name.
    # What waits to be kept for snapshots is soon copied.
    waiting = options.memory // 4 if options.snapshot else options.memory
    receiver = Receiver(selection(options), options.duration, waiting)
    path = options.output or Path(time.strftime("shm_%Y-%m-%d_%H-%M-%S.mcap"))
    session = Session(receiver, path, options.format == "json")
    try:
        sink = _sink(options, session, receiver, clock, conditions)
    except FileExistsError as error:
        ways = "--force or --append" if _has_parts(options) else "--force"
        log(f"record {str(error.filename)!r}: found an existing file; pass another name or {ways}")
        return EXIT_USAGE
    sys.setswitchinterval(GIL_SWITCH_INTERVAL)
    return session.record(Recorder(receiver, sink, clock, options.count or sys.maxsize), sink)


def _has_parts(options: argparse.Namespace) -> bool:
    return bool(
        options.split_size or options.split_duration or options.max_disk or options.snapshot
    )


def _contradiction(options: argparse.Namespace) -> str:
    """Return what is wrong with the options together; "" if nothing is."""
    split = options.split_size or options.split_duration
    if options.snapshot and (split or options.count):
        return "--snapshot writes a part for each snapshot; it takes no --split-... and no --count"
    if options.snapshot_when and not options.snapshot:
        return "--snapshot-when needs --snapshot SECONDS"
    if options.append and not _has_parts(options):
        return "--append adds parts; pass --split-size, --split-duration, --max-disk or --snapshot"
    if options.append and options.force:
        return "pass --append or --force"
    for name in ("split_size", "memory"):
        if (given := getattr(options, name)) and given < LEAST:
            option = f"--{name.replace('_', '-')}"
            return f"found {option} {given}; expected at least {LEAST} bytes"
    if options.max_disk:
        least = options.memory if options.snapshot else 2 * (options.split_size or SPLITS * LEAST)
        of = "--memory" if options.snapshot else "two parts"
        if options.max_disk < least:
            return f"found --max-disk {options.max_disk}; expected at least {of}, {least} bytes"
    return ""


def _condition(words: Sequence[str], options: argparse.Namespace, clock: Clock) -> When:
    """Return one of --snapshot-when; raises ValueError."""
    from shm_pub_sub._recording.when import When

    topic, *expression = words
    if len(expression) > 1:
        found = " ".join(map(repr, words))
        raise ValueError(
            f"{topic!r}: found {found}; expected one expression, in quotes; topics to record come "
            "before the option"
        )
    if not Selection([topic], exclude=options.exclude).names:
        raise ValueError(f"{topic!r}: --exclude leaves it out")
    try:
        condition = When(topic, expression[0] if expression else None, clock.now_ns)
        with suppress(ShmError):  # it may be there later
            condition.check(inspect_typed(topic)[1])
    except ValueError as error:
        raise ValueError(f"{topic!r}: {error}") from None
    return condition


def _sink(
    options: argparse.Namespace,
    session: Session,
    receiver: Receiver,
    clock: Clock,
    conditions: Sequence[When],
) -> Sink:
    """Return where the values go; raises OSError, and DiskFullError."""
    from shm_pub_sub._recording.memory import Memory
    from shm_pub_sub._recording.parts import Parts
    from shm_pub_sub._recording.snapshot import Snapshots
    from shm_pub_sub._recording.splitter import Splitter

    session.parts = parts = Parts(
        session.path,
        options.compression or COMPRESSIONS[0],
        compress_large=options.compression is not None,
        split=_has_parts(options),
        max_disk=options.max_disk,
        min_free=options.min_free or 0,
        force=options.force,
        append=options.append,
    )
    if options.snapshot:
        memory, span = Memory(options.memory), round(options.snapshot * 1e9)
        return Snapshots(parts, receiver, clock, memory, span, session.log, conditions)
    split_size = options.split_size
    if options.max_disk and not split_size:
        split_size = options.max_disk // SPLITS
    split_ns = round(options.split_duration * 1e9) if options.split_duration else None
    return Splitter(parts, receiver, clock, split_size, split_ns)
