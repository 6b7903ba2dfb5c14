"""All output: text or JSON lines on stdout, errors and remarks on stderr.

Names of topics, schemas, files and commands are untrusted text, so every line passes printable():
it cannot move the cursor, set the terminal's title, turn the reading direction or begin a line.
"""

from __future__ import annotations

import sys

from shm_pub_sub._brief import Brief
from shm_pub_sub._text import counted, printable, table

from .streams import discard

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
"""Topics named for one reason."""


class Control(str):
    """The program's own text that moves the cursor: draw() writes it unchanged."""

    __slots__ = ()


def put(*lines: str, flush: bool = False) -> None:
    """Print each text as one line."""
    print(*map(printable, lines), sep="\n", flush=flush)


def put_table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print rows, the first being the heading, in columns; align those in `right` right."""
    put(*table(rows, right).split("\n"))


def write(lines: str) -> None:
    """Print many whole lines at once; untrusted text in them has passed printable()."""
    # Usually the line ends are all that is not printable.
    if not lines.replace("\n", "").isprintable():
        lines = "\n".join(map(printable, lines.split("\n")))
    sys.stdout.write(lines)
    sys.stdout.flush()


def draw(*parts: str, file: TextIO | None = None) -> None:
    """Write text and Controls at once, without a newline."""
    text = "".join(p if isinstance(p, Control) else printable(p) for p in parts)
    print(text, end="", file=file, flush=True)


def report(left_out: LeftOut) -> None:
    """Log what has been left out since the last time."""
    for reason, names in left_out.news():
        shown = ", ".join(names[:SHOWN])
        if len(names) > SHOWN:
            shown = f"{counted(len(names), 'topic')}, {shown}, ..."
        log(f"left out: {shown}: {reason}")


def exit_code(left_out: LeftOut) -> int:
    """Return the exit code; topics of untrusted users that only a pattern matched do not fail."""
    return EXIT_FAILURE if left_out.failed else EXIT_DONE


def log(text: str) -> None:
    """Print an error or remark as one line on stderr."""
    _to_stderr(f"shm-pub-sub: {printable(text)}\n")


def log_traceback() -> None:
    """Print the traceback of the exception being handled, on stderr."""
    import traceback

    _to_stderr("".join(f"{printable(t)}\n" for t in traceback.format_exc().rstrip().split("\n")))


def ask(question: str, *about: str) -> str:
    """Print lines and a question on stderr; return the answer from stdin."""
    text = "".join(f"{printable(line)}\n" for line in about)
    print(f"{text}{printable(question)} ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _to_stderr(text: str) -> None:
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except OSError:  # stderr is closed; the exit code remains
        # Flushing the rest at exit would fail again and make the exit code 120.
        discard(2)


def print_json(record: Mapping[str, object]) -> None:
    """Print an object on one line and flush it.

    Numbers that JSON lacks are strings: "NaN", "Infinity" and "-Infinity".
    """
    import json

    print(json.dumps({name: json_value(value) for name, value in record.items()}), flush=True)


def json_value(value: object) -> object:
    if isinstance(value, Brief):
        value = value.json
    if isinstance(value, dict):
        return {name: json_value(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(json_value, value)]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value
