"""`info`: the details of one topic."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

import shm_pub_sub
from shm_pub_sub import Sample, ShmError, Subscriber, TopicInfo, TopicNotFoundError
from shm_pub_sub._brief import brief
from shm_pub_sub._metadata import shown
from shm_pub_sub._text import duration, frequency, size
from shm_pub_sub._topics import NUMBERS, fields, user

from ..output import EXIT_DONE, EXIT_FAILURE, log, print_json, put
from ..processes import Commands, Reader, Readers
from ..topics import add_topic, not_found_message

MOST = 20
"""Readers with a line each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topic(parser)


def run(options: argparse.Namespace) -> int:
    try:
        topic = shm_pub_sub.inspect(options.topic)
    except TopicNotFoundError:
        log(not_found_message(options.topic))
        return EXIT_FAILURE
    newest, error = _newest(topic)
    command, readers = Commands().of(topic), Readers().of(topic)
    if options.format == "json":
        print_json(
            fields(topic)
            | {
                "command": command,
                "readers": [each._asdict() for each in readers],
                "newest": brief(newest.value) if newest else None,
                "newest_ns": newest.time_ns if newest else None,
            }
        )
        return EXIT_DONE
    lines = _lines(topic, newest, error, command, readers)
    column = max(len(name) for name, _ in lines) + 2
    put(*(f"{name and name + ':':<{column}}{text}" for name, text in lines))
    return EXIT_DONE


def _newest(topic: TopicInfo) -> tuple[Sample[Any] | None, ShmError | None]:
    """Return the newest value of a live publisher, or a retained one, or the error."""
    default = topic.type() if topic.type_name in NUMBERS else None
    try:
        with Subscriber(topic.name, default, copy=False) as sub:
            return sub.sample(), None
    except ShmError as error:
        return None, error


def _lines(
    topic: TopicInfo,
    newest: Sample[Any] | None,
    error: ShmError | None,
    command: str | None,
    readers: list[Reader],
) -> list[tuple[str, str]]:
    kept = "values stay readable" if topic.buffer_num > 1 else "value stays readable"
    made = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(topic.created))
    return [
        ("topic", topic.name),
        ("type", topic.type_name),
        ("publisher", _publisher(topic, command)),
        *(("" if n else "readers", line) for n, line in enumerate(_readers(readers))),
        (
            "newest",
            f"{brief(newest.value)}, {duration(newest.age)} old" if newest else _none(topic, error),
        ),
        ("published", str(topic.published) + (f", {frequency(topic.rate)}" if topic.rate else "")),
        ("buffers", f"{topic.buffer_num} {kept}"),
        ("retained", "yes: the last value outlives the publisher" if topic.retain else "no"),
        *([("bridged", "yes: bridges do not send it to other machines")] if topic.bridged else []),
        ("created", f"{made}, {duration(time.time() - topic.created)} ago"),
        ("size", size(topic.nbytes)),
        ("file", f"{topic.path}, {_access(topic.path)}"),
        *(
            ("" if n else part, line)
            for part, lines in shown(topic.metadata).items()
            for n, line in enumerate(lines)
        ),
    ]


def _publisher(topic: TopicInfo, command: str | None) -> str:
    if not topic.trusted:
        return f"{user(topic.uid)}, not trusted; that user may have written anything here"
    if not topic.alive:
        return f"dead, process {topic.pid}; `shm-pub-sub rm` removes the topic"
    if command is None:
        return f"alive, process {topic.pid}, in another container or of another user"
    return f"alive, process {topic.pid}: {command}"


def _readers(readers: list[Reader]) -> list[str]:
    lines = [f"process {each.pid}: {each.command or 'unknown'}" for each in readers[:MOST]]
    if len(readers) > MOST:
        lines.append(f"and {len(readers) - MOST} more")
    return lines or ["none" if os.geteuid() == 0 else "none of this user's processes"]


def _none(topic: TopicInfo, error: ShmError | None) -> str:
    if error is not None:
        return f"unreadable: {error}"
    if topic.published == 0:
        return "none yet"
    return f"gone with its publisher; it was {duration(topic.age)} old"


def _access(path: str) -> str:
    """Return the file's mode and owner."""
    try:
        status = Path(path).stat()
    except OSError:
        return "now gone"
    return f"mode {status.st_mode & 0o7777:04o}, user {status.st_uid}, group {status.st_gid}"
