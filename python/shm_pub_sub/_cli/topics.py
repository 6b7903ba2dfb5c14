"""What several verbs need: their argument TOPIC, and topics by name and pattern."""

from __future__ import annotations

import os
import resource

import shm_pub_sub
from shm_pub_sub import ShmError, TopicNotFoundError, _topics
from shm_pub_sub._arguments import directory
from shm_pub_sub._patterns import matched

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from shm_pub_sub import TopicInfo

CLOSE = 0.8
"""How much of two names is the same where one is perhaps the other mistyped."""

NO_HINT = "`shm-pub-sub list` shows what there is"


def names(patterns: Sequence[str] = ()) -> list[str]:
    """Return the names that one of the shell patterns matches, sorted; all without a pattern.

    No topic is opened, so those that cannot be are there too.
    """
    return matched(patterns, _topics.names())


def strangers(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the topics that are there and not trusted, and the user whose each is.

    What belongs to this user or to root need not be opened to know.
    """
    where = directory()
    for name in names:
        try:
            if os.lstat(_topics.file_of(where, name)).st_uid in (0, os.geteuid()):
                continue
            topic = shm_pub_sub.inspect(name)
        except (OSError, ShmError):
            continue  # gone since, or unreadable: then the error says whose it is
        if not topic.trusted:
            yield name, _topics.user(topic.uid)


def not_there(name: str) -> str:
    """Return the error for a name, or a pattern, that no topic has, with names that are close.

    Of a topic that is there and cannot be opened it says why.
    """
    from difflib import get_close_matches

    known = names()
    if name in known:
        error = next((error for _, (_, error) in looked_at([name])), None)
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


def open_as_many_as_allowed() -> int:
    """Let this process have all descriptors that it may have, and return how many that is.

    Each subscriber takes one, and 1,024 are what a shell mostly allows.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def looked_at(
    names: Iterable[str],
) -> Iterator[tuple[str, tuple[TopicInfo, None] | tuple[None, ShmError]]]:
    """Yield with each name what is known of the topic, or the error why it cannot be opened.

    Those that are gone by now are left out.
    """
    for name in names:
        try:
            yield name, (shm_pub_sub.inspect(name), None)
        except TopicNotFoundError:
            continue
        except ShmError as error:
            yield name, (None, error)
