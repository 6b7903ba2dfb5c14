"""publish_at() and the time of a loan."""

import contextlib
import ctypes
import struct
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import (
    ClosedError,
    ForkedError,
    LoanError,
    Publisher,
    RangeError,
    Subscriber,
    TopicTypeError,
    TopicValueError,
)
from support.forked import ForkChild
from support.layout import FIRST_SLOT, topic_file, write_at

SECOND = 10**9


@dataclass
class Pose:
    x: float = 0.0
    n: int = 0


class Pair(NamedTuple):
    x: float = 0.0
    image: Any = np.zeros(100)


class Raw(ctypes.Structure):
    _fields_ = (("x", ctypes.c_double),)


EVERY_TYPE: dict[str, tuple[Any, Any]] = {
    "bool": (False, True),
    "int": (0, 3),
    "float": (0.0, 2.5),
    "complex": (0j, 1 + 2j),
    "uint8": (np.uint8(0), 200),
    "text": ("", "grün"),
    "bytes": (b"", b"\0\1"),
    "list": ([0.0] * 9, [1.0, 2.0]),
    "small array": (np.zeros(3), np.ones(3)),
    "array": (np.zeros((50, 3)), np.ones((50, 3))),
    "array.array": (array("d", [0.0] * 50), array("d", [1.0] * 50)),
    "record": (Pose(), Pose(1.5, 2)),
    "large record": (Pair(), Pair(1.0, np.ones(100))),
    "dict": ({"x": 0.0}, {"x": 1.5}),
    "structure": (Raw(), Raw(1.5)),
    "records": ([Pose()] * 4, [Pose(1.0, 1)]),
}


def ago(ns: int) -> int:
    return time.monotonic_ns() - ns


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Raw):
        return bytes(a) == bytes(b)
    if isinstance(a, tuple):
        return all(map(same, a, b))
    return np.array_equal(a, b) if isinstance(a, (np.ndarray, array)) else a == b


@pytest.mark.parametrize("kind", EVERY_TYPE)
@pytest.mark.parametrize("copy", [True, False])
def test_the_time_is_the_sample_s(kind: str, copy: bool) -> None:
    default, value = EVERY_TYPE[kind]
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default, copy=copy) as sub:
        first = ago(SECOND)
        pub.publish_at(value, first)
        pub.publish_at(value, time_ns=first)
        pub.publish_at(value, first + 5)
        pub.publish(value)
        found = sub.since(first - 1)
        assert [s.time_ns for s in found[:3]] == [first, first, first + 5]
        assert all(same(s.value, value) for s in found)
        assert 1 <= found[0].age < 60
        at = sub.at(first + 2)
        assert at is not None
        assert at.sequence == 2
        assert same(at.value, value)
        assert same(sub.after(first + 1).value, value)
        received = [sub.recv_sample() for _ in range(4)]
        assert [s.time_ns for s in received] == [s.time_ns for s in found]


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_a_time_that_is_refused_publishes_nothing(kind: str) -> None:
    default, value = EVERY_TYPE[kind]
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default) as sub:
        first = ago(SECOND)
        pub.publish_at(value, first)
        for wrong, error in [
            (0, "found time_ns=0; expected 1 or more"),
            (-5, "found time_ns=-5; expected 1 or more"),
            (first - 1, f"found time_ns={first - 1}; expected {first} or more, the time of the"),
            (2**80, r"found time_ns=120892\d+; expected \d+, which is now, or less"),
            (10**400, r"found time_ns=10{50,}\.\.\.; expected \d+, which is now, or less"),
            (-(10**400), r"found time_ns=-10{50,}\.\.\.; expected 1 or more"),
            (
                ago(-3600 * SECOND),
                r"found time_ns=\d+, 3[56]\d\d\S* s ahead of the clock; expected \d+, wh",
            ),
            (time.time_ns(), r"it looks like time.time_ns\(\): take time.monotonic_ns\(\)"),
            (int(time.monotonic()), r"it looks like seconds: take time.monotonic_ns\(\)"),
            (int(time.time()), r"it looks like seconds: take time.monotonic_ns\(\)"),
        ]:
            with pytest.raises(TopicValueError, match=error):
                pub.publish_at(value, wrong)
        wrongs: list[Any] = [True, None, "1", 1.5, [1]]
        for wrong in wrongs:
            with pytest.raises(
                TopicTypeError, match=r"as time_ns; expected an int: nanoseconds on"
            ):
                pub.publish_at(value, wrong)
        assert [s.sequence for s in sub.since(0)] == [1]
        pub.publish(value)
        assert sub.sample() is not None


