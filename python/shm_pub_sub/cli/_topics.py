"""What several verbs need: topics by pattern, and a subscriber of a topic whatever its type."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import shm_pub_sub
from shm_pub_sub import ShmError, Subscriber, TopicInfo, TopicNotFoundError, _topics
from shm_pub_sub._arguments import directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

FIRST_LOOK = 0.001
LAST_LOOK = 0.05
"""Seconds between looks at whether a topic is there."""

CLOSE = 0.8
"""How much of two names is the same where one is perhaps the other mistyped."""

NO_HINT = "`shm-pub-sub list` shows what there is"


def names(patterns: Sequence[str] = ()) -> list[str]:
    """Return the names that one of the shell patterns matches, sorted; all without a pattern.

    `*` matches slashes as well: robot/* is all below robot. What is the name of a topic that is
    there is no pattern. No topic is opened, so those that cannot be are there too.
    """
    found = _topics.names()
    if not patterns:
        return found
    exact = set(patterns) & set(found)
    others = [pattern for pattern in patterns if pattern not in exact]
    return [name for name in found if name in exact or one_matches(others, name)]


def one_matches(patterns: Sequence[str], name: str) -> bool:
    """Report whether one of the shell patterns is name, or matches it."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def not_there(name: str) -> str:
    """Return the error for a name, or a pattern, that no topic has, with names that are close."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow

    known = names()
    close = [t for t in known if t.endswith(f"/{name}")] or get_close_matches(
        name, known, cutoff=CLOSE
    )
    hint = f"did you mean {' or '.join(map(repr, close[:3]))}?" if close else NO_HINT
    return f"no topic {name!r} in {directory()}; {hint}"


def names_for_completion(**_: object) -> list[str]:
    """Return all topics' names, for argcomplete."""
    try:
        return names()
    except ShmError:
        return []


def add_topic(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Add the argument TOPIC; nargs as argparse has it."""
    topic = parser.add_argument("topic", metavar="TOPIC", nargs=nargs, help="the topic's name")
    topic.completer = names_for_completion  # type: ignore[attr-defined]


def matching(patterns: Sequence[str]) -> list[TopicInfo]:
    """Return the topics that names() finds, without those that cannot be opened."""
    return [topic for _, (topic, _) in looked_at(names(patterns)) if topic is not None]


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


def subscribe_whatever_type(name: str, timeout: float | None = None, **options: Any) -> Any:
    """Return a Subscriber of the type that the topic has, or None where there is none in time.

    It waits for the topic to be there. options are the Subscriber's.
    """
    until = None if timeout is None else time.monotonic() + timeout
    pause = FIRST_LOOK
    while True:
        try:
            return Subscriber(name, shm_pub_sub.inspect(name).type(), **options)
        except (TopicNotFoundError, shm_pub_sub.TopicTypeError):
            pass  # not there yet; or made anew with another type since
        left = pause if until is None else min(pause, until - time.monotonic())
        if left <= 0:
            return None
        time.sleep(left)
        pause = min(2 * pause, LAST_LOOK)
