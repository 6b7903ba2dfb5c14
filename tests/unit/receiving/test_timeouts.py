"""What a timeout may be: the same wherever one is taken, in C, in Python and in asyncio."""

import asyncio
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import Subscriber, TopicTypeError, TopicValueError
from shm_pub_sub.testing import wait_for


def arecv(sub: Subscriber[int], timeout: Any) -> object:
    return asyncio.run(sub.arecv(timeout))


REFUSED = r"found a timeout of .*; expected seconds, 0 or more"

WAYS: dict[str, Callable[[Subscriber[int], Any], object]] = {
    "recv": lambda sub, timeout: sub.recv(timeout),
    "recv_sample": lambda sub, timeout: sub.recv_sample(timeout),
    "after": lambda sub, timeout: sub.after(0, timeout),
    "wait_for_publisher": lambda sub, timeout: sub.wait_for_publisher(timeout),
    "arecv": arecv,
    "select": lambda sub, timeout: shm_pub_sub.select([sub], timeout),
    "select of none": lambda sub, timeout: shm_pub_sub.select([], timeout),
    "wait_for": lambda sub, timeout: wait_for(sub, 1, timeout),
}


@pytest.fixture
def sub() -> Iterator[Subscriber[int]]:
    with Subscriber("topic", 0) as sub:
        yield sub


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "timeout",
    [-1, -0.5, math.nan, -math.inf, 10**400, -(10**400), Decimal("-1"), Fraction(-1, 2)],
    ids=lambda value: repr(value)[:12],
)
def test_no_time_is_a_value_error(sub: Subscriber[int], way: str, timeout: Any) -> None:
    with pytest.raises(TopicValueError, match=REFUSED):
        WAYS[way](sub, timeout)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("timeout", [True, False, "1", b"1", [1], (), (1, 2), 1j, ...], ids=repr)
def test_no_number_is_a_type_error(sub: Subscriber[int], way: str, timeout: Any) -> None:
    with pytest.raises(TopicTypeError, match=REFUSED):
        WAYS[way](sub, timeout)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "timeout", [0, 0.0, -0.0, Decimal("0"), Fraction(0), np.float32(0), np.int8(0)], ids=repr
)
def test_numbers_of_other_kinds_are_seconds(sub: Subscriber[int], way: str, timeout: Any) -> None:
    if way.startswith("select"):
        assert WAYS[way](sub, timeout) == []
        return
    with pytest.raises((TimeoutError, AssertionError)):
        WAYS[way](sub, timeout)
