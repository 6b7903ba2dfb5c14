"""Opening and closing objects forever leaks nothing."""

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from shm_pub_sub import Publisher, ShmError, Subscriber, inspect, topics

ROUNDS = 10_000
SPANS = 3
MEBIBYTE = 2**20


class Usage(NamedTuple):
    mappings: int
    descriptors: int
    threads: int
    resident: int


def usage() -> Usage:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Usage(
        len(Path("/proc/self/maps").read_text().splitlines()),
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        len(os.listdir("/proc/self/task")),  # noqa: PTH208
        pages * os.sysconf("SC_PAGE_SIZE"),
    )


def grown(before: Usage, after: Usage) -> list[str]:
    """Return what grows more than chance explains."""
    # Go may start a thread or map an arena at any time, but not one per round.
    room = Usage(mappings=20, descriptors=0, threads=3, resident=2 * MEBIBYTE)
    return [
        name
        for name, was, is_, chance in zip(Usage._fields, before, after, room, strict=True)
        if is_ > was + chance
    ]


def check_growth(use: Callable[[], None], rounds: int = ROUNDS) -> None:
    """Check that Usage is constant in one of three spans; a leak grows in each of them."""
    # Long enough for Go's heap, its stacks and malloc's arenas to have their size.
    for _ in range(rounds // 2):
        use()
    seen = [usage()]
    for _ in range(SPANS):
        for _ in range(rounds):
            use()
        seen.append(usage())
        if not grown(*seen[-2:]):
            return
    raise AssertionError(f"{grown(*seen[-2:])} grew {SPANS} times: {seen}")


def test_ten_thousand_publishers_and_subscribers_leave_nothing() -> None:
    def use() -> None:
        pub = Publisher("topic", 0.0)
        sub = Subscriber("topic", 0.0)
        pub.publish(1.5)
        assert sub.subscribe() == (1.5, True)
        sub.close()
        pub.close()

    check_growth(use)


@pytest.mark.soak
def test_ten_thousand_that_nobody_closes_leave_nothing() -> None:
    def use() -> None:
        Publisher("topic", 0).publish(1)
        Subscriber("topic", 0).subscribe()

    check_growth(use)


@pytest.mark.soak
def test_a_subscriber_that_follows_ten_thousand_publishers_keeps_its_size() -> None:
    sub = Subscriber("topic", -1)

    def use() -> None:
        with Publisher("topic", 0, 5) as pub:
            pub.publish(1)
            assert sub.subscribe() == (1, True)
        assert sub.subscribe() == (-1, False)

    check_growth(use)


@pytest.mark.soak
def test_ten_thousand_refusals_leave_nothing() -> None:
    with Publisher("topic", 0) as pub, Subscriber("later", 0) as sub, Publisher("later", 0.5):
        no_default: Any = None
        no_int: Any = "1"

        def use() -> None:
            for action in (
                lambda: Publisher("topic", 0),
                lambda: Publisher("topic", no_default),
                lambda: Subscriber("topic", 0.5),
                lambda: pub.publish(no_int),
                lambda: pub.publish(2**63),
                sub.subscribe,
                lambda: inspect("missing"),
            ):
                with pytest.raises(ShmError):
                    action()

        check_growth(use, ROUNDS // 2)


@pytest.mark.soak
def test_ten_thousand_looks_leave_nothing() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)

        def use() -> None:
            assert len(topics()) == 1
            assert inspect("topic").alive
            assert repr(pub)
            assert repr(sub)
            assert sub.publisher_alive

        check_growth(use, ROUNDS // 2)


def test_a_million_values_leave_nothing() -> None:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        publish, subscribe = pub.publish, sub.subscribe
        values = [1000.5 + number for number in range(100)]

        def use() -> None:
            for value in values:
                publish(value)
                subscribe()

        check_growth(use)