def test_a_float_is_told_what_to_take() -> None:
    with Publisher("topic", 0) as pub:
        with pytest.raises(TopicTypeError, match=r"; take time.monotonic_ns\(\)$"):
            pub.publish_at(1, time.monotonic())  # type: ignore[arg-type]
        with pytest.raises(TopicTypeError, match=r"; write int\(x\)$"):
            pub.publish_at(1, 1e12)  # type: ignore[arg-type]


def test_anything_with_an_index_is_a_time() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish_at(1, np.int64(5))
        pub.publish_at(2, ctypes.c_int64(7).value)
        assert [s.time_ns for s in sub.since(0)] == [5, 7]


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_the_value_s_error_comes_first(kind: str) -> None:
    default, value = EVERY_TYPE[kind]
    with Publisher("topic", default) as pub:
        wrong_value = object()
        with pytest.raises(TopicTypeError) as plain:
            pub.publish(wrong_value)
        with pytest.raises(TopicTypeError) as timed:
            pub.publish_at(wrong_value, "x")  # type: ignore[arg-type]
        assert str(timed.value) == str(plain.value)
    for wrong in (0, "x"):
        with pytest.raises(ClosedError):
            pub.publish_at(value, wrong)  # type: ignore[arg-type]


def test_numbers_that_do_not_fit_and_texts_that_are_too_long() -> None:
    now = time.monotonic_ns()
    with Publisher("a", 0) as number, Publisher("b", "", max_size=3) as text:
        with pytest.raises(RangeError):
            number.publish_at(2**63, now)
        with pytest.raises(TopicValueError, match="max_size 3"):
            text.publish_at("four", now)


@pytest.mark.parametrize(
    ("arguments", "words", "error"),
    [
        ([], {}, r"takes 2 arguments, value and time_ns \(0 given\)"),
        ([1], {}, "missing 1 required argument: 'time_ns'"),
        ([1, 2, 3], {}, r"takes 2 arguments, value and time_ns \(3 given\)"),
        ([1, 2], {"time_ns": 3}, "got multiple values for argument 'time_ns'"),
        ([1], {"time": 3}, "got an unexpected keyword argument 'time'; expected time_ns="),
        ([], {"value": 1, "time_ns": 3}, r"takes 2 arguments, value and time_ns \(0 given\)"),
    ],
)
def test_its_arguments(arguments: list[Any], words: dict[str, Any], error: str) -> None:
    with Publisher("topic", 0) as pub, pytest.raises(TypeError, match=rf"publish_at\(\) {error}"):
        pub.publish_at(*arguments, **words)


def test_ages_count_from_the_measurement() -> None:
    with (
        Publisher("topic", 0) as pub,
        Subscriber("topic", 7, max_age=0.5) as fresh,
        Subscriber("topic", 7) as any_age,
    ):
        pub.publish_at(1, ago(SECOND))
        assert fresh.subscribe() == (7, False)
        assert any_age.subscribe() == (1, True)
        assert (shm_pub_sub.inspect("topic").age or 0) >= 1


def test_a_successor_goes_on_from_the_carried_value() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish_at(1, first := ago(SECOND))
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        for time_ns in (first - 1, first):
            with pytest.raises(
                TopicValueError,
                match=f"expected {first + 1} or more, after the value that was carried over; publ",
            ):
                pub.publish_at(2, time_ns)
        pub.publish_at(2, first + 1)
        pub.publish_at(3, first + 1)
        assert [s.time_ns - first for s in sub.since(0)] == [0, 1, 1]


