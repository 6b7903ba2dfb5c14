"""Options that several verbs share, and types of arguments: a wrong one exits with code 2."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

MOST = 1e9
"""Seconds, 30 years: time.sleep() accepts this on every platform."""


def positive_integer(text: str) -> int:
    """Return an int of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a whole number, at least 1")
    return number


def positive_seconds(text: str) -> float:
    """Return seconds, greater than 0."""
    return _positive(text, "seconds", 0.0, MOST)


def positive_rate(text: str) -> float:
    """Return a rate in Hz, greater than 0."""
    return _positive(text, "a rate in Hz", 1 / MOST, math.inf)


def positive_factor(text: str) -> float:
    """Return a factor, greater than 0."""
    return _positive(text, "a factor", 1 / MOST, math.inf)


def _positive(text: str, what: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (0 < number < math.inf and least <= number <= most):
        limit = f"at least {least:g}" if math.isinf(most) else f"at most {most:,.0f}"
        raise argparse.ArgumentTypeError(f"found {text!r}; expected {what}, more than 0, {limit}")
    return number


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


def octal_mode(text: str) -> int:
    """Return permission bits, given in octal as for chmod."""
    try:
        return int(text, 8)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"found {text!r}; expected octal digits such as 644"
        ) from None
