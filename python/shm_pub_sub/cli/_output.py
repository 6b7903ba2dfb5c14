"""What the verbs print: text for people or JSON lines for programs, and errors on stderr."""

from __future__ import annotations

import sys

from shm_pub_sub._text import duration, frequency, printable, size, table

from ._streams import discard

__all__ = [
    "EXIT_BROKEN_PIPE",
    "EXIT_DONE",
    "EXIT_FAILURE",
    "EXIT_INTERRUPTED",
    "EXIT_TIMEOUT",
    "EXIT_USAGE",
    "complain",
    "counted",
    "duration",
    "frequency",
    "json_value",
    "print_json",
    "printable",
    "size",
    "table",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_DONE = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_TIMEOUT = 3
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def counted(number: int, noun: str) -> str:
    """Return "1 topic", "2 topics"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def complain(text: str) -> None:
    """Print an error, or a remark that is no output, on stderr."""
    lines = "\n".join(map(printable, text.splitlines()))
    try:
        print(f"shm-pub-sub: {lines}", file=sys.stderr, flush=True)
    except OSError:  # a stderr that nobody reads: the exit code says it
        # What is still in the buffer would fail again at exit, and make that code 120.
        discard(2)


def print_json(record: Mapping[str, object]) -> None:
    """Print an object in a line of its own, at once: the reader may be waiting for it.

    Numbers that JSON lacks are strings: "NaN", "Infinity" and "-Infinity".
    """
    import json  # noqa: PLC0415 - slow, and text needs none

    print(json.dumps({name: json_value(value) for name, value in record.items()}), flush=True)


def json_value(value: object) -> object:
    """Return what stands for value in JSON."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value
