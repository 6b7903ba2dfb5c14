"""Subscriber(name): whatever is published, across changes of type."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError

VALUES: list[Any] = [
    True,
    7,
    2.5,
    "text",
    b"bytes",
    [1.0, 2.0],
    1 + 2j,
    np.arange(6, dtype=np.int16).reshape(2, 3),
    np.arange(5000.0),
]


def equal(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(np.all(np.asarray(a == b)))


@pytest.mark.parametrize("copy", [True, False])
def test_it_follows_a_change_of_type(copy: bool) -> None:
    with Subscriber("topic", copy=copy) as sub:
        for value in VALUES:
            with Publisher("topic", value) as pub:
                pub.publish(value)
                found, ok = sub.subscribe()
                assert ok
                assert equal(bytes(found) if isinstance(found, memoryview) else found, value)
                assert len(sub.last(3)) == 1


def test_what_was_published_before_the_change_comes_first() -> None:
    with Subscriber("topic", history=100) as sub:
        for first, second in pairwise(VALUES):
            with Publisher("topic", first) as pub:
                pub.publish(first)
                sub.wait_for_publisher(5)
                pub.publish(first)
            with Publisher("topic", second) as pub:
                pub.publish(second)
                received = [sub.recv(5) for _ in range(3)]
                assert equal(received[0], first)
                assert equal(received[1], first)
                assert equal(received[2], second)
        assert sub.lost == 0


def test_a_drain_has_values_of_two_types() -> None:
    with Subscriber("topic") as sub:
        with Publisher("topic", 0.0) as pub:
            sub.drain()
            pub.publish_many([1.0, 2.0])
        with Publisher("topic", "") as pub:
            pub.publish("text")
            assert sub.drain() == [1.0, 2.0, "text"]


def test_a_drain_into_an_array_stops_at_the_change() -> None:
    into = np.zeros(10)
    with Subscriber("topic") as sub:
        with Publisher("topic", 0.0) as pub:
            sub.drain()
            pub.publish_many([1.0, 2.0])
        with Publisher("topic", 0) as pub:
            pub.publish(3)
            assert sub.drain(into=into) == 2
            with pytest.raises(TopicTypeError, match="int64"):
                sub.drain(into=into)
            assert sub.recv(0) == 3


def test_one_with_a_type_is_told_of_the_change() -> None:
    with Subscriber("topic", np.zeros((2, 3), np.int16)) as sub:
        with Publisher("topic", np.zeros((2, 3), np.int16)) as pub:
            pub.publish(np.ones((2, 3), np.int16))
            assert sub.subscribe()[1]
        with Publisher("topic", ""):
            with pytest.raises(TopicTypeError) as refused:
                sub.subscribe()
            assert "str <= 4096" in str(refused.value)
            assert "int16[2,3]" in str(refused.value)


def test_iteration_callbacks_and_samples_have_any_type() -> None:
    value = np.arange(100.0)
    with Publisher("topic", value, 5) as pub, Subscriber("topic", np.zeros(100)) as sub:
        for n in range(3):
            pub.publish(value + n)
        assert [found[0] for _, found in zip("abc", sub, strict=False)] == [0, 1, 2]
        sample = sub.sample()
        assert sample is not None
        assert sample.sequence == 3
        assert sample.value[0] == 2
        assert sub.try_recv() is None


def test_the_repr_and_the_card_show_the_type() -> None:
    value = np.arange(100.0)
    with Publisher("topic", value) as pub, Subscriber("topic", value) as sub:
        pub.publish(value)
        assert "float64[100]" in repr(sub)
        card = sub._repr_html_()
        assert "float64[100]" in card
        assert "99" in card


def test_a_programs_own_class_reads_arrays() -> None:
    class Camera(Subscriber[Any]):
        def subscribe(self, **arguments: Any) -> Any:
            return super().subscribe(**arguments)

    into = np.zeros(100)
    with Publisher("topic", into) as pub, Camera("topic", into) as sub:
        pub.publish(np.ones(100))
        assert sub.subscribe(into=into)[0] is into
        sub.__init__("other", 0.0)  # type: ignore[misc]
        assert sub.subscribe() == (0.0, False)


def test_a_subscriber_may_be_set_up_for_another_type() -> None:
    sub = Subscriber[Any]("topic", 0.0)
    kind = type(sub)
    assert kind is Subscriber
    sub.__init__("topic", "")  # type: ignore[misc]
    assert isinstance(sub, Subscriber)
    assert type(sub).__name__ == "Subscriber"
    assert sub.subscribe() == ("", False)
    sub.__init__("topic", 1)  # type: ignore[misc]
    assert type(sub) is kind
    sub.close()
