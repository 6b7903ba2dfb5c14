"""recv(), try_recv(), iteration and lost: every value in turn."""

import math
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber, TopicTypeError, remove
from support.layout import topic_file, write_field
from support.waiting import until


def test_values_come_in_the_order_of_their_publication() -> None:
    with Publisher("topic", 0, 5) as pub, Subscriber("topic", 0) as sub:
        for n in range(5):
            pub.publish(n)
        assert [sub.recv() for _ in range(5)] == [0, 1, 2, 3, 4]
        assert sub.lost == 0


@pytest.mark.parametrize(
    "values", [[True, False, True], [0, -(2**63), 2**63 - 1], [0.0, -0.0, 5e-324, math.inf]]
)
def test_values_come_back_as_what_they_were(values: list[Any]) -> None:
    with Publisher("topic", values[0], 4) as pub, Subscriber("topic", values[0]) as sub:
        for value in values:
            pub.publish(value)
        received = [sub.recv() for _ in values]
        assert [repr(value) for value in received] == [repr(value) for value in values]


def test_an_equal_value_published_again_is_another_one() -> None:
    with Publisher("topic", 0, 3) as pub, Subscriber("topic", 0) as sub:
        for _ in range(3):
            pub.publish(7)
        assert sub.drain() == [7, 7, 7]


def test_try_recv_returns_none_if_nothing_is_new() -> None:
    with Subscriber("topic", 0) as sub:
        assert sub.try_recv() is None
        with Publisher("topic", 0) as pub:
            assert sub.try_recv() is None
            pub.publish(0)
            assert sub.try_recv() == 0
            assert sub.try_recv() is None
        assert sub.try_recv() is None


@pytest.mark.parametrize("buffers", [1, 2, 3, 7, 100])
def test_buffer_num_values_are_kept_and_the_rest_is_lost(buffers: int) -> None:
    with Publisher("topic", 0, buffers) as pub, Subscriber("topic", 0) as sub:
        for n in range(3 * buffers + 1):
            pub.publish(n)
        assert sub.drain() == list(range(2 * buffers + 1, 3 * buffers + 1))
        assert sub.lost == 2 * buffers + 1


def test_reading_the_newest_takes_nothing() -> None:
    with Publisher("topic", 0, 5) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)
        pub.publish(2)
        assert sub.subscribe() == (2, True)
        assert sub.recv() == 1
        assert sub.subscribe() == (2, True)
        assert sub.recv() == 2
        assert sub.subscribe() == (2, True)
        assert sub.try_recv() is None


def test_each_subscriber_takes_for_itself() -> None:
    with Publisher("topic", 0, 5) as pub, Subscriber("topic", 0) as a, Subscriber("topic", 0) as b:
        pub.publish(1)
        pub.publish(2)
        assert a.drain() == [1, 2]
        assert b.drain() == [1, 2]


def test_an_ended_publisher_s_values_come_before_the_next_one_s() -> None:
    with Subscriber("topic", 0) as sub:
        assert sub.try_recv() is None
        first = Publisher("topic", 0, 5)
        first.publish(1)
        assert sub.recv() == 1
        first.publish(2)
        first.publish(3)
        first.close()
        with Publisher("topic", 0, 2) as second:
            second.publish(4)
            assert sub.subscribe() == (4, True)  # which moves on to the second one's
            second.publish(5)
            assert [sub.recv() for _ in range(4)] == [2, 3, 4, 5]
            assert sub.lost == 0


def test_an_ended_publisher_s_values_can_still_be_received() -> None:
    with Subscriber("topic", 0) as sub:
        assert sub.try_recv() is None
        with Publisher("topic", 0, 3) as pub:
            pub.publish(1)
            assert sub.recv() == 1
            pub.publish(2)
            pub.publish(3)
        assert sub.subscribe() == (0, False)
        assert sub.recv() == 2
        assert not sub.publisher_alive
        assert sub.recv() == 3
        assert sub.try_recv() is None


def test_nothing_is_left_behind_when_all_of_the_publisher_before_is_taken() -> None:
    with Subscriber("topic", 0) as sub:
        assert sub.try_recv() is None
        for n in (1, 2, 3):
            with Publisher("topic", 0) as pub:
                pub.publish(n)
                assert sub.subscribe() == (n, True)  # which moves on
                if n > 1:
                    assert sub.try_recv() == n - 1
        assert sub.drain() == [3]
        assert sub.lost == 0


def test_what_two_publishers_leave_behind_is_counted() -> None:
    with Subscriber("topic", 0) as sub:
        taken = 0
        for generation in range(3):
            with Publisher("topic", 0, 4) as pub:
                for n in range(4):
                    pub.publish(10 * generation + n)
                if generation == 0:
                    assert sub.recv() == 0
                    taken += 1
                assert sub.subscribe() == (10 * generation + 3, True)
        rest = sub.drain()
        assert rest == [1, 2, 3, 20, 21, 22, 23]
        assert taken + len(rest) + sub.lost == 12


