"""Threads that publish large arrays, whose copies let others run; closing, signals, forks."""

import contextlib
import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import ClosedError, ForkedError, LoanError, Publisher
from support.forked import Forked
from support.waiting import repeating, run_threads, until

from ._file import newest, published

MEBIBYTE = 2**20
LARGE = 9 * MEBIBYTE  # bytes: more than SOURCE_GIL_LIMIT in hot/source_copy.h


def is_whole(directory: Path) -> bool:
    """Report whether all bytes of the newest value agree."""
    value = newest(directory).value
    return len(set(value)) == 1


@pytest.mark.parametrize("loans", [1, 3])
def test_each_thread_publishes_whole_values(shm_dir: Path, loans: int) -> None:
    counts = [0, 0, 0]
    with Publisher("topic", np.zeros(LARGE, np.uint8), 2, views=0, loans=loans) as pub:

        def of(i: int) -> Any:
            value = np.full(LARGE, i, np.uint8)

            def publish() -> None:
                pub.publish(value)
                counts[i] += 1

            return publish

        def strided() -> None:
            pub.publish(flipped)
            counts[2] += 1

        flipped = np.full(2 * LARGE, 2, np.uint8)[::-2]
        run_threads([of(0), of(1), strided])
        assert published(shm_dir) == sum(counts)
        assert is_whole(shm_dir)
        with contextlib.ExitStack() as stack:  # every chunk is free again
            for _ in range(loans):
                stack.enter_context(pub.loan())


def test_a_thread_that_publishes_all_the_time_lets_others_publish() -> None:
    value = np.ones(LARGE, np.uint8)
    others, meanwhile = [0], []
    with Publisher("topic", value, 1, views=0) as pub:

        def publish() -> None:
            pub.publish(value)
            others[0] += 1

        with repeating(publish):
            until(lambda: others[0])
            for _ in range(31):
                before = others[0]
                pub.publish(value)
                meanwhile.append(others[0] - before)
    assert sum(meanwhile) < 500, meanwhile  # a thousand by each thread that may go first again


def test_a_loan_waits_for_a_copy_that_has_its_chunk(shm_dir: Path) -> None:
    value = np.ones(LARGE, np.uint8)
    with Publisher("topic", np.zeros(LARGE, np.uint8), 1, views=0) as pub:

        def publish() -> None:
            with contextlib.suppress(LoanError):  # in the other thread's block
                pub.publish(value)

        def lend() -> None:
            with pub.loan() as a:  # never a LoanError: nobody else has a loan
                a[:] = 2

        run_threads([publish, lend])
        assert is_whole(shm_dir)


def test_others_publish_inside_a_block_if_loans_allow_it(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(1000), loans=2) as pub, pub.loan() as a:
        thread = threading.Thread(target=pub.publish, args=(np.ones(1000),))
        thread.start()
        thread.join()
        assert newest(shm_dir) == (1, np.ones(1000).tobytes())
        a[:] = 2
    assert pub.closed


def test_closing_while_threads_publish_and_lend() -> None:
    shared = {"pub": Publisher("topic", np.zeros(LARGE, np.uint8), 1, views=0)}
    value = np.ones(LARGE, np.uint8)
    flipped = np.ones(2 * LARGE, np.uint8)[::-2]

    def publish() -> None:
        with contextlib.suppress(ClosedError, LoanError):
            shared["pub"].publish(value)

    def publish_flipped() -> None:
        with contextlib.suppress(ClosedError, LoanError):
            shared["pub"].publish_many([flipped, value])

    def lend() -> None:
        with contextlib.suppress(ClosedError, LoanError), shared["pub"].loan() as a:
            a[:1000] = 1

    def close() -> None:
        shared["pub"].close()
        shared["pub"] = Publisher("topic", np.zeros(LARGE, np.uint8), 1, views=0)

    run_threads([publish, publish_flipped, lend, close])
    shared["pub"].close()


class Alarm(Exception):
    pass


