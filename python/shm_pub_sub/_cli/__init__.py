# PYTHON_ARGCOMPLETE_OK
"""The command line, `shm-pub-sub VERB`: inspect and publish topics from a terminal.

Each verb is a module with `add_arguments(parser)` and `run(options) -> exit code`. Only the module
of the requested verb is imported.
"""

from __future__ import annotations

# Slow imports are inside functions, where Ctrl-C is already handled.
import os
import sys

import shm_pub_sub

from .output import (
    EXIT_BROKEN_PIPE,
    EXIT_DONE,
    EXIT_FAILURE,
    EXIT_INTERRUPTED,
    EXIT_TIMEOUT,
    EXIT_USAGE,
    log,
    log_traceback,
)
from .streams import drop_output, prepare
from .verbs import EXIT_CODES, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

PROGRAM = "shm-pub-sub"

HELP = "help"
"""`help VERB` is `VERB --help`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        prepare()
        code = _run(given)
        sys.stdout.flush()
    except SystemExit as ended:  # argparse has printed the message
        code = ended.code if isinstance(ended.code, int) else EXIT_DONE
    except KeyboardInterrupt:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C ends it at once
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        code = EXIT_BROKEN_PIPE
    except shm_pub_sub.ShmError as error:
        log(str(error))
        timed_out = isinstance(error, shm_pub_sub.WaitTimeoutError)
        code = EXIT_TIMEOUT if timed_out else EXIT_FAILURE
    except OSError as error:
        log(f"{error.filename or 'stdin or stdout'}: {error.strerror or error}")
        code = EXIT_FAILURE
    except Exception:
        log_traceback()
        code = EXIT_FAILURE
    drop_output()
    return code


def _run(given: Sequence[str]) -> int:
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        words = os.environ.get("COMP_LINE", "").split()
        argcomplete.autocomplete(_make_parser(next((w for w in words if w in VERBS), None)))
    if not given:
        _make_parser(None).print_help(sys.stderr)
        return EXIT_USAGE
    verb = _first_word(given)
    if verb == HELP:
        given = [*(word for word in given if word != HELP), "--help"]
        verb = _first_word(given)
    if verb is not None and verb not in VERBS:
        log(f"unknown verb {verb!r}; {_suggestion(verb)}")
        return EXIT_USAGE
    options = _make_parser(verb).parse_args(given)
    code: int = options.run(options)
    return code


def _first_word(given: Sequence[str]) -> str | None:
    """Return the first argument that is neither an option nor an option's value."""
    for before, word in zip(("", *given), given, strict=False):
        if not word.startswith("-") and before != "--format":
            return word
    return None


def _suggestion(unknown: str) -> str:
    import difflib

    close = difflib.get_close_matches(unknown, VERBS, n=1)
    return f"did you mean {close[0]!r}?" if close else f"`{PROGRAM} --help` lists the verbs"


def _make_parser(wanted: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the wanted verb gets its arguments."""
    import argparse
    import importlib

    from .arguments import Parser, add_format

    parser = Parser(
        prog=PROGRAM,
        description="Inspect and publish topics in shared memory.",
        epilog=f"`{PROGRAM} help VERB` shows the options of a verb.\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=shm_pub_sub.__version__)
    add_format(parser, "text")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, (what, example) in VERBS.items():
        of_verb = verbs.add_parser(
            verb,
            help=what,
            description=f"{what[0].upper()}{what[1:]}.",
            epilog=f"example: {PROGRAM} {example}",
        )
        if verb == wanted:
            module = importlib.import_module(f"{__name__}.verbs.{verb}")
            add_format(of_verb, argparse.SUPPRESS)  # accepted before the verb, too
            module.add_arguments(of_verb)
            of_verb.set_defaults(run=module.run)
    return parser