def test_without_a_stream_an_ended_publisher_s_memory_is_not_kept(shm_dir: Path) -> None:
    with Subscriber("topic", 0) as sub:
        for n in range(3):
            with Publisher("topic", 0, 1000) as pub:
                pub.publish(n)
                assert sub.subscribe() == (n, True)
        maps = Path("/proc/self/maps").read_text()
        assert maps.count(str(shm_dir)) <= 1
        assert sub.lost == 2


def test_a_value_kept_by_retain_is_not_received_twice() -> None:
    with Subscriber("topic", 0) as sub:
        for value in (1, 2, 3):
            with Publisher("topic", 0, retain=True) as pub:
                pub.publish(value)
                assert sub.drain() == [value]
        with Publisher("topic", 0):
            assert sub.drain() == []
        late: Subscriber[int] = Subscriber("topic", 0)
        assert late.drain() == []


def test_a_retained_value_is_received_once() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    with Subscriber("topic", 0) as early, Publisher("topic", 0) as pub:
        assert early.drain() == [1]
        with Subscriber("topic", 0) as late:
            assert late.drain() == [1]
            pub.publish(2)
            assert late.drain() == early.drain() == [2]


def test_a_retained_value_that_is_carried_over_is_not_lost() -> None:
    with Publisher("topic", 0, 5, retain=True) as pub, Subscriber("topic", 0) as sub:
        pub.publish(1)
        pub.publish(2)
        pub.close()
        with Publisher("topic", 0) as later:
            assert sub.subscribe() == (2, True)  # which moves on, without a stream yet
            assert sub.drain() == [2]
            assert sub.lost == 1
            later.publish(3)
            assert sub.drain() == [3]
            assert sub.lost == 1


@pytest.mark.parametrize("buffers", [1, 2, 3])
def test_a_value_that_was_carried_over_and_received_is_not_lost(buffers: int) -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0, buffers, retain=True) as pub:
            pub.publish(1)
            assert sub.try_recv() == 1
            pub.publish(2)
        with Publisher("topic", 0, buffers) as pub:
            assert sub.subscribe() == (2, True)  # which moves on
            assert sub.try_recv() == 2
            pub.publish_many(range(3, 3 + buffers))  # nothing is left of what was carried over
            assert sub.drain() == list(range(3, 3 + buffers))
            assert sub.lost == 0


@pytest.mark.parametrize("carried", [True, False])
def test_a_carried_value_that_is_overwritten_is_lost_once(carried: bool) -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0, 3, retain=True) as pub:
            assert sub.subscribe() == (0, False)
            pub.publish_many([1, 2])
        if not carried:
            remove("topic")
        with Publisher("topic", 0, 2) as pub:
            pub.publish_many([3, 4, 5, 6])
            assert sub.subscribe() == (6, True)
            assert sub.drain() == [5, 6]
            assert sub.lost == 4


def test_a_value_carried_over_by_an_older_version_is_received_once_more(shm_dir: Path) -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0, retain=True) as pub:
            pub.publish_many([1, 2])
            assert sub.drain() == [1, 2]
        with Publisher("topic", 0) as pub:
            write_field(topic_file(shm_dir), "carried_time", 0)
            assert sub.subscribe() == (2, True)
            assert sub.drain() == [2]
            pub.publish(3)
            assert sub.drain() == [3]
            assert sub.lost == 0


def test_retained_values_of_publishers_that_were_left_behind_count_once() -> None:
    with Subscriber("topic", 0) as sub:
        first = Publisher("topic", 0, 5, retain=True)
        first.publish_many([1, 2, 3])
        assert sub.recv() == 1
        first.close()
        for values in ([4], [], [5]):
            with Publisher("topic", 0, 5, retain=values != [5]) as pub:
                pub.publish_many(values)
                assert sub.subscribe()[1]
        assert sub.drain() == [2, 3, 4, 5]
        assert sub.lost == 0


@pytest.mark.parametrize("removed", [False, True])
def test_lost_never_falls_where_a_retained_value_may_yet_be_received(removed: bool) -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0, 5, retain=True) as pub:
            pub.publish_many([1, 2, 3])
            assert sub.recv() == 1
        with Publisher("topic", 0, 5, retain=True) as pub:
            pub.publish_many([4, 5])
            assert sub.subscribe() == (5, True)  # 2 and 3 are still to be taken
        if removed:
            remove("topic")
        with Publisher("topic", 0) as pub:
            pub.publish(6)
            assert sub.subscribe() == (
                6,
                True,
            )  # 4 is lost; so is 5 if this publisher has not got it
            assert sub.lost == 1 + removed
            assert sub.drain() == ([2, 3, 6] if removed else [2, 3, 5, 6])
            assert sub.lost == 1 + removed


def test_recv_waits_for_a_publisher_and_its_value() -> None:
    with Subscriber("topic", 0) as sub:
        received: list[int] = []
        thread = threading.Thread(target=lambda: received.append(sub.recv(30)))
        thread.start()
        with Publisher("topic", 0) as pub:
            pub.publish(5)
            thread.join(30)
        assert received == [5]


