"""What several verbs need: topics by pattern, and a subscriber of a topic whatever its type."""

from __future__ import annotations

import fnmatch
import time

import shm_pub_sub
from shm_pub_sub import Subscriber, TopicInfo, TopicNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

FIRST_LOOK = 0.001
LAST_LOOK = 0.05
"""Seconds between looks at whether a topic is there."""


def names_for_completion(**_: object) -> list[str]:
    """Return all topics' names, for argcomplete."""
    return [topic.name for topic in shm_pub_sub.topics()]


def add_topic(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Add the argument TOPIC; nargs as argparse has it."""
    topic = parser.add_argument("topic", metavar="TOPIC", nargs=nargs, help="the topic's name")
    topic.completer = names_for_completion  # type: ignore[attr-defined]


def matching(patterns: Sequence[str]) -> list[TopicInfo]:
    """Return the topics that one of the shell patterns matches; all where there is no pattern.

    `*` matches slashes as well: robot/* is all below robot.
    """
    found = shm_pub_sub.topics()
    if not patterns:
        return found
    return [t for t in found if any(fnmatch.fnmatchcase(t.name, p) for p in patterns)]


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
