"""`rm`: remove topics by name."""

from __future__ import annotations

import shm_pub_sub
from shm_pub_sub import ShmError, TopicNotFoundError

from ..output import EXIT_DONE, EXIT_FAILURE, complain, print_json, put
from ..topics import add_topic, names, not_there

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Remove what a dead publisher left of a topic, a retained value included. "
        "A topic whose publisher lives stays, and its process is named."
    )
    add_topic(parser, nargs="+")


def run(options: argparse.Namespace) -> int:
    code = EXIT_DONE
    found: dict[str, None] = {}  # a topic may match several times
    for pattern in options.topic:
        matched = names([pattern])
        found.update(dict.fromkeys(matched))
        if not matched:
            complain(not_there(pattern))
            code = EXIT_FAILURE
    for name in found:
        try:
            shm_pub_sub.remove(name)
        except TopicNotFoundError:
            continue  # somebody else was quicker
        except ShmError as error:
            complain(str(error))
            code = EXIT_FAILURE
        else:
            _say(name, options.format)
    return code


def _say(name: str, how: str) -> None:
    if how == "json":
        print_json({"removed": name})
    else:
        put(f"removed {name}")
