"""select(): what it accepts. The waiting is in C (hot/select.c)."""

from __future__ import annotations

import time

from . import _hot
from ._arguments import check_timeout, short_repr
from ._errors import TopicTypeError, TopicValueError
from ._subscriber import Subscriber

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MAX_SLEEP = 4e9
"""Seconds: time.sleep() refuses more than it can count."""


def select(subscribers: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Wait until at least one subscriber has something to take, and return those that have.

    Where there is something, it returns at once. It takes nothing: call try_recv() or drain() on
    each. A subscriber whose topic has become unreadable counts as well: try_recv() says why.

    Args:
        subscribers: Subscribers, of any types; no subscribers only with a timeout.
        timeout: Seconds to wait at most; None for as long as it takes, 0 not to wait.

    Returns:
        Those with something new, in the order given; an empty list after timeout seconds.

    Raises:
        TopicTypeError: One of them is no Subscriber (a TypeError).
        TopicValueError: No subscribers and no timeout, or a negative one (a ValueError).
        ClosedError: One of them is closed, or is closed meanwhile by another thread (a ValueError).
    """
    # A Subscriber is iterable as well, and has no end.
    if issubclass(type(subscribers), Subscriber) or not hasattr(type(subscribers), "__iter__"):
        raise TopicTypeError(
            f"select: found {type(subscribers).__name__} {short_repr(subscribers)}; expected a "
            "list of subscribers"
        )
    given = tuple(subscribers)
    for position, subscriber in enumerate(given):
        if not issubclass(type(subscriber), Subscriber):
            raise TopicTypeError(
                f"select: found {type(subscriber).__name__} {short_repr(subscriber)} at position "
                f"{position}; expected a Subscriber"
            )
    if given:
        return _hot.select(given, timeout)
    seconds = check_timeout("select", timeout)
    if seconds is None:
        raise TopicValueError(
            "select: found no subscribers and no timeout; pass a subscriber or a timeout, "
            "otherwise it would block forever"
        )
    time.sleep(min(seconds, MAX_SLEEP))
    return []