def test_no_value_has_the_time_of_one_that_was_carried_over() -> None:
    """It would count as received with that one, from the file of the publisher after it."""
    first = ago(SECOND)
    with Publisher("topic", 0, retain=True) as pub:
        sub = Subscriber("topic", 0)
        pub.publish_at(1, first)
    with Publisher("topic", 0, retain=True) as pub:
        for time_ns in (first, first + 1):
            with contextlib.suppress(TopicValueError):
                pub.publish_at(2, time_ns)
                break
    with Publisher("topic", 0), sub:
        assert sub.drain() == [1, 2]
        assert sub.lost == 0


def test_a_carried_value_of_an_earlier_boot_does_not_count(shm_dir: Path) -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
        write_at(topic_file(shm_dir), FIRST_SLOT + 40, struct.pack("<Q", ago(-3600 * SECOND)))
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish_at(2, 5)
        pub.publish_at(3, 7)
        assert [(s.value, s.time_ns) for s in sub.since(0)] == [(2, 5), (3, 7)]
        with pytest.raises(TopicValueError, match="expected 7 or more"):
            pub.publish_at(2, 6)


def test_another_publisher_begins_anywhere() -> None:
    with Publisher("topic", 0) as pub:
        pub.publish(1)
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish_at(2, 1)
        assert sub.after(0).time_ns == 1


@pytest.mark.parametrize("default", [np.zeros(3), np.zeros(100), b"\0" * 50, {"a": np.zeros(50)}])
def test_a_loan_has_a_time(default: Any) -> None:
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default) as sub:
        lent = pub.loan()
        assert lent.time_ns is None
        lent.time_ns = first = ago(SECOND)  # before the block
        with lent:
            assert lent.time_ns == first
        with (lent := pub.loan()):
            lent.time_ns = 5
            lent.time_ns = np.int64(first + 1)
            assert lent.time_ns == first + 1
        with (lent := pub.loan()):
            lent.time_ns = first
            lent.time_ns = None
            begun = time.monotonic_ns()
        assert lent.time_ns is None
        found = [s.time_ns for s in sub.since(0)]
        assert found[:2] == [first, first + 1]
        assert begun <= found[2]


def test_a_loan_s_time_is_checked_when_it_is_set_and_at_the_end() -> None:
    with Publisher("topic", np.zeros(100), 5) as pub, Subscriber("topic", np.zeros(100)) as sub:
        pub.publish_at(np.zeros(100), first := ago(SECOND))
        lent = pub.loan()
        for wrong, error in ((0, TopicValueError), (ago(-SECOND), TopicValueError)):
            with pytest.raises(error, match="found time_ns="):
                lent.time_ns = wrong
        for other in (1.5, True, "x"):
            with pytest.raises(TopicTypeError, match="as time_ns; expected an int"):
                lent.time_ns = other  # type: ignore[assignment]
        with pytest.raises(TypeError, match="cannot delete time_ns"):
            del lent.time_ns
        assert lent.time_ns is None
        lent.time_ns = first - 1
        frame = lent.__enter__()
        frame[:] = 1
        with pytest.raises(TopicValueError, match=f"expected {first} or more"):
            lent.__exit__(None, None, None)
        with pytest.raises(LoanError, match="found one that has ended"):
            lent.time_ns = first
        assert [s.sequence for s in sub.since(0)] == [1]
        for _ in range(3):
            with pub.loan():
                pass


def test_what_a_block_raises_comes_before_its_time() -> None:
    with Publisher("topic", np.zeros(100)) as pub:
        pub.publish(np.zeros(100))
        lent = pub.loan()
        lent.time_ns = 1
        with pytest.raises(ZeroDivisionError), lent:
            raise ZeroDivisionError


def test_a_forked_child_publishes_nothing(fork_child: ForkChild) -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:

        def steps() -> Iterator[str]:
            with pytest.raises(ForkedError):
                pub.publish_at(1, 5)
            yield "refused"

        assert fork_child(steps).next() == "refused"
        assert sub.sample() is None
