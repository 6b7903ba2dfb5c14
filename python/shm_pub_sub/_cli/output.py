"""What the verbs print: text for people or JSON lines for programs, and errors on stderr.

Nothing else in the command line writes to stdout or stderr. Names of topics, schemas, files and
commands are other people's text, so each line passes printable() on its way out: nothing in it
moves the cursor, sets the terminal's title, turns the reading direction or begins another line.
"""

from __future__ import annotations

import sys

from shm_pub_sub._text import counted, duration, frequency, printable, size, table

from .streams import discard

__all__ = [
    "EXIT_BROKEN_PIPE",
    "EXIT_DONE",
    "EXIT_FAILURE",
    "EXIT_INTERRUPTED",
    "EXIT_TIMEOUT",
    "EXIT_USAGE",
    "Control",
    "ask",
    "code_of",
    "complain",
    "complain_of_bug",
    "counted",
    "draw",
    "duration",
    "frequency",
    "json_value",
    "print_json",
    "printable",
    "put",
    "put_table",
    "report",
    "size",
    "write",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from shm_pub_sub._left_out import LeftOut

EXIT_DONE = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_TIMEOUT = 3
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

SHOWN = 10
"""Topics of one reason that are named."""


class Control(str):
    """Text of the program's own that moves the cursor: draw() writes it as it is."""

    __slots__ = ()


def put(*lines: str, flush: bool = False) -> None:
    """Print each text as one line."""
    print(*map(printable, lines), sep="\n", flush=flush)


def put_table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print rows, the first of them the heading, in columns; those in `right` at the right."""
    put(*table(rows, right).split("\n"))


def write(lines: str) -> None:
    """Print many whole lines in one go. Others' text in them has passed printable()."""
    # A line's own end is all that is not printable, mostly.
    if not lines.replace("\n", "").isprintable():
        lines = "\n".join(map(printable, lines.split("\n")))
    sys.stdout.write(lines)
    sys.stdout.flush()


def draw(*parts: str, file: TextIO | None = None) -> None:
    """Write text and Controls, at once, with no line's end after them."""
    text = "".join(p if isinstance(p, Control) else printable(p) for p in parts)
    print(text, end="", file=file, flush=True)


def report(left_out: LeftOut) -> None:
    """Say on stderr what has been left out since the last time."""
    for reason, names in left_out.news():
        shown = ", ".join(names[:SHOWN])
        if len(names) > SHOWN:
            shown = f"{counted(len(names), 'topic')}, {shown}, ..."
        complain(f"left out: {shown}: {reason}")


def code_of(left_out: LeftOut) -> int:
    """Return the exit code: others' topics that only a pattern matched are no failure."""
    return EXIT_FAILURE if left_out.failed else EXIT_DONE


def complain(text: str) -> None:
    """Print an error, or a remark that is no output, as one line on stderr."""
    _to_stderr(f"shm-pub-sub: {printable(text)}\n")


def complain_of_bug() -> None:
    """Print the traceback of the exception that is being handled."""
    import traceback

    _to_stderr("".join(f"{printable(t)}\n" for t in traceback.format_exc().rstrip().split("\n")))


def ask(question: str, *about: str) -> str:
    """Print lines and a question on stderr, and return the answer from stdin."""
    text = "".join(f"{printable(line)}\n" for line in about)
    print(f"{text}{printable(question)} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _to_stderr(text: str) -> None:
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except OSError:  # a stderr that nobody reads: the exit code says it
        # What is still in the buffer would fail again at exit, and make that code 120.
        discard(2)


def print_json(record: Mapping[str, object]) -> None:
    """Print an object in a line of its own, at once: the reader may be waiting for it.

    Numbers that JSON lacks are strings: "NaN", "Infinity" and "-Infinity".
    """
    import json

    print(json.dumps({name: json_value(value) for name, value in record.items()}), flush=True)


def json_value(value: object) -> object:
    """Return what stands for value in JSON."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value
