"""Waiting for a value in a test, in any test framework. The pytest plugin has the fixtures."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import shm_pub_sub
from shm_pub_sub import Subscriber

from ._arguments import check_timeout, short_repr
from ._brief import Brief, brief
from ._records_kinds import fields_of
from ._text import listed, printable

_T = TypeVar("_T")

__all__ = ["wait_for"]

_SHOWN = 8
"""The most values, or names of topics, in the text of a failure."""


def wait_for(
    subscriber: Subscriber[_T], expected: Callable[[_T], object] | object, timeout: float = 5.0
) -> _T:
    """Wait until a topic has the expected value, and return it.

    It checks the latest value, however old it is, and then takes each value that the subscriber has
    not taken yet, up to the first that is as expected. So it misses no value that lasted only for a
    moment.

    Args:
        subscriber: Its publisher may start later.
        expected: What the value must equal (a pytest.approx() too; arrays in all elements and in
            shape, records in all fields), or a function that returns whether a value is as
            expected.
        timeout: Seconds to wait at most.

    Raises:
        AssertionError: The value did not come in time. The text has the values received, the latest
            one with its age, and whether the publisher is alive.
        TopicTypeError: The publisher's type is not the subscriber's, or timeout is no number (a
            TypeError).
        TopicValueError: timeout is negative or NaN (a ValueError).
        ClosedError: The subscriber is closed, or was closed meanwhile (a ValueError).
    """
    __tracebackhide__ = True  # pytest then shows the line of the test
    wanted: Any = expected
    is_it: Callable[[Any], object] = (
        wanted if callable(wanted) else lambda value: _equal(value, wanted)
    )
    seconds = check_timeout(f"wait for {subscriber.name!r}", timeout)
    deadline = time.monotonic() + (float("inf") if seconds is None else seconds)
    newest, ok = subscriber.subscribe()
    if ok and is_it(newest):
        return newest
    seen: deque[_T] = deque(maxlen=_SHOWN)
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
    received = ", ".join(map(_shown, seen)) or "nothing"
    if count > len(seen):
        received = f"{count} values, the last of them {received}"
    if subscriber.lost:
        received += f"; {subscriber.lost} were lost"
    raise AssertionError(
        f"wait for {what} of {subscriber.name!r}: not seen within {timeout} s\n"
        f"  received: {received}\n"
        f"  {_state(subscriber)}"
    )


def _equal(value: Any, wanted: Any) -> bool:
    # Each part by itself: a comparison of arrays has no truth.
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() == wanted.keys() and all(_equal(value[k], wanted[k]) for k in value)
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_equal, value, wanted))
    if type(value) is type(wanted) and (names := _compared(type(value))) is not None:
        return all(_equal(getattr(value, name), getattr(wanted, name)) for name in names)
    numpy = sys.modules.get("numpy")
    is_array = numpy is not None and isinstance(value, numpy.ndarray)
    # What numpy must not take apart compares itself, as pytest.approx() does.
    if numpy is None or not is_array or getattr(wanted, "__array_ufunc__", numpy) is None:
        return bool(value == wanted)
    return bool(numpy.array_equal(value, wanted))


def _compared(cls: type) -> list[str] | None:
    """Return the fields by which two records of a class are compared; None for other classes."""
    if is_dataclass(cls):
        return [field.name for field in fields(cls) if field.compare]
    found = fields_of(cls)
    return None if found is None else list(found)


def _shown(value: Any) -> str:
    if isinstance(value, (bool, int, float, str, bytes)):
        return short_repr(value)
    short = brief(value)
    return str(short) if isinstance(short, Brief) else short_repr(value)


def _state(subscriber: Any) -> str:
    directory, trust = subscriber._directory, subscriber._trust
    try:
        topic = shm_pub_sub.inspect(subscriber.name, trust=trust, directory=directory)
    except shm_pub_sub.TopicNotFoundError:
        topics = shm_pub_sub.topics(trust=trust, directory=directory)
        there = listed([repr(topic.name) for topic in topics], _SHOWN) or "no topic"
        where = printable(directory)
        return f"publisher: none, no topic of this name; in {where} there is: {there}"
    except shm_pub_sub.ShmError as error:
        return f"publisher: {error}"
    newest = "none yet" if topic.age is None else f"number {topic.published}, {topic.age:.3f} s old"
    if not topic.trusted:
        return f"publisher: none; the name is of user {topic.uid}, who is not trusted"
    state = "is alive" if topic.alive else "has ended"
    return f"newest value: {newest}\n  publisher: process {topic.pid} {state}"
