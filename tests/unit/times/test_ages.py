"""at() and after() while the values that they look for become too old one by one."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber, WaitTimeoutError

COUNT = 50_000
STEP = 200  # ns: about what it takes from finding a value to reading it
READS = 200


def reads_while_they_age(read: Callable[["Subscriber[int]"], Any]) -> int:
    with Publisher("topic", 0, COUNT) as pub:
        first = time.monotonic_ns() - COUNT * STEP
        for number in range(COUNT):
            pub.publish_at(number, first + number * STEP)
        newest = first + (COUNT - 1) * STEP
        age = time.monotonic_ns() - first
        with Subscriber("topic", -1, max_age=age / 1e9) as sub:
            reads = 0
            while True:
                try:
                    found = read(sub)
                except WaitTimeoutError:
                    found = None
                if time.monotonic_ns() >= newest + age:
                    return reads  # the newest one is too old as well
                assert found is not None
                reads += 1


@pytest.mark.parametrize(
    "read", [lambda sub: sub.at(0), lambda sub: sub.after(0, 0)], ids=["at", "after"]
)
def test_one_that_is_too_old_when_it_is_read_hides_no_younger_one(
    read: Callable[["Subscriber[int]"], Any],
) -> None:
    reads = 0
    while reads < READS:
        reads += reads_while_they_age(read)
