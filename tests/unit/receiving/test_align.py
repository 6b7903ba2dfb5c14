"""align(): which samples it gives, what it refuses, what it leaves to others."""

import gc
import re
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub import (
    ClosedError,
    Publisher,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    WaitTimeoutError,
    align,
)
from support.waiting import later

Pairs = list[tuple["Publisher[int]", "Subscriber[int]"]]


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = [(Publisher(f"topic/{n}", 0, 8), Subscriber(f"topic/{n}", 0)) for n in range(3)]
    yield made
    for publisher, subscriber in made:
        publisher.close()
        subscriber.close()


@pytest.fixture
def subscribers(pairs: Pairs) -> list["Subscriber[int]"]:
    return [subscriber for _, subscriber in pairs]


def publish(pairs: Pairs, *values: int | None, at: int) -> None:
    for (publisher, _), value in zip(pairs, values, strict=True):
        if value is not None:
            publisher.publish_at(value, at)


def values(found: Any) -> list[int]:
    return [sample.value for sample in found]


def test_a_set_has_one_sample_of_each_subscriber_in_their_order(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    now = time.monotonic_ns()
    publish(pairs, 1, 2, 3, at=now)
    found = align(reversed(subscribers), tolerance=0).recv(0)
    assert type(found) is tuple
    assert values(found) == [3, 2, 1]
    assert [(s.sequence, s.time_ns) for s in found] == [(1, now)] * 3
    assert all(0 <= s.age < 60 for s in found)


def test_with_names_a_set_is_a_dict(pairs: Pairs, subscribers: list["Subscriber[int]"]) -> None:
    publish(pairs, 1, 2, 3, at=time.monotonic_ns())
    found = align(subscribers, tolerance=0, names=["c", "b", "a"]).recv(0)
    assert {name: sample.value for name, sample in found.items()} == {"c": 1, "b": 2, "a": 3}
    assert list(found) == ["c", "b", "a"]


def test_each_set_is_given_once_and_what_is_in_none_is_counted(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    now = time.monotonic_ns() - 10**9
    aligned = align(subscribers, tolerance=0.001)
    assert (aligned.dropped, aligned.spread, aligned.worst_spread) == ((0, 0, 0), 0.0, 0.0)
    for step in range(3):
        publish(pairs, step, step, None, at=now + step * 10**8)
    publish(pairs, None, None, 2, at=now + 2 * 10**8 + 500_000)
    assert values(aligned.recv(0)) == [2, 2, 2]
    assert aligned.dropped == (0, 0, 0), "those before the first set do not count"
    assert aligned.spread == aligned.worst_spread == 0.0005
    with pytest.raises(WaitTimeoutError):
        aligned.recv(0)
    for step in range(3, 6):
        publish(pairs, step, None, step, at=now + step * 10**8)
    publish(pairs, None, 5, None, at=now + 5 * 10**8 + 1)
    assert values(aligned.recv(0)) == [5, 5, 5]
    assert aligned.dropped == (2, 0, 2)
    assert (aligned.spread, aligned.worst_spread) == (1e-9, 0.0005)


def test_takes_nothing_from_the_subscribers(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    publish(pairs, 1, 2, 3, at=time.monotonic_ns())
    first, second = align(subscribers, tolerance=0), align(subscribers, tolerance=0)
    assert values(first.recv(0)) == values(second.recv(0)) == [1, 2, 3]
    assert [subscriber.drain() for subscriber in subscribers] == [[1], [2], [3]]
    assert [subscriber.lost for subscriber in subscribers] == [0, 0, 0]
    publish(pairs, 4, 5, 6, at=time.monotonic_ns())
    assert [subscriber.recv(0) for subscriber in subscribers] == [4, 5, 6]
    assert values(first.recv(0)) == [4, 5, 6]


def test_waits_for_the_last_of_them(pairs: Pairs, subscribers: list["Subscriber[int]"]) -> None:
    aligned = align(subscribers, tolerance=60)
    for missing in range(3):
        now = time.monotonic_ns()
        publish(pairs, *(None if n == missing else 1 for n in range(3)), at=now)
        with pytest.raises(WaitTimeoutError):
            aligned.recv(0.01)
        with later(0.05, pairs[missing][0].publish, 1):
            assert values(aligned.recv(20)) == [1, 1, 1]


def test_of_several_values_with_one_time_it_takes_the_last(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    now = time.monotonic_ns()
    publish(pairs, 1, 1, 1, at=now)
    publish(pairs, 2, None, None, at=now)
    aligned = align(subscribers, tolerance=0)
    assert values(aligned.recv(0)) == [2, 1, 1]
    publish(pairs, 3, 3, 3, at=now)
    with pytest.raises(WaitTimeoutError):
        aligned.recv(0)


def test_a_loop_ends_when_a_subscriber_is_closed(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    publish(pairs, 1, 2, 3, at=time.monotonic_ns())
    aligned = align(subscribers, tolerance=1)
    found = []
    for one in aligned:
        found.append(values(one))
        threading.Timer(0.02, subscribers[1].close).start()
    assert found == [[1, 2, 3]]
    assert list(aligned) == []
    with pytest.raises(ClosedError, match=r"'topic/1': found a closed subscriber"):
        aligned.recv()


def test_a_subscriber_that_is_set_up_again_ends_it(subscribers: list["Subscriber[int]"]) -> None:
    aligned = align(subscribers, tolerance=1)
    Subscriber.__init__(subscribers[2], "topic/2", 0)
    with pytest.raises(ClosedError, match="__init__ was called again"):
        aligned.recv(0)
    assert list(aligned) == []


def test_values_that_are_too_old_are_left_out(pairs: Pairs) -> None:
    now = time.monotonic_ns()
    publish(pairs, 1, 1, 1, at=now - 3 * 10**9)
    with Subscriber("topic/0", 0, max_age=2.0) as fresh:
        both = [fresh, pairs[1][1]]
        assert values(align([pairs[0][1], pairs[1][1]], tolerance=0).recv(0)) == [1, 1]
        aligned = align(both, tolerance=0)
        with pytest.raises(WaitTimeoutError):
            aligned.recv(0)
        publish(pairs, 2, 2, None, at=time.monotonic_ns())
        assert values(aligned.recv(0)) == [2, 2]


def test_what_a_dead_publisher_left_is_no_candidate_unless_it_is_retained(pairs: Pairs) -> None:
    now = time.monotonic_ns()
    publish(pairs, 1, 1, 1, at=now)
    with Subscriber("kept", 0) as kept:
        both = align([kept, pairs[0][1]], tolerance=0)
        with Publisher("kept", 0, retain=True) as publisher:
            publisher.publish_at(5, now)
        assert values(both.recv(0)) == [5, 1]
        with Publisher("kept", 0) as successor:
            pairs[0][0].publish_at(2, now)
            with pytest.raises(WaitTimeoutError):
                both.recv(0)  # the carried value was in a set already
            now = time.monotonic_ns()
            successor.publish_at(6, now)
            pairs[0][0].publish_at(3, now)
            assert values(both.recv(0)) == [6, 3]
            assert both.dropped == (0, 1), "of one publisher only"
            successor.publish(7)
            pairs[0][0].publish(4)
        with pytest.raises(WaitTimeoutError):
            both.recv(0)


def test_a_topics_error_is_raised_as_recv_does(
    pairs: Pairs, subscribers: list["Subscriber[int]"]
) -> None:
    aligned = align(subscribers, tolerance=1)
    pairs[0][0].close()
    with Publisher("topic/0", 0.5), pytest.raises(TopicTypeError, match="float"):
        aligned.recv(1)
    with Publisher("topic/0", 0) as again:
        publish(pairs[1:], 2, 3, at=time.monotonic_ns())
        again.publish(1)
        assert values(aligned.recv(1)) == [1, 2, 3]


def test_what_it_refuses(subscribers: list["Subscriber[int]"]) -> None:
    one = subscribers[0]

    def refused(error: type[Exception], text: str, *given: Any, **options: Any) -> None:
        with pytest.raises(error, match=text):
            align(*given, **{"tolerance": 1, **options})

    refused(
        TopicTypeError, "align: found shm_pub_sub._subscriber.Subscriber <.*; expected a list", one
    )
    refused(TopicTypeError, "found int 5; expected a list of subscribers", 5)
    refused(TopicTypeError, "found str 'b' at position 1; expected a Subscriber", [one, "b"])
    refused(
        TopicValueError, "'topic/0' at positions 0 and 2; expected each", [*subscribers[:2], one]
    )
    refused(TopicValueError, "found no subscribers; expected one or more", [])
    for tolerance in (-1, -1e-9, float("inf"), float("nan"), 10**400):
        text = "found a tolerance of .*; expected seconds, 0 or more and finite"
        refused(TopicValueError, text, [one], tolerance=tolerance)
    for tolerance in (None, "1", True, [1]):
        refused(TopicTypeError, "found a tolerance of ", [one], tolerance=tolerance)
    refused(TopicTypeError, "names of str 'ab'; expected a list of str", [one], names="ab")
    refused(TopicTypeError, "names of int 5", [one], names=5)
    refused(TopicTypeError, "the name 5 of int; expected a str", [one], names=[5])
    refused(TopicValueError, "2 names for 1 subscribers; expected one", [one], names=["a", "b"])
    refused(TopicValueError, "the name 'a' twice", subscribers, names=["b", "a", "a"])
    one.close()
    refused(ClosedError, "found a closed subscriber", [one])
    with pytest.raises(TypeError, match="tolerance"):
        align([one])  # type: ignore[call-arg]


@pytest.mark.parametrize("tolerance", [1e10, 1e300, 2**70])
def test_a_tolerance_may_be_longer_than_any_time(
    pairs: Pairs, subscribers: list["Subscriber[int]"], tolerance: float
) -> None:
    aligned = align(subscribers, tolerance=tolerance)
    publish(pairs[:1], 1, at=1)
    publish(pairs[1:], 2, 3, at=time.monotonic_ns())
    assert values(aligned.recv(0)) == [1, 2, 3]


def test_timeouts(pairs: Pairs, subscribers: list["Subscriber[int]"]) -> None:
    aligned = align(subscribers, tolerance=0.25)
    publish(pairs, 1, None, 1, at=time.monotonic_ns() - 10**9)
    started = time.monotonic()
    with pytest.raises(WaitTimeoutError) as error:
        aligned.recv(timeout=0.05)
    assert re.sub(r"\d[\d.]* s old", "AGE", str(error.value)) == (
        "align: found no new set within 0.05 s; the newest samples: 'topic/0' AGE, 'topic/1' none, "
        "'topic/2' AGE; expected one of each topic within 0.25 s of the others"
    )
    assert time.monotonic() - started >= 0.05
    with pytest.raises(TopicValueError):
        aligned.recv(-1)
    with pytest.raises(TopicTypeError):
        aligned.recv("1")  # type: ignore[arg-type]


def test_is_one_iterator_with_a_name(subscribers: list["Subscriber[int]"]) -> None:
    aligned = align(subscribers, tolerance=0.02)
    assert iter(aligned) is aligned
    assert aligned.__aiter__() is aligned
    assert repr(aligned) == "<Alignment of 'topic/0', 'topic/1', 'topic/2' within 0.02 s>"
    assert type(aligned) is shm_pub_sub.Alignment
    with pytest.raises(TopicTypeError, match="cannot pickle an alignment"):
        aligned.__reduce__()


def test_keeps_its_subscribers_and_is_collected_with_them(pairs: Pairs) -> None:
    class Own(Subscriber[int]):
        aligned: Any

    own = Own("topic/0", 0)
    own.aligned = align([own, pairs[1][1]], tolerance=1)
    publish(pairs, 1, 2, 3, at=time.monotonic_ns())
    assert values(own.aligned.recv(0)) == [1, 2]
    gone = weakref.ref(own), weakref.ref(own.aligned)
    del own
    gc.collect()
    assert [each() for each in gone] == [None, None]
