"""`record`: write every value of topics to an MCAP file, with its time of publication."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from shm_pub_sub._opening import not_taken
from shm_pub_sub._patterns import Selection
from shm_pub_sub._recording import mcap_format
from shm_pub_sub._recording.receiver import Receiver
from shm_pub_sub._recording.recorder import Recorder
from shm_pub_sub._text import counted, duration
from shm_pub_sub._topics import NUMBERS, inspect_each, names

from ..arguments import add_option
from ..output import EXIT_DONE, EXIT_TIMEOUT, EXIT_USAGE, exit_code, log, print_json, report
from ..progress import Progress
from ..streams import on_termination
from ..topics import ALL, add_topics, not_found_message

COMPRESSIONS = ["zstd", "lz4", "none"]
PATIENCE = 1.0
"""Seconds after which a second signal ends it at once, even with an incomplete file. The first
may come twice: `timeout` sends it to the program and to its group."""
GIL_SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may hold the GIL: sys.setswitchinterval()."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser, f"{ALL}, including those that appear later")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the file (default: shm_DATE_TIME.mcap)"
    )
    add_option(parser, "duration", "exit after SECONDS (default: until Ctrl-C)", math.inf)
    add_option(parser, "count", "exit after N values, of all topics together")
    parser.add_argument("--compression", choices=COMPRESSIONS, default="zstd", help="default: zstd")
    parser.add_argument("--force", action="store_true", help="overwrite FILE")


def run(options: argparse.Namespace) -> int:
    """Record until the duration, the number of values or a signal ends it."""
    mcap_format.check_installed()
    from shm_pub_sub._recording.mcap_writer import McapWriter

    names()  # raises OpenError before a file is overwritten
    receiver = Receiver(options.topics, options.duration)  # raises if a word cannot be a name
    refused = [
        not_taken(name, topic.type_name)
        for name, (topic, _) in inspect_each(Selection(options.topics).names)
        if topic is not None and topic.type_name not in NUMBERS
    ]
    for error in refused:
        log(f"{error}")
    if refused:
        return EXIT_USAGE
    path = options.output or Path(time.strftime("shm_%Y-%m-%d_%H-%M-%S.mcap"))
    try:
        writer = McapWriter(path, options.compression, options.force)
    except FileExistsError:
        log(f"record {str(path)!r}: found an existing file; pass another name or --force")
        return EXIT_USAGE
    sys.setswitchinterval(GIL_SWITCH_INTERVAL)

    asked = math.inf  # the time of the first signal

    def end(number: int, _frame: object) -> None:
        nonlocal asked
        receiver.stop = True
        now = time.monotonic()
        if now > asked + PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        asked = min(asked, now)

    signal.signal(signal.SIGINT, end)
    on_termination(end)
    recorder = Recorder(receiver, writer, options.count or sys.maxsize)
    log(f"recording to {path}; Ctrl-C ends it")
    progress = Progress()

    def show() -> None:
        report(receiver.left_out)
        while not receiver.recorded_again.empty():
            log(f"{receiver.recorded_again.get()} is now recorded")
        if progress.due():
            summary = recorder.summary()
            progress.show(_figures(summary, f"{summary['seconds']:.1f} s"))

    try:
        try:
            recorder.record(show)
        finally:
            progress.end()
            writer.close()
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
    finally:
        if receiver.error is not None:
            log("the file has the values before this error")
    summary = recorder.summary()
    if not path.exists():
        log(f"{path} was moved during the recording")
    missing = receiver.unmatched()
    for word in missing:
        log(not_found_message(word))
    if options.format == "json":
        print_json({"file": str(path)} | summary)
    else:
        log(_figures(summary, duration(summary["seconds"])))
        for name, figures in summary["topics"].items():
            if lost := figures["lost"]:
                log(f"{name}: lost {lost} of {lost + figures['values']}")
    return exit_code(receiver.left_out) or (EXIT_TIMEOUT if Selection(missing).names else EXIT_DONE)


def _figures(summary: dict[str, Any], seconds: str) -> str:
    left_out = len(summary["left_out"])
    more = f", {counted(left_out, 'topic')} left out" if left_out else ""
    return (
        f"{seconds}, {counted(summary['values'], 'value')} of "
        f"{counted(len(summary['topics']), 'topic')}, {summary['lost']} lost{more}, "
        f"{summary['bytes']} bytes"
    )
