"""Times in a topic never decrease: at(), after() and since() search by them."""

import contextlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber, TopicTypeError, TopicValueError
from support.counts import dice
from support.waiting import repeating, run_threads, until

from ._slots import times

LARGE = np.ones(9 * 2**20, np.uint8)
"""Copied without the GIL."""


def test_another_thread_publishes_between_the_values_of_a_batch(shm_dir: Path) -> None:
    mixed = [0]
    with Publisher("topic", LARGE, 8, views=0, loans=2) as pub:

        def publish_many() -> None:
            pub.publish_many([LARGE] * 3)
            found = times(shm_dir)
            assert found == sorted(found)
            mixed[0] += len(set(found[-5:])) > 2

        with repeating(publish_many, lambda: pub.publish(LARGE)) as failed:
            until(lambda: mixed[0] > 2 or failed.is_set(), "values between those of a batch", 60)


@pytest.mark.parametrize("default", [0, np.zeros(2), np.zeros(100), ""])
def test_threads_publish_in_every_way(shm_dir: Path, default: Any) -> None:
    random_, refused = dice(), [0, 0]
    value = "x" if isinstance(default, str) else default
    with Publisher("topic", default, 20, loans=None if isinstance(value, int) else 4) as pub:

        def publish_at() -> None:
            ns = time.monotonic_ns() - random_.choice([0, 100, 10_000])
            try:
                pub.publish_at(value, ns)
            except TopicValueError:
                refused[0] += 1
            else:
                refused[1] += 1

        def lend() -> None:
            with contextlib.suppress(TopicValueError), (lent := pub.loan()) as array:
                lent.time_ns = time.monotonic_ns()
                array[:] = 1

        def check() -> None:
            found = times(shm_dir)
            assert found == sorted(found)

        ways = [publish_at, lambda: pub.publish(value), lambda: pub.publish_many([value] * 3)]
        run_threads([*ways, check, *([lend] if isinstance(default, np.ndarray) else [])], 0.5)
    assert all(refused)


class Publishing:
    """A number that publishes, or closes, before it is one."""

    def __init__(self, number: int, act: Any) -> None:
        self._number, self._act = number, act

    def __index__(self) -> int:
        self._act()
        return self._number


def values(kind: str) -> tuple[Any, Any]:
    """A default, and what makes a value of a number."""
    if kind == "large record":
        return {"n": 0, "a": np.zeros(99)}, lambda n: {"n": n, "a": np.zeros(99)}
    plain: dict[str, tuple[Any, Any]] = {
        "int": (0, lambda n: n),
        "int16": (np.int16(0), lambda n: n),
        "list": ([0], lambda n: [n]),
        "record": ({"n": 0}, lambda n: {"n": n}),
        "records": ([{"n": 0}], lambda n: [{"n": n}]),
    }
    return plain[kind]


KINDS = ["int", "int16", "list", "record", "records", "large record"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_s_own_code_publishes_meanwhile(shm_dir: Path, kind: str) -> None:
    default, value_of = values(kind)
    with Publisher("topic", default) as pub:
        for in_value in (True, False):
            before = time.monotonic_ns()
            own = Publishing(1 if in_value else before, lambda: pub.publish(value_of(2)))
            given = (value_of(own), before) if in_value else (value_of(1), own)
            published = len(times(shm_dir))
            with pytest.raises(
                TopicValueError, match=r"expected \d+ or more, the time of the valu"
            ):
                pub.publish_at(*given)
            assert len(times(shm_dir)) == published + 1


@pytest.mark.parametrize("in_value", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_program_s_own_code_closes_meanwhile(kind: str, in_value: bool) -> None:
    default, value_of = values(kind)
    with Publisher("topic", default) as pub:
        before = time.monotonic_ns()
        own = Publishing(1 if in_value else before, pub.close)
        with pytest.raises(ClosedError):
            pub.publish_at(*((value_of(own), before) if in_value else (value_of(1), own)))


@pytest.mark.parametrize("in_value", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_program_s_own_code_changes_the_type_meanwhile(kind: str, in_value: bool) -> None:
    default, value_of = values(kind)
    with Publisher("topic", default) as pub:
        before = time.monotonic_ns()
        own = Publishing(1 if in_value else before, lambda: pub.__init__("topic", 0.0))  # type: ignore[misc]
        with contextlib.suppress(ClosedError, TopicTypeError):
            pub.publish_at(*((value_of(own), before) if in_value else (value_of(1), own)))
        with Subscriber("topic", 0.0) as sub:
            assert sub.sample() is None


def test_what_a_block_publishes_comes_before_its_loan(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(99), loans=2) as pub, Subscriber("topic", np.zeros(99)) as sub:
        before = time.monotonic_ns()

        def block() -> None:
            with (lent := pub.loan()) as array:
                lent.time_ns = before
                array[:] = 1
                pub.publish(np.full(99, 2.0))

        with pytest.raises(TopicValueError, match="the time of the value before"):
            block()
        assert len(times(shm_dir)) == 1
        assert sub.subscribe()[0][0] == 2
        for _ in range(5):  # its chunk is free again
            with pub.loan():
                pass
