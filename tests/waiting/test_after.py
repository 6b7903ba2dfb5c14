"""after(): waiting for the first value at an instant or later."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import (
    ClosedError,
    Publisher,
    Sample,
    Subscriber,
    TopicTypeError,
    WaitTimeoutError,
)
from support.forked import ForkChild
from support.go import GoPublisher
from support.waiting import DEADLINE, until


class Waiter(threading.Thread):
    """Calls a function, and keeps what it returned or raised."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._function = function
        self._found: Any = None
        self.start()

    def run(self) -> None:
        try:
            self._found = self._function()
        except Exception as error:
            self._found = error

    def asleep(self) -> bool:
        call = Path(f"/proc/self/task/{self.native_id}/syscall").read_text().split()[0]
        return call not in ("running", "-1")

    def result(self) -> Any:
        self.join(DEADLINE)
        assert not self.is_alive(), "hangs"
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


def now() -> int:
    return time.monotonic_ns()


def test_it_returns_at_once_if_the_value_is_there() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)
        assert sub.after(0, 0).value == 1
        with pytest.raises(
            WaitTimeoutError, match="wait for a value of 'topic': found none within"
        ):
            sub.after(now(), 0)
        with pytest.raises(TimeoutError):
            sub.after(now(), timeout=0.001)


def test_unread_values_keep_it_no_busier_than_it_has_to_be() -> None:
    with Publisher("topic", 0, 3) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many([1, 2, 3])
        instant, used = now(), time.thread_time()
        with pytest.raises(WaitTimeoutError):
            sub.after(instant, 0.5)
        assert time.thread_time() - used < 0.1
        assert sub.drain() == [1, 2, 3]


def test_values_before_the_instant_do_not_end_the_wait() -> None:
    with Publisher("topic", 0, 3) as pub, Subscriber("topic", 0) as sub:
        pub.publish(0)
        instant = now() + 30_000_000
        waiter = Waiter(lambda: sub.after(instant, 20))
        count = 0
        while waiter.is_alive():
            count += 1
            pub.publish(count)
        found = waiter.result()
        assert found.time_ns >= instant
        assert found.value > 1
        taken = sub.recv()
        assert isinstance(taken, int)


def test_it_is_woken_by_each_publisher_to_come() -> None:
    with Subscriber("topic", 0) as sub:
        before: Sample[int] | None = None
        for turn in range(6):
            instant = 0 if before is None else before.time_ns + 1
            waiter = Waiter(lambda instant=instant: sub.after(instant, 20))
            until(waiter.asleep)
            with (GoPublisher if turn % 2 else Publisher)("topic", 0) as pub:
                if turn > 2:
                    until(lambda: sub._mapped)  # type: ignore[attr-defined]
                    until(waiter.asleep)
                pub.publish(turn)
                before = waiter.result()
                assert before is not None
                assert (before.value, before.sequence) == (turn, 1)


@pytest.mark.parametrize("retain", [False, True])
def test_it_waits_on_when_the_publisher_ends(retain: bool) -> None:
    with Subscriber("topic", 0) as sub:
        pub = Publisher("topic", 0, retain=retain)
        pub.publish(1)
        instant = now()
        waiter = Waiter(lambda: sub.after(instant, 20))
        until(waiter.asleep)
        pub.close()
        until(waiter.asleep)
        with Publisher("topic", 0) as pub:
            pub.publish(2)
            assert waiter.result().value == 2


def test_a_dead_publisher_s_successor_ends_the_wait(fork_child: ForkChild) -> None:
    def steps() -> Iterator[str]:
        pub = Publisher("topic", 0)
        pub.publish(1)
        yield "published"

    with Subscriber("topic", 0) as sub:
        child = fork_child(steps)
        assert child.next() == "published"
        assert sub.after(0, 20).value == 1
        instant = now()
        waiter = Waiter(lambda: sub.after(instant, 20))
        until(waiter.asleep)
        child.kill()
        with Publisher("topic", 0) as pub:
            pub.publish(2)
            assert waiter.result().value == 2


def test_a_retained_value_is_found_without_its_publisher() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    with Subscriber("topic", 0) as sub:
        assert sub.after(0, 0).value == 1
        assert [found.value for found in sub.since(0)] == [1]
        assert (sub.at(0) or (None,))[0] == 1
    with Publisher("topic", 0):
        pass  # removes it


def test_values_that_are_too_old_are_not_found() -> None:
    with Publisher("topic", 0, 9) as pub, Subscriber("topic", 0, max_age=1e-9) as sub:
        pub.publish(1)
        start = now()
        until(lambda: now() > start)
        with pytest.raises(WaitTimeoutError):
            sub.after(0, 0)
        assert sub.at(0) is None
        assert sub.since(0) == []


