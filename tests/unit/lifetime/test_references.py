"""The C types release every reference that they take, and no other.

tests/sanitizers/test_refcounts.py looks at all references there are, where a debug build of CPython
is at hand; this looks at the objects that matter on any interpreter.
"""

import gc
import os
import sys
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import (
    ClosedError,
    LayoutError,
    Publisher,
    Subscriber,
    TopicTypeError,
    _hot,
    inspect,
)
from support.layout import write_field

ROUNDS = 500
SLACK = 50
WARM_UP = 10
"""Measurements that may differ: the interpreter fills free lists and specialises code at first."""


def references(*objects: object) -> list[int]:
    # Always asked here: from 3.14 on the caller's code decides if the stack's reference counts.
    gc.collect()
    return [sys.getrefcount(each) for each in objects]


def assert_no_growth(use: Callable[[], Any], *objects: object) -> None:
    """Rounds stop gaining memory, and gaining or losing the objects' references.

    A leak goes on in every round.
    """
    seen: list[tuple[int, list[int]]] = []
    tracemalloc.start()
    try:
        for _ in range(WARM_UP):
            for _ in range(ROUNDS):
                use()
            counts = references(*objects)
            seen.append((tracemalloc.get_traced_memory()[0], counts))
            if len(seen) > 1 and agree(*seen[-2:]):
                return
    finally:
        tracemalloc.stop()
    raise AssertionError(f"bytes and references after {ROUNDS} uses each: {seen}")


def agree(before: tuple[int, list[int]], after: tuple[int, list[int]]) -> bool:
    """Nothing leaked between two measurements. The smallest object takes 16 bytes."""
    same = all(abs(b - a) < SLACK for a, b in zip(before[1], after[1], strict=True))
    return same and after[0] - before[0] < 16 * ROUNDS


TYPES = (Publisher, Subscriber, _hot.Publisher, _hot.Subscriber)
# Not counted from Python 3.12 on: they are immortal there.
CONSTANTS = () if sys.version_info >= (3, 12) else (None, True, False)


def test_types_and_constants_are_given_back_with_every_object() -> None:
    def use() -> None:
        with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
            pub.publish(1.5)
            sub.subscribe()
        with pytest.raises(ClosedError):
            pub.publish(1.5)
        with pytest.raises(ClosedError):
            sub.subscribe()
        Publisher("topic", False).publish(True)
        _hot.Publisher()
        _hot.Subscriber()

    assert_no_growth(use, *TYPES, *CONSTANTS)


def test_default_is_given_back_as_often_as_it_was_taken() -> None:
    default = 2.0**70
    with Subscriber("absent", default) as sub:
        missing, ok = pair = sub.subscribe()
        assert not ok
        assert_no_growth(sub.subscribe, pair, missing, *CONSTANTS)
        assert sub.subscribe() is pair
    (number,) = references(pair)
    del sub
    assert references(pair) == [number - 1], "the subscriber's own"


def test_pair_last_returned_is_given_back_as_often_as_it_was_taken() -> None:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(1.5)
        pair = sub.subscribe()
        value, _ = pair
        assert_no_growth(sub.subscribe, pair, value, *CONSTANTS)
        (number,) = references(pair)
        pub.publish(2.5)
        sub.subscribe()
        assert references(pair) == [number - 1], "the subscriber's own"
        assert pair == (1.5, True)


def test_published_object_is_not_kept() -> None:
    class Reading:
        def __float__(self) -> float:
            return 2.5

        __index__ = None

    with Publisher("topic", 0.0) as pub:
        reading: Any = Reading()
        assert_no_growth(lambda: pub.publish(reading), reading, Reading)
        gone = weakref.ref(reading)
        reading = None
        assert gone() is None


def test_refused_object_is_not_kept() -> None:
    thing: Any = object()
    with Publisher("topic", 0) as pub:

        def use() -> None:
            with pytest.raises(TopicTypeError):
                pub.publish(thing)

        assert_no_growth(use, thing)


def test_arguments_of_setting_up_are_given_back() -> None:
    path, pair = os.fsencode("/dev/shm/shm_pub_sub.absent"), (2.5, False)
    sub: Any = Subscriber("absent", 2.5)
    assert_no_growth(lambda: sub._open(path, 3, pair, 0, 1, True, None), path, pair)
    number = references(path, pair)
    sub.close()
    assert references(path) == [number[0] - 1]
    sub = None
    assert references(pair) == [number[1] - 1]


def test_corrupt_memory_costs_nothing() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        write_field(Path(inspect("topic").path), "head", 2**63)

        def use() -> None:
            with pytest.raises(LayoutError):
                sub.subscribe()

        assert_no_growth(use, sub, *TYPES)
        assert not pub.closed


def test_subscriber_that_follows_gives_everything_back() -> None:
    default = 2.0**70
    sub = Subscriber("topic", default)

    def use() -> None:
        with Publisher("topic", 0.0) as pub:
            pub.publish(1.5)
            assert sub.subscribe() == (1.5, True)
        assert sub.subscribe() == (default, False)

    assert_no_growth(use, sub, sub.subscribe()[0], *TYPES, *CONSTANTS)