def test_recv_waits_no_longer_than_its_timeout() -> None:
    with Subscriber("topic", 0) as sub, Publisher("topic", 0):
        for timeout in (0, 0.0, 0.02, 1e-9):
            start = time.monotonic()
            with pytest.raises(TimeoutError, match=r"'topic': found none within"):
                sub.recv(timeout=timeout)
            assert time.monotonic() - start >= timeout


def test_no_timeout_is_too_long() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        for timeout in (None, math.inf, 1e300, 2**62):
            pub.publish(1)
            assert sub.recv(timeout) == 1


@pytest.mark.parametrize("method", ["recv", "recv_sample", "wait_for_publisher"])
def test_a_timeout_is_one_argument(method: str) -> None:
    with Subscriber("topic", 0) as sub:
        wait: Any = getattr(sub, method)
        with pytest.raises(TypeError, match="at most 1 argument"):
            wait(1, 2)
        with pytest.raises(TypeError, match="unexpected keyword argument 'limit'"):
            wait(limit=1)


def test_what_a_timeout_s_own_conversion_raises_goes_through() -> None:
    class Odd:
        def __float__(self) -> float:
            raise LookupError("odd")

    with Subscriber("topic", 0) as sub, pytest.raises(LookupError, match="odd"):
        sub.recv(Odd())  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["recv", "try_recv", "drain", "sample", "recv_sample"])
def test_a_closed_subscriber_raises(method: str) -> None:
    with Publisher("topic", 0) as pub:
        sub: Any = Subscriber("topic", 0)
        pub.publish(1)
        sub.close()
        with pytest.raises(ClosedError):
            getattr(sub, method)()
    with pytest.raises(ClosedError):
        sub.wait_for_publisher()
    with pytest.raises(ClosedError):
        iter(sub)


def test_another_type_s_publisher_is_an_error_and_then_it_goes_on() -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0.0) as other:
            other.publish(1.5)
            for take in (sub.recv, sub.try_recv, sub.drain, sub.sample, sub.recv_sample):
                with pytest.raises(TopicTypeError, match=r"int.*float|float.*int"):
                    take()
        with Publisher("topic", 0) as pub:
            pub.publish(1)
            assert sub.recv() == 1


def asleep(thread: threading.Thread) -> bool:
    """Report whether it waits in futex(2) or clock_nanosleep(2)."""
    if thread.native_id is None:
        return False
    state = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(")")[2]
    return state.split()[0] == "S"


@pytest.mark.parametrize("published", [True, False], ids=["publisher", "no publisher"])
def test_iteration_ends_when_another_thread_closes_it(published: bool) -> None:
    pub = Publisher("topic", 0) if published else None
    sub: Subscriber[int] = Subscriber("topic", 0)
    received: list[int] = []
    thread = threading.Thread(target=lambda: received.extend(sub))
    thread.start()
    until(lambda: asleep(thread))
    if pub is not None:
        pub.publish(3)
        until(lambda: received == [3])
        pub.close()
    sub.close()
    thread.join(30)
    assert not thread.is_alive()


def test_recv_raises_when_another_thread_closes_it() -> None:
    caught: list[Exception] = []
    sub: Subscriber[int] = Subscriber("topic", 0)

    def wait() -> None:
        try:
            sub.recv()
        except ClosedError as error:
            caught.append(error)

    with Publisher("topic", 0):
        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: asleep(thread))
        sub.close()
        thread.join(30)
    assert len(caught) == 1


def test_each_value_goes_to_one_of_the_threads_that_wait() -> None:
    values = 300
    with Publisher("topic", 0, values) as pub, Subscriber("topic", 0) as sub:
        received: list[int] = []
        threads = [threading.Thread(target=lambda: received.extend(sub)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for n in range(values):
            pub.publish(n)
        until(lambda: len(received) == values)
        sub.close()
        for thread in threads:
            thread.join(30)
        assert sorted(received) == list(range(values))


def test_wait_for_publisher() -> None:
    with Subscriber("topic", 0) as sub:
        with pytest.raises(TimeoutError, match="wait for a publisher of 'topic'"):
            sub.wait_for_publisher(0.01)
        thread = threading.Thread(target=sub.wait_for_publisher)
        thread.start()
        with Publisher("topic", 0, retain=True) as pub:
            thread.join(30)
            assert not thread.is_alive()
            sub.wait_for_publisher(0)
            pub.publish(1)
        with pytest.raises(TimeoutError):  # a retained value is no publisher
            sub.wait_for_publisher(0.01)
        with Publisher("topic", 0):
            sub.wait_for_publisher(0)


def test_a_wait_burns_no_processor_time() -> None:
    with Publisher("topic", 0), Subscriber("topic", 0) as sub, Subscriber("none", 0) as nobody:
        for waiting in (sub, nobody):
            before = os.times()
            with pytest.raises(TimeoutError):
                waiting.recv(1.0)
            after = os.times()
            used = after.user + after.system - before.user - before.system
            assert used < 0.2, "of a second"
