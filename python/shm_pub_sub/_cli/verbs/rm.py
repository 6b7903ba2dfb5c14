"""`rm`: remove topics by name."""

from __future__ import annotations

import argparse

import shm_pub_sub
from shm_pub_sub import ShmError, TopicNotFoundError
from shm_pub_sub._topics import names

from ..output import EXIT_DONE, EXIT_FAILURE, log, print_json, put
from ..topics import add_named_topics, not_found_message


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Remove topics of dead publishers, including retained values. "
        "A topic with a live publisher is not removed; the error names its process."
    )
    add_named_topics(parser)


def run(options: argparse.Namespace) -> int:
    code = EXIT_DONE
    found: dict[str, None] = {}  # a topic may match more than once
    for pattern in options.topics:
        matched = names(patterns=[pattern])
        found.update(dict.fromkeys(matched))
        if not matched:
            log(not_found_message(pattern))
            code = EXIT_FAILURE
    for name in found:
        try:
            shm_pub_sub.remove(name)
        except TopicNotFoundError:
            continue  # removed meanwhile
        except ShmError as error:
            log(str(error))
            code = EXIT_FAILURE
        else:
            if options.format == "json":
                print_json({"removed": name})
            else:
                put(f"removed {name}")
    return code