def test_max_age_counts_from_the_measurement() -> None:
    with Publisher("topic", 0, 9) as pub, Subscriber("topic", 0, max_age=10) as sub:
        old = now() - 20 * 10**9
        for value, ns in enumerate([old, old, old + 1, new := now(), now()]):
            pub.publish_at(value, ns)
        assert [found.value for found in sub.since(0)] == [3, 4]
        assert sub.after(0, 0).value == 3
        for instant, value in ((0, 3), (old, 3), (new - 10**9, 3), (now(), 4)):
            found = sub.at(instant)
            assert found is not None
            assert found.value == value


@pytest.mark.parametrize("default", [0, "", np.zeros(3), np.zeros(9999)])
@pytest.mark.parametrize("copy", [True, False])
def test_threads_wait_for_one_subscriber(default: Any, copy: bool) -> None:
    value = "x" if isinstance(default, str) else default + 1
    with Publisher("topic", default) as pub, Subscriber("topic", default, copy=copy) as sub:
        instant = now()
        waiters = [Waiter(lambda: sub.after(instant, 20)) for _ in range(4)]
        until(lambda: all(waiter.asleep() for waiter in waiters))
        pub.publish(value)
        for waiter in waiters:
            assert np.all(waiter.result().value == value)


def test_another_type_ends_the_wait_as_it_does_that_of_recv() -> None:
    with Subscriber("topic", 0) as sub:
        waiter = Waiter(lambda: sub.after(0, 20))
        until(waiter.asleep)
        with (
            Publisher("topic", ""),
            pytest.raises(TopicTypeError, match="found a topic of type str"),
        ):
            waiter.result()


@pytest.mark.parametrize("published", [True, False])
def test_close_ends_the_wait(published: bool) -> None:
    with Subscriber("topic", 0) as sub:
        pub = Publisher("topic", 0) if published else None
        waiter = Waiter(lambda: sub.after(0))
        until(waiter.asleep)
        sub.close()
        with pytest.raises(ClosedError):
            waiter.result()
        for call in (sub.at, sub.since, sub.after):
            with pytest.raises(ClosedError):
                call(0)
        if pub is not None:
            pub.close()


def test_setting_it_up_again_ends_the_wait() -> None:
    with Subscriber("topic", 0) as sub, Publisher("topic", 0), Publisher("other", 0) as other:
        other.publish(1)
        waiter = Waiter(lambda: sub.after(0))
        until(waiter.asleep)
        sub.__init__("other", 0)  # type: ignore[misc]
        with pytest.raises(ClosedError, match=r"closed subscriber|__init__ was called again"):
            waiter.result()


def test_signal_handlers_run_and_may_raise() -> None:
    class StopWaiting(Exception):
        pass

    def stop(*_: object) -> None:
        handled.append(1)
        if len(handled) == 2:
            raise StopWaiting

    handled: list[int] = []
    before = signal.signal(signal.SIGUSR1, stop)
    main = threading.main_thread()
    try:
        with Publisher("topic", 0), Subscriber("topic", 0) as sub:

            def interrupt() -> None:
                for count in (1, 2):
                    signal.pthread_kill(main.ident or 0, signal.SIGUSR1)
                    until(lambda count=count: len(handled) >= count)

            sender = Waiter(interrupt)
            with pytest.raises(StopWaiting):
                sub.after(0, DEADLINE)
            sender.result()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_forked_child_waits_with_a_copy(fork_child: ForkChild) -> None:
    with Publisher("topic", 0, 5) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)
        assert sub.after(0).value == 1

        def steps() -> Iterator[list[int]]:
            found = sub.after(0, 20)
            yield [found.value]
            yield [sub.after(found.time_ns + 1, 20).value, *[s.value for s in sub.since(0)]]

        child = fork_child(steps)
        assert child.next() == [1]
        pub.publish(2)
        assert child.next() == [2, 1, 2]


def test_the_time_s_own_code_may_close_it() -> None:
    class Closing:
        def __index__(self) -> int:
            sub.close()
            return 0

    for name in ("at", "after", "since"):
        with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
            pub.publish(1)
            with pytest.raises(ClosedError):
                getattr(sub, name)(Closing())


def test_a_publisher_at_full_speed_is_read_in_order() -> None:
    """Values are overwritten while they are searched and copied."""
    default = np.zeros(40)
    ends = time.monotonic() + 0.7
    with Publisher("topic", default, 2) as pub, Subscriber("topic", default) as sub:

        def publish() -> None:
            number = 0
            while time.monotonic() < ends:
                number += 1
                pub.publish(np.full(40, float(number)))

        waiter, at, seen = Waiter(publish), 0, 0
        while waiter.is_alive() or not seen:
            found = sub.after(at, 20) if waiter.is_alive() else sub.at(now())
            assert found is not None
            assert found.time_ns >= at or not waiter.is_alive()
            assert (found.value == found.value[0]).all()
            assert found.value[0] == found.sequence
            kept = sub.since(0)
            assert [s.sequence for s in kept] == sorted({s.sequence for s in kept})
            assert [s.time_ns for s in kept] == sorted(s.time_ns for s in kept)
            at, seen = kept[-1].time_ns if kept else at, seen + 1
        waiter.result()
