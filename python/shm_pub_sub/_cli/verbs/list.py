"""`list`: the topics of this domain."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from shm_pub_sub import TopicInfo
from shm_pub_sub._arguments import directory
from shm_pub_sub._text import duration, frequency, short_type, shortened, size, type_matches
from shm_pub_sub._topics import FIELDS, fields, inspect_each, names, strangers, user

from ..output import EXIT_DONE, log, print_json, put, put_table
from ..processes import Commands, Reader, Readers
from ..topics import add_topics

CELLS: dict[str, Callable[[TopicInfo], str]] = {
    "topic": lambda topic: topic.name,
    "type": lambda topic: short_type(topic.type_name),
    "publisher": lambda topic: "alive" if topic.alive else "dead",
    "buffers": lambda topic: str(topic.buffer_num),
    "published": lambda topic: str(topic.published),
    "rate": lambda topic: frequency(topic.rate),
    "age": lambda topic: duration(topic.age),
    "size": lambda topic: size(topic.nbytes),
    "retained": lambda topic: "yes" if topic.retain else "no",
    "pid": lambda topic: str(topic.pid),
}
"""By the column's heading. Two more columns have the readers and the publisher's command."""
ABOUT: dict[str, Callable[[TopicInfo], str]] = {
    "bridged": lambda topic: "yes" if topic.bridged else "-",
    "unit": lambda topic: shortened(topic.metadata.get("unit") or "-", MOST),
    "description": lambda topic: shortened(topic.metadata.get("description") or "-", MOST),
}
"""Columns that are there if one of the topics has something to say in it."""
MOST = 60
"""Characters of them."""
SOME = 3
"""Readers that a cell names."""
NUMBERS = range(3, 8)
"""Right-aligned columns."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser)
    parser.add_argument("-t", "--types", action="store_true", help="also print types, in full")
    parser.add_argument(
        "--type",
        metavar="PATTERN",
        dest="wanted_type",
        help="only topics of this type: 'uint8[*', Imu, str; brackets are literal",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="print a table of details; the rate is that of the values the topic keeps",
    )
    parser.add_argument(
        "-c", "--count-topics", action="store_true", help="print only the number of topics"
    )


def run(options: argparse.Namespace) -> int:
    found = names(patterns=options.topics, exclude=options.exclude)
    if options.wanted_type is not None:
        found = _of_type(found, options.wanted_type)
    if not found and not options.count_topics and sys.stderr.isatty():
        if options.topics or options.exclude or options.wanted_type is not None:
            log(f"no matching topic in {directory()}")
        else:
            log(f"no topics in {directory()} (set SHM_PUB_SUB_DIR for another directory)")
    if options.count_topics:
        if options.format == "json":
            print_json({"count": len(found)})
        else:
            put(f"{len(found)}")
    elif options.format == "json":
        _print_objects(found, options.verbose)
    elif options.verbose:
        _print_table(found)
    elif options.types:
        for name, (topic, error) in inspect_each(found):
            put(f"{name} [{topic.type_name if topic else '?'}]{_whose(topic)}")
            if error is not None:
                log(f"{error}")
    else:
        for name in found:
            put(name)
        for name, whose in strangers(found):
            log(f"{name!r} belongs to {whose}, who is not trusted")
    return EXIT_DONE


def _of_type(found: list[str], pattern: str) -> list[str]:
    """Return the topics of a type; log those whose type cannot be read."""
    matching = []
    for name, (topic, error) in inspect_each(found):
        if topic is None:
            log(f"{error}")
        elif type_matches(topic.type_name, pattern):
            matching.append(name)
    return matching


def _pids(readers: list[Reader]) -> str:
    """Return a cell with the pids of readers; of many only the first ones, and how many."""
    pids = ",".join(str(each.pid) for each in readers[:SOME])
    more = f",... ({len(readers)})" if len(readers) > SOME else ""
    return f"{pids}{more}" or "-"


def _whose(topic: TopicInfo | None) -> str:
    if topic is None or topic.trusted:
        return ""
    return f" belongs to {user(topic.uid)}, who is not trusted"


def _print_objects(found: list[str], verbose: bool) -> None:
    commands, readers = Commands(), Readers()
    for name, (topic, error) in inspect_each(found):
        record = fields(topic) if topic else dict.fromkeys(FIELDS) | {"name": name}
        if verbose:
            record["command"] = commands.of(topic) if topic else None
            record["readers"] = [each._asdict() for each in readers.of(topic)] if topic else None
        print_json(record | {"error": error and str(error)})


def _print_table(found: list[str]) -> None:
    commands, readers = Commands(), Readers()
    rows: list[list[str]] = []
    strange: list[str] = []
    errors: list[str] = []
    known = [*inspect_each(found)]
    about = {
        part: cell
        for part, cell in ABOUT.items()
        if any(topic and cell(topic) != "-" for _, (topic, _) in known)
    }
    cells = CELLS | about
    for name, (topic, error) in known:
        if topic is None:
            rows.append([name, "?", "?", *"-" * (len(cells) - 1)])
            errors.append(str(error))
            continue
        if not topic.trusted:
            strange.append(f"{name!r}{_whose(topic)}; file {topic.path}")
        rows.append(
            [
                *(cell(topic) for cell in cells.values()),
                _pids(readers.of(topic)),
                commands.of(topic) or "-",
            ]
        )
    if rows:
        put_table([[*cells, "readers", "command"], *rows], right=NUMBERS)
    sys.stdout.flush()
    for line in strange + errors:
        log(line)
