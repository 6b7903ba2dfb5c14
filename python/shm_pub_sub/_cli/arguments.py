"""The parser, options that several verbs share, and types of arguments."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from shm_pub_sub._text import printable

MOST = 1e9
"""Seconds, 30 years: time.sleep() accepts this on every platform."""


class Parser(argparse.ArgumentParser):
    """Accepts no abbreviated options; prints errors as one line, whatever the arguments contain."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Fail on an unknown option in the verb's parser, which shows the verb's usage.

        Topics and values may follow options: argparse itself takes only one run of them.
        """
        namespace, unknown = super().parse_known_args(args, namespace)
        for name in ("topics", "values"):
            found = getattr(namespace, name, None)
            at = unknown.index("--") if "--" in unknown else len(unknown)
            if isinstance(found, list) and not any(map(self._is_option, unknown[:at])):
                setattr(namespace, name, [*found, *unknown[:at], *unknown[at + 1 :]])
                unknown = []
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return namespace, unknown

    def _is_option(self, word: str) -> bool:
        return (
            word.startswith("-") and word != "-" and not self._negative_number_matcher.match(word)
        )

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def positive_integer(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a whole number, at least 1")
    return number


def _positive(what: str, least: float, most: float, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (0 < number < math.inf and least <= number <= most):
        limit = f"at least {least:g}" if math.isinf(most) else f"at most {most:,.0f}"
        raise argparse.ArgumentTypeError(f"found {text!r}; expected {what}, more than 0, {limit}")
    return number


def seconds_from_start(text: str) -> float:
    return 0.0 if text == "0" else float(positive_seconds(text))


positive_seconds = partial(_positive, "seconds", 0.0, MOST)
positive_rate = partial(_positive, "a rate in Hz", 1 / MOST, math.inf)
positive_factor = partial(_positive, "a factor", 1 / MOST, math.inf)

_UNITS = {"": 1, "B": 1} | {
    f"{prefix}{end}": base**power
    for base, end in ((1000, "B"), (1024, "iB"))
    for power, prefix in enumerate("KMGT", 1)
}


def size(text: str) -> int:
    """Return bytes, given as 500MB, 1.5GiB, or a number."""
    match = re.fullmatch(r"([0-9]+|[0-9]*\.[0-9]+) ?([A-Za-z]*)", text)
    factor = {unit.lower(): by for unit, by in _UNITS.items()}.get(match[2].lower()) if match else 0
    number = float(match[1]) * factor if match and factor else 0.0
    if number < 1 or (factor == 1 and number % 1):
        raise argparse.ArgumentTypeError(
            f"found {text!r}; expected a size, such as 500MB, 1.5GiB or a number of bytes"
        )
    return round(number)


OPTIONS: dict[str, tuple[list[str], str, Callable[[str], float]]] = {
    "count": (["-n", "--count"], "N", positive_integer),
    "interval": (["-i", "--interval"], "SECONDS", positive_seconds),
    "duration": (["-d", "--duration"], "SECONDS", positive_seconds),
    "window": (["-w", "--window"], "N", positive_integer),
    "rate": (["-r", "--rate"], "HZ", positive_rate),
    "timeout": (["--timeout"], "SECONDS", positive_seconds),
}
"""One spelling, unit and type in every verb."""


def add_option(
    parser: argparse._ActionsContainer, name: str, what: str, default: float | None = None
) -> None:
    """Add one of OPTIONS; what is its help."""
    flags, metavar, kind = OPTIONS[name]
    parser.add_argument(*flags, metavar=metavar, type=kind, default=default, help=what)


def add_format(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--format",
        choices=["text", "json"],
        default=default,
        help="json prints one object per line (default: text)",
    )


def octal_mode(text: str) -> int:
    """Return permission bits, given in octal as for chmod."""
    try:
        return int(text, 8)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"found {text!r}; expected octal digits such as 644"
        ) from None
