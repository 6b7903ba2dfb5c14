"""Reads or writes as fast as possible, until the other side has seen enough."""

import time
from itertools import count
from typing import Any

import shm_pub_sub

from ._mirrored import MIRRORED, Mirrored

SECONDS = 100.0
"""After which it stops, however little was seen."""


def check_reads(subscriber: Any, kind: Mirrored, last: int) -> int | None:
    """Reads once; returns the number read, or None, and checks its order."""
    value, ok = subscriber.subscribe()
    if not ok:
        return None
    number = kind.number(value)
    assert number >= last, f"backwards: {last}, then {number}"
    return number


def spin(topic: str, kind: type) -> tuple[int, int, int]:
    """Reads until the publisher closes.

    Says on topic/seen how many different numbers it saw, and on topic/last the last of them.
    Returns these two and how many reads there were.
    """
    subscriber: Any = shm_pub_sub.Subscriber(topic, MIRRORED[kind].default)
    last, seen = 0, 0
    with (
        shm_pub_sub.Publisher(f"{topic}/last", 0) as newest,
        shm_pub_sub.Publisher(f"{topic}/seen", 0) as progress,
    ):
        progress.publish(0)
        end = time.monotonic() + 2 * SECONDS
        while not subscriber.subscribe()[1]:
            assert time.monotonic() < end
        for reads in count(1):
            number = check_reads(subscriber, MIRRORED[kind], last)
            if number is None:
                return seen, last, reads
            if number != last:
                last, seen = number, seen + 1
                newest.publish(last)
                progress.publish(seen)
    raise AssertionError


def write_until(publisher: Any, kind: Mirrored, least: int, seen: Any, enough: int) -> int:
    """Publishes numbers from 1, at least so many, until the reader saw enough. Returns the last."""
    end = time.monotonic() + SECONDS
    number = 0
    while number < least or seen.subscribe()[0] < enough:
        assert time.monotonic() < end, f"reader saw {seen.subscribe()}"
        for k in range(number + 1, number + 10_001):
            publisher.publish(kind.value(k))
        number += 10_000
        assert number < 2**26
    return number


_spinners: list[Any] = []


def open_spinner(topic: str) -> None:
    _spinners.append(shm_pub_sub.Subscriber(topic, 0))


def spin_until(enough: int) -> int:
    """Reads until it saw enough different numbers, and returns the last of them."""
    last, seen = 0, 0
    end = time.monotonic() + SECONDS
    while seen < enough:
        number = check_reads(_spinners[-1], MIRRORED[int], last)
        if number is None:
            assert last == 0, "nothing there any more"
        elif number != last:
            last, seen = number, seen + 1
        else:
            assert time.monotonic() < end
    return last
