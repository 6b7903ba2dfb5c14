"""Waiting for a value in a test, whatever runs it. The fixtures for pytest are its plugin's."""

from __future__ import annotations

import time
from collections import deque

import shm_pub_sub

from ._arguments import check_timeout, short_repr
from ._text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from shm_pub_sub import Subscriber

    _T = TypeVar("_T", bool, int, float)

__all__ = ["wait_for"]

_SHOWN = 8
"""Values, or names of topics, that the text of a failure shows."""


def wait_for(
    subscriber: Subscriber[_T], expected: Callable[[_T], object] | object, timeout: float = 5.0
) -> _T:
    """Wait until a topic has the expected value, and return it.

    The newest value counts, however old it is. After it each one that this subscriber has not
    taken yet is looked at in turn, so that a value which was there for a moment only is not missed,
    and taken, up to the first that is as expected. In between it sleeps.

    Args:
        subscriber: Its publisher may come later.
        expected: What the value is to be equal to (a pytest.approx() too), or a function that says
            of each value whether it is the one.
        timeout: Seconds to wait at most.

    Raises:
        AssertionError: It was not seen in time. The text says what was received instead, which
            value is the newest, how old it is, and whether the publisher lives.
        TopicTypeError: The publisher's type is not the subscriber's (a TypeError).
        ClosedError: The subscriber is closed, or is closed meanwhile (a ValueError).
    """
    __tracebackhide__ = True  # pytest then shows the line of the test
    wanted: Any = expected
    is_it: Callable[[Any], object] = (
        wanted if callable(wanted) else lambda value: bool(value == wanted)
    )
    seconds = check_timeout(f"wait for {subscriber.name!r}", timeout)
    deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
    newest, ok = subscriber.subscribe()
    if ok and is_it(newest):
        return newest
    seen: list[_T] | deque[_T] = deque(maxlen=_SHOWN)
    count = 0
    while True:
        try:
            value = subscriber.recv(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            break
        if is_it(value):
            return value
        seen.append(value)
        count += 1
        if time.monotonic() > deadline:
            break  # its publisher never pauses
    what = f"{wanted.__qualname__}()" if hasattr(wanted, "__qualname__") else short_repr(wanted)
    received = ", ".join(map(short_repr, seen)) or "nothing"
    if count > len(seen):
        received = f"{count} values, the last of them {received}"
    if subscriber.lost:
        received += f"; {subscriber.lost} were lost"
    raise AssertionError(
        f"wait for {what} of {subscriber.name!r}: not seen within {timeout} s\n"
        f"  received: {received}\n"
        f"  {_state(subscriber)}"
    )


def _state(subscriber: Any) -> str:
    """Say what is known of the subscriber's topic now."""
    directory, trust = subscriber._directory, subscriber._trust
    try:
        topic = shm_pub_sub.inspect(subscriber.name, trust=trust, directory=directory)
    except shm_pub_sub.TopicNotFoundError:
        there = shm_pub_sub.topics(trust=trust, directory=directory)
        names = [repr(topic.name) for topic in there]
        listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "") or "no topic"
        where = printable(directory)
        return f"publisher: none, no topic of this name; in {where} there is: {listed}"
    except shm_pub_sub.ShmError as error:
        return f"publisher: {error}"
    newest = "none yet" if topic.age is None else f"number {topic.published}, {topic.age:.3f} s old"
    if not topic.trusted:
        return f"publisher: none; the name is of user {topic.uid}, who is not trusted"
    state = "lives" if topic.alive else "has ended"
    return f"newest value: {newest}\n  publisher: process {topic.pid} {state}"
