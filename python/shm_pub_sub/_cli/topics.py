"""What several verbs need: their argument TOPIC, and topics by name and pattern."""

from __future__ import annotations

from shm_pub_sub import ShmError, _topics
from shm_pub_sub._arguments import directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


CLOSE = 0.8
"""How much of two names is the same where one is perhaps the other mistyped."""

NO_HINT = "`shm-pub-sub list` shows what there is"


def names(patterns: Sequence[str] = ()) -> list[str]:
    """Return the names that one of the shell patterns matches, sorted; all without a pattern.

    No topic is opened, so those that cannot be are there too.
    """
    return _topics.names(patterns=patterns)


def not_there(name: str) -> str:
    """Return the error for a name, or a pattern, that no topic has, with names that are close.

    Of a topic that is there and cannot be opened it says why.
    """
    from difflib import get_close_matches

    known = names()
    if name in known:
        error = next((error for _, (_, error) in _topics.inspect_each([name])), None)
        return str(error) if error else f"topic {name!r} is there by now; try again"
    close = [t for t in known if t.endswith(f"/{name}")] or get_close_matches(
        name, known, cutoff=CLOSE
    )
    hint = f"did you mean {' or '.join(map(repr, close[:3]))}?" if close else NO_HINT
    return f"no topic {name!r} in {directory()}; {hint}"


def names_for_completion(**_: object) -> list[str]:
    """Return for argcomplete the names that can be typed and that the locale expresses."""
    from locale import getpreferredencoding

    encoding = getpreferredencoding(False)
    try:
        there = [n for n in names() if n.isprintable()]
        return [n for n in there if n.encode(encoding, "ignore").decode(encoding) == n]
    except ShmError:
        return []


def add_topic(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Add the argument TOPIC; nargs as argparse has it."""
    _add(parser, "topic", "TOPIC", nargs, "the topic's name")


def add_topics(parser: argparse.ArgumentParser, nargs: str, what: str) -> None:
    """Add the argument TOPIC..., names and patterns; what is its help."""
    _add(parser, "topics", "TOPIC", nargs, what)


def add_patterns(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the argument PATTERN... of verbs that take all topics where there is none."""
    _add(parser, "patterns", "PATTERN", "*", what)


def _add(
    parser: argparse.ArgumentParser, dest: str, metavar: str, nargs: str | None, what: str
) -> None:
    argument = parser.add_argument(dest, metavar=metavar, nargs=nargs, help=what)
    argument.completer = names_for_completion  # type: ignore[attr-defined]