def test_signals_during_copies_and_waits_for_them(shm_dir: Path) -> None:
    def raise_alarm(number: int, frame: FrameType | None) -> None:
        if alarms % 2:
            pub.publish(value)
        raise Alarm

    value = np.ones(LARGE, np.uint8)
    alarms = 0
    before = signal.signal(signal.SIGALRM, raise_alarm)
    try:
        with Publisher("topic", np.zeros(LARGE, np.uint8), 1, views=0) as pub:
            with repeating(lambda: pub.publish(value), lambda: pub.publish(value)) as failed:
                while alarms < 100 and not failed.is_set():
                    with contextlib.suppress(Alarm):
                        try:
                            signal.setitimer(signal.ITIMER_REAL, 0.003)
                            while True:
                                pub.publish(value)
                        finally:
                            signal.setitimer(signal.ITIMER_REAL, 0)
                    alarms += 1
            with pub.loan() as a:
                a[:] = 2
            assert is_whole(shm_dir)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert alarms == 100


def test_a_child_that_is_forked_during_a_copy(shm_dir: Path) -> None:
    value = np.ones(LARGE, np.uint8)
    with (
        Publisher("topic", np.zeros(LARGE, np.uint8), 1, views=0) as pub,
        repeating(lambda: pub.publish(value)),
    ):

        def steps() -> Any:
            with pytest.raises(ForkedError):
                pub.publish(value)
            with pytest.raises(ForkedError):
                pub.loan()
            pub.close()
            yield "alive"

        for _ in range(10):
            seen = published(shm_dir)
            child = Forked(steps)
            assert child.next() == "alive"
            child.end()
            until(lambda seen=seen: published(shm_dir) > seen, "another value")  # type: ignore[misc]


def test_a_child_that_is_forked_in_a_block(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(1000)) as pub:
        one = pub.loan()
        a = one.__enter__()
        a[:] = 1

        def steps() -> Any:
            a[:] = 2  # mapped here too, and the same memory
            part = a[1:]
            with pytest.raises(ForkedError):
                one.__exit__(None, None, None)
            del part
            with Publisher("other", np.zeros(1000)) as other, other.loan() as b:
                b[:] = 3
            yield os.getpid()

        child = Forked(steps)
        assert child.next() == child.pid
        child.end()
        assert published(shm_dir) == 0
        one.__exit__(None, None, None)
        assert newest(shm_dir) == (1, np.full(1000, 2.0).tobytes())


def test_a_value_whose_conversion_uses_the_publisher(shm_dir: Path) -> None:
    class Index:
        def __init__(self, act: Any) -> None:
            self.act = act

        def __index__(self) -> int:
            self.act()
            return 7

    pub = Publisher("topic", [0, 0])
    pub.publish([1, Index(lambda: pub.publish([5]))])
    assert newest(shm_dir) == (2, np.array([1, 7]).tobytes())
    values: list[Any] = [2]
    values.insert(0, Index(values.clear))
    pub.publish(values)
    assert newest(shm_dir) == (3, np.array([7]).tobytes())
    with pytest.raises(ClosedError):
        pub.publish([Index(pub.close), 2])
    for default in ([0], np.uint8(0)):
        for publish in ("publish", "publish_many"):
            again = Publisher("topic", default)
            value = Index(lambda again=again: again.__init__("topic", ""))
            wrapped: Any = [value] if isinstance(default, list) else value
            with pytest.raises(ClosedError):
                getattr(again, publish)([wrapped] if publish == "publish_many" else wrapped)
            assert published(shm_dir) == 0
            again.close()


def test_an_element_that_opens_the_publisher_again_and_does_not_fit() -> None:
    class Index:
        def __index__(self) -> int:
            pub.__init__("topic", np.zeros(2))  # type: ignore[misc]
            return 2**70

    with Publisher("topic", [0]) as pub, pytest.raises(ClosedError):
        pub.publish([Index()])


# Deprecated from numpy 2.5 on, but it is what a thread can do to an array.
@pytest.mark.filterwarnings("ignore:Setting the shape on a NumPy array:DeprecationWarning")
def test_an_array_that_another_thread_reshapes(shm_dir: Path) -> None:
    rows = np.ones((2, LARGE), np.uint8)
    value = rows[:, : LARGE // 2]
    with Publisher("topic", np.ones((2, LARGE // 2), np.uint8), 1, views=0) as pub:

        def reshape() -> None:
            value.shape = (2, 1, LARGE // 2)  # memory for its shape and strides of its own
            value.shape = (2, LARGE // 2)

        def publish() -> None:
            with contextlib.suppress(TypeError):
                pub.publish_many([value, value[:, ::-1], value])

        run_threads([publish, publish, reshape])
        assert is_whole(shm_dir)
