"""select(): the check of its arguments. The waiting is in C (hot/select.c)."""

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
"""Seconds; time.sleep() refuses much more."""


def select(subscribers: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Wait until subscribers have values to receive, and return those subscribers.

    It takes no value: call try_recv() or drain() on each. A subscriber whose topic has become
    unreadable is returned too, and its try_recv() raises the error.

    Args:
        subscribers: Subscribers of any types; with a timeout there may be none.
        timeout: Seconds to wait at most; None to wait without end, 0 not to wait.

    Returns:
        Those with a value to receive, in the order given; an empty list after timeout seconds.

    Raises:
        TopicTypeError: One of them is no Subscriber (a TypeError).
        TopicValueError: There is no subscriber and no timeout, or it is negative (a ValueError).
        ClosedError: One of them is closed, or is closed meanwhile (a ValueError).
    """
    # A Subscriber is iterable too, without end.
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
