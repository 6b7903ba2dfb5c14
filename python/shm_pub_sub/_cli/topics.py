"""The argument TOPIC, and topics by name and pattern."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from shm_pub_sub import ShmError
from shm_pub_sub._arguments import directory
from shm_pub_sub._patterns import Selection
from shm_pub_sub._topics import inspect_each, names

PATTERNS = "names or shell patterns, such as 'robot/*'"
PARTS = f"{PATTERNS}, or parts of values, such as imu.ax or 'arm.position[3]'"
ALL = " (default: all topics)"
FILE = "an MCAP file; for a recording in parts, its name without the number"
WAITS = "; waits for topics that do not exist yet"

SIMILAR = 0.8
"""difflib's ratio from which on a name may be another one mistyped."""


def not_found_message(name: str, possible: Sequence[str] = ()) -> str:
    """Return the error for a name or pattern without a topic, with similar names.

    If the topic exists and cannot be opened, it is that error.

    Args:
        name: What was asked for.
        possible: Other topics of which it may be a part, the longest name first.
    """
    from difflib import get_close_matches

    known = names()
    if name in known:
        error = next((error for _, (_, error) in inspect_each([name])), None)
        return str(error) if error else f"topic {name!r} has just appeared; try again"
    others = [other for other in possible if other != name]
    close = [t for t in known if t.endswith(f"/{name}")]
    for each in (name, *others):
        close = close or get_close_matches(each, known, cutoff=SIMILAR)
    hint = "`shm-pub-sub list` shows the topics"
    if close:
        hint = f"did you mean {' or '.join(map(repr, close[:3]))}?"
    what = " or ".join(map(repr, (name, *others)))
    return f"no topic {what} in {directory()}; {hint}"


def names_for_completion(**_: object) -> list[str]:
    """Return for argcomplete the names that can be typed in this locale."""
    from locale import getpreferredencoding

    encoding = getpreferredencoding(False)
    try:
        known = [n for n in names() if n.isprintable()]
        return [n for n in known if n.encode(encoding, "ignore").decode(encoding) == n]
    except ShmError:
        return []


def add_topic(parser: argparse.ArgumentParser) -> None:
    _add(parser, "topic", None, "the topic's name")


def add_topics(parser: argparse.ArgumentParser, more: str = ALL, what: str = PATTERNS) -> None:
    """Add TOPIC..., names and patterns, and --exclude; what and more are the topics' help."""
    _add(parser, "topics", "*" if more.startswith(ALL) else "+", what + more)
    add_exclude(parser)


def add_named_topics(parser: argparse.ArgumentParser) -> None:
    """Add TOPIC..., one or more, without --exclude."""
    _add(parser, "topics", "+", PATTERNS)


def add_exclude(parser: argparse._ActionsContainer, default: object = None) -> None:
    argument = parser.add_argument(
        "--exclude",
        metavar="PATTERN",
        action="append",
        default=[] if default is None else default,
        help="leave out topics of this name or pattern; may be repeated",
    )
    argument.completer = names_for_completion  # type: ignore[attr-defined]


def selection(options: argparse.Namespace) -> Selection:
    """Return what add_topics()'s arguments choose."""
    return Selection(options.topics, exclude=options.exclude)


def _add(parser: argparse.ArgumentParser, dest: str, nargs: str | None, what: str) -> None:
    argument = parser.add_argument(dest, metavar="TOPIC", nargs=nargs, help=what)
    argument.completer = names_for_completion  # type: ignore[attr-defined]
