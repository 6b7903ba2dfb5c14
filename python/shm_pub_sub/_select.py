"""select(): what it accepts. The waiting is in C (hot/select.c)."""

from __future__ import annotations

import time

from . import _hot
from ._arguments import shown
from ._errors import TopicTypeError, TopicValueError
from ._subscriber import Subscriber

TYPE_CHECKING = False  # not from typing, whose import costs more than all else here
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


_EXPECTED = "expected seconds, 0 or more, or None to wait without end"
_CENTURIES = 4e9
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
            f"select: found {type(subscribers).__name__} {shown(subscribers)}; expected a list of "
            "subscribers"
        )
    given = tuple(subscribers)
    for position, subscriber in enumerate(given):
        if not issubclass(type(subscriber), Subscriber):
            raise TopicTypeError(
                f"select: found {type(subscriber).__name__} {shown(subscriber)} at position "
                f"{position}; expected a Subscriber"
            )
    if given:
        return _hot.select(given, timeout)
    if timeout is None:
        raise TopicValueError(
            "select: found no subscribers and no timeout; expected one of them: it would never end"
        )
    _sleep(timeout)
    return []


def _sleep(timeout: Any) -> None:
    kind = type(timeout)
    if kind is bool or not (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
        raise TopicTypeError(
            f"select: found a timeout of {kind.__name__} {shown(timeout)}; {_EXPECTED}"
        )
    if not timeout >= 0:
        raise TopicValueError(f"select: found a timeout of {shown(timeout)}; {_EXPECTED}")
    time.sleep(float(min(timeout, _CENTURIES)))
