"""Threads share objects: no crash, no hang, and only documented errors."""

import contextlib
import random
import threading
from typing import Any

import pytest
from shm_pub_sub import ClosedError, ExistsError, Publisher, ShmError, Subscriber, inspect, topics
from support.programs import Run
from support.waiting import DEADLINE, SECONDS, run_threads


def test_many_threads_publish_and_subscribe_on_shared_objects() -> None:
    published = {-1.0, *(float(number) for number in range(1000))}
    with Publisher("topic", 0.0) as pub, Subscriber("topic", -1.0) as sub:

        def write() -> None:
            pub.publish(float(random.randrange(1000)))

        def read() -> None:
            value, _ = sub.subscribe()
            assert value in published

        run_threads([write] * 4 + [read] * 4)
        assert sub.subscribe()[1] is True


def test_what_one_thread_publishes_never_goes_backwards_for_another() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", -1) as sub:
        counter = iter(range(10**9))
        last: dict[int, int] = {}

        def write() -> None:
            pub.publish(next(counter))

        def read() -> None:
            value, _ = sub.subscribe()
            me = threading.get_ident()
            assert value >= last.get(me, -1)
            last[me] = value

        run_threads([write, read, read, read])


def test_closing_a_subscriber_during_other_threads_reads_is_safe() -> None:
    shared = {"sub": Subscriber("topic", -1)}
    with Publisher("topic", 0) as pub:
        pub.publish(1)

        def read() -> None:
            with contextlib.suppress(ClosedError):
                assert shared["sub"].subscribe() == (1, True)

        def close() -> None:
            old = shared["sub"]
            shared["sub"] = Subscriber("topic", -1)
            old.close()

        run_threads([read] * 4 + [close] * 2)


def test_closing_a_publisher_during_other_threads_calls_is_safe() -> None:
    shared: dict[str, Publisher[int]] = {"pub": Publisher("topic", 0)}
    sub = Subscriber("topic", -1)

    def write() -> None:
        with contextlib.suppress(ClosedError):
            shared["pub"].publish(1)

    def close() -> None:
        shared["pub"].close()
        shared["pub"] = Publisher("topic", 0)

    def read() -> None:
        assert sub.subscribe() in {(1, True), (-1, False)}

    run_threads([write] * 3 + [read] * 3 + [close])
    shared["pub"].close()


def test_many_threads_make_replace_and_close_the_same_topic() -> None:
    sub = Subscriber("topic", -1)

    def make() -> None:
        with (
            contextlib.suppress(ExistsError, ClosedError),
            Publisher("topic", 0, random.randint(1, 50)) as pub,
        ):
            pub.publish(1)

    def replace() -> None:
        with (
            contextlib.suppress(ExistsError, ClosedError),
            Publisher("topic", 0, replace=True) as pub,
        ):
            pub.publish(2)

    def read() -> None:
        assert sub.subscribe() in {(1, True), (2, True), (-1, False)}

    def look() -> None:
        topics()
        with contextlib.suppress(LookupError):
            inspect("topic")
        repr(sub)
        assert sub.publisher_alive in (True, False)

    run_threads([make] * 3 + [replace] * 2 + [read] * 2 + [look], 2 * SECONDS)
    assert sub.subscribe() == (-1, False)


def test_exactly_one_of_many_threads_becomes_the_publisher() -> None:
    for attempt in range(50):
        made: list[Publisher[int]] = []
        refused: list[ShmError] = []
        barrier = threading.Barrier(6)

        def make(
            made: Any = made, refused: Any = refused, barrier: Any = barrier, n: int = attempt
        ) -> None:
            barrier.wait(DEADLINE)
            try:
                made.append(Publisher(f"topic/{n}", 0))
            except ExistsError as error:
                refused.append(error)

        threads = [threading.Thread(target=make) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        assert (len(made), len(refused)) == (1, 5)


def test_first_use_of_the_library_by_many_threads_at_once(run_python: Run) -> None:
    ended = run_python(
        "import threading\n"
        "from shm_pub_sub import *\n"
        "barrier = threading.Barrier(8)\n"
        "results = []\n"
        "def use(n):\n"
        "    barrier.wait()\n"
        "    with Publisher(f'topic/{n}', 0) as pub, Subscriber(f'topic/{n}', -1) as sub:\n"
        "        pub.publish(n)\n"
        "        results.append(sub.subscribe() == (n, True))\n"
        "threads = [threading.Thread(target=use, args=(n,)) for n in range(8)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "assert results == [True] * 8, results\n"
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""


def test_objects_are_made_and_collected_in_any_thread() -> None:
    def use() -> None:
        name = f"topic/{threading.get_ident()}"
        pub = Publisher(name, 0)
        pub.publish(1)
        assert Subscriber(name, -1).subscribe() == (1, True)

    run_threads([use] * 6)


@pytest.mark.parametrize("retained", [False, True])
def test_subscriber_shared_by_threads_follows_the_topic(retained: bool) -> None:
    sub = Subscriber("topic", -1)
    values = {-1, *range(100)}

    def publish() -> None:
        with Publisher("topic", 0, random.randint(1, 2000), retain=retained) as pub:
            for value in range(100):
                pub.publish(value)

    def read() -> None:
        value, ok = sub.subscribe()
        assert value in values
        assert ok is (value != -1)

    run_threads([publish] + [read] * 4)
    with Publisher("topic", 0) as pub:
        pub.publish(5)
        assert sub.subscribe() == (5, True)
