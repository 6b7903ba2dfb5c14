"""`clean`: remove what dead publishers left behind."""

from __future__ import annotations

import argparse
import sys

from shm_pub_sub import ShmError, TopicNotFoundError
from shm_pub_sub._remains import ALIVE, ALWAYS, DAMAGED, RETAINED, UNREADABLE, Leftover, remains
from shm_pub_sub._text import size

from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, ask, log, print_json, put
from ..topics import add_topics

BROKEN = frozenset({DAMAGED, UNREADABLE})
FORCED = BROKEN | {ALIVE}

WARNING = (
    "--force does not stop a live publisher: existing subscribers keep receiving, new ones cannot "
    "find the topic, and another publisher of that name can start beside it"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Remove topics of dead publishers, and files of publishers that were killed while creating "
        "them. Retained values, live topics and unreadable files stay."
    )
    add_topics(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be removed; remove nothing"
    )
    parser.add_argument(
        "--retained", action="store_true", help="also remove retained values of dead publishers"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also remove topics of live publishers (new subscribers cannot find them) and "
        "files that are damaged, of another version or unreadable; asks first",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    wanted = ALWAYS | ({RETAINED} if options.retained else set())
    wanted |= FORCED if options.force else set()
    there = [*remains(options.topics, exclude=options.exclude)]
    for one in there:
        if one.what in BROKEN - wanted:
            log(f"{one.name!r} stays: {one.what}; see `shm-pub-sub list -v`")
    found = [one for one in there if one.what in wanted]
    forced = [one for one in found if one.what in FORCED]
    if forced and not options.dry_run and not options.yes:
        if not sys.stdin.isatty():
            log("--force asks first; without a terminal, pass --yes or --dry-run")
            return EXIT_USAGE
        if not _agreed(found):
            log("nothing removed")
            return EXIT_FAILURE
    elif any(one.what == ALIVE for one in forced):
        log(WARNING)
    return _remove(found, options)


def _agreed(found: list[Leftover]) -> bool:
    if any(one.what == ALIVE for one in found):
        log(WARNING)
    listed = [_line("to be removed:", one) for one in found]
    return ask(f"Remove {len(found)}? [y/N]", *listed).lower() in ("y", "yes")


def _remove(found: list[Leftover], options: argparse.Namespace) -> int:
    code = EXIT_DONE
    nbytes = count = 0
    for one in found:
        try:
            if not options.dry_run:
                one.remove()
        except (TopicNotFoundError, FileNotFoundError):
            continue  # removed meanwhile
        except (ShmError, OSError) as error:
            log(str(error))
            code = EXIT_FAILURE
            continue
        count += 1
        nbytes += one.nbytes
        if options.format == "json":
            record = {name: value for name, value in one._asdict().items() if name != "file"}
            print_json(record | {"removed": not options.dry_run})
        else:
            put(_line("would remove" if options.dry_run else "removed", one))
    if options.format == "text":
        would = "would be " if options.dry_run else ""
        put(f"{count} {would}removed, {size(nbytes)}" if count else "nothing to remove")
    return code


def _line(verb: str, one: Leftover) -> str:
    return f"{verb} {one.name} ({one.what}, {size(one.nbytes)})"
