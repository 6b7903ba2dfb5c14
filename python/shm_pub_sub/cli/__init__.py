# PYTHON_ARGCOMPLETE_OK
"""The command line, `shm-pub-sub VERB`: looking at topics, and publishing them, from a terminal.

A verb is a module of its own with `add_arguments(parser)` and `run(options) -> exit code`. Only
the one that is asked for is imported.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys

import shm_pub_sub

from ._output import EXIT_BROKEN_PIPE, EXIT_FAILURE, EXIT_INTERRUPTED, complain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "shm-pub-sub"

VERBS = {
    "list": "topics, or those that match patterns",
    "info": "all that is known of a topic",
    "echo": "print a topic's values",
    "hz": "how often a topic is published",
    "delay": "how long values take from publish() to the receiver",
    "pub": "publish values to a topic",
    "rm": "remove what a dead publisher left of a topic",
    "clean": "remove what dead publishers left",
    "top": "a live table of all topics",
    "plot": "a live curve in the terminal, or a PNG",
    "record": "write topics to an MCAP file",
    "play": "publish what was recorded",
    "bench": "what publishing and subscribing cost here",
    "demo": "two processes, live values, a kill -9 and a restart",
    "doctor": "find what is wrong with this machine's set-up",
}

EXIT_CODES = (
    "exit codes: 0 done; 1 it failed, and stderr says why; 2 wrong usage; 3 nothing came in time; "
    "130 Ctrl-C; 141 whoever reads the output has gone"
)


def _parser(wanted: set[str]) -> argparse.ArgumentParser:
    """Make the parser; only the wanted verbs know their arguments."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Look at topics in shared memory, and publish them.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=shm_pub_sub.__version__)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, what in VERBS.items():
        of_verb = verbs.add_parser(verb, help=what, description=what[0].upper() + what[1:] + ".")
        if verb in wanted:
            module = importlib.import_module(f"{__name__}._{verb}")
            of_verb.add_argument(
                "--format",
                choices=["text", "json"],
                default="text",
                help="json: an object a line, for programs (default: text)",
            )
            module.add_arguments(of_verb)
            of_verb.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if "_ARGCOMPLETE" in os.environ:
            import argcomplete  # noqa: PLC0415 - the extra [completion]

            argcomplete.autocomplete(_parser(set(VERBS)))
        options = _parser({given[0]} & set(VERBS) if given else set()).parse_args(given)
        code: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # What is still in the buffer would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except (shm_pub_sub.ShmError, OSError) as error:
        complain(str(error))
        return EXIT_FAILURE
    return code
