"""max_age=: the guard against a publisher that lives but hangs."""

import math
import time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError, TopicValueError, inspect, remove
from support.waiting import until

NANOSECOND = 1e-9


def let_time_pass(nanoseconds: int) -> None:
    start = time.monotonic_ns()
    until(lambda: time.monotonic_ns() > start + nanoseconds)


@pytest.mark.parametrize(
    ("age", "found"), [(3600, (1, True)), (None, (1, True)), (NANOSECOND, (7, False))]
)
def test_value_is_read_until_it_is_too_old(age: float | None, found: tuple[int, bool]) -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 7, max_age=age) as sub:
        pub.publish(1)
        let_time_pass(1000)
        assert sub.subscribe() == found
        assert sub.subscribe() == found


def test_age_counts_from_the_publish_not_from_the_first_read() -> None:
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        let_time_pass(20_000_000)
        with Subscriber("topic", 7, max_age=0.02) as sub:
            assert sub.subscribe() == (7, False)


def test_value_ages_while_it_is_being_read_and_a_new_one_is_young_again() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 7, max_age=0.2) as sub:
        for value in (1, 2):

            def read_after_publish(value: int = value) -> bool:
                pub.publish(value)
                return sub.subscribe() == (value, True)  # False if this process had to wait

            until(read_after_publish)
            until(lambda: sub.subscribe() == (7, False))
            assert sub.publisher_alive


def test_each_subscriber_has_an_age_of_its_own() -> None:
    with (
        Publisher("topic", 0) as pub,
        Subscriber("topic", 7, max_age=NANOSECOND) as strict,
        Subscriber("topic", 8, max_age=3600) as lax,
        Subscriber("topic", 9) as any_age,
    ):
        pub.publish(1)
        let_time_pass(1000)
        assert strict.subscribe() == (7, False)
        assert lax.subscribe() == (1, True)
        assert any_age.subscribe() == (1, True)


def test_retained_value_ages_too() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    with Subscriber("topic", 7, max_age=NANOSECOND) as sub:
        let_time_pass(1000)
        assert sub.subscribe() == (7, False)
    with Subscriber("topic", 7, max_age=3600) as sub:
        assert sub.subscribe() == (1, True)
    remove("topic")


def test_inspect_tells_the_age_in_seconds() -> None:
    with Publisher("topic", 0) as pub:
        assert inspect("topic").age is None
        before = time.monotonic()
        pub.publish(1)
        let_time_pass(10_000_000)
        age = inspect("topic").age
        after = time.monotonic()
        assert age is not None
        assert 0.01 <= age <= after - before


@pytest.mark.parametrize("age", [1, 1.5, 1e-9, 9e9, 10**9])
def test_any_positive_number_of_seconds_is_accepted(age: float) -> None:
    Subscriber("topic", 0, max_age=age).close()


@pytest.mark.parametrize(
    "age",
    [0, -1, 0.0, -0.5, math.nan, math.inf, -math.inf, 1e300, pytest.param(10**400, id="10**400")],
)
def test_other_numbers_are_value_errors(age: Any) -> None:
    with pytest.raises(TopicValueError, match="max_age"):
        Subscriber("topic", 0, max_age=age)


@pytest.mark.parametrize("age", [Fraction(1, 2), Decimal("0.5"), np.float32(0.5), np.int64(1)])
def test_what_a_timeout_may_be_an_age_may_be(age: Any) -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", -1, max_age=age) as sub:
        pub.publish(1)
        newest = sub.sample()
        assert newest is None or newest.value == 1, "it is a busy machine"
        assert sub.recv(age) == 1
    for impossible in (Fraction(10**400), Decimal("NaN"), np.float32("inf"), Fraction(0)):
        with pytest.raises(TopicValueError, match="max_age"):
            Subscriber("topic", 0, max_age=impossible)


@pytest.mark.parametrize("age", ["1", b"1", True, [1], 1j, object(), np.str_("1"), np.zeros(2)])
def test_what_is_no_number_is_a_type_error(age: Any) -> None:
    with pytest.raises(TopicTypeError, match="max_age"):
        Subscriber("topic", 0, max_age=age)
