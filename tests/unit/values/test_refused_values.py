"""A value that a topic refuses: which error, and the topic keeps its last value."""

from collections.abc import Iterator
from typing import Any

import pytest
from shm_pub_sub import Publisher, RangeError, ShmError, Subscriber, TopicTypeError


class Array:
    """Like numpy.ndarray of several elements: has neither __index__ nor a usable __float__."""

    def __float__(self) -> float:
        raise TypeError("only length-1 arrays can be converted to Python scalars")


class NoRepr:
    def __repr__(self) -> str:
        raise ZeroDivisionError("repr fails")


NEVER = [None, "1", b"1", [1], (1,), {}, 1j, object(), int]
BOOL_REFUSES = [*NEVER, 0, 1, 0.0]
INT_REFUSES = [*NEVER, 0.0, 1.5, float("nan")]
FLOAT_REFUSES = NEVER
BEYOND = [2**63, -(2**63) - 1, 2**64, 10**30, -(10**30), 10**10_000]


@pytest.fixture(params=[True, 41, 4.25], ids=["bool", "int", "float"])
def topic(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, Any]]:
    """A publisher, a subscriber, and the value published last."""
    value = request.param
    with Publisher("my/topic", value) as pub, Subscriber("my/topic", type(value)(0)) as sub:
        pub.publish(value)
        yield pub, sub, value


Topic = tuple[Any, Any, Any]


def test_wrong_type_is_a_type_error_and_the_topic_keeps_its_value(topic: Topic) -> None:
    pub, sub, last = topic
    refused = {bool: BOOL_REFUSES, int: INT_REFUSES, float: FLOAT_REFUSES}[type(last)]
    for value in refused:
        with pytest.raises(TopicTypeError) as caught:
            pub.publish(value)
        text = str(caught.value)
        assert isinstance(caught.value, TypeError)
        assert isinstance(caught.value, ShmError)
        assert "my/topic" in text
        assert type(value).__name__ in text, "says what was found"
        assert type(last).__name__ in text, "says what is accepted"
        assert sub.subscribe() == (last, True)
        assert type(sub.subscribe()[0]) is type(last)


@pytest.mark.parametrize(
    ("value", "error"), [(Array(), TypeError), (NoRepr(), TopicTypeError)], ids=["array", "no repr"]
)
def test_odd_value_is_still_a_type_error(topic: Topic, value: Any, error: type[Exception]) -> None:
    pub, sub, last = topic
    with pytest.raises(error):
        pub.publish(value)
    assert sub.subscribe() == (last, True)


def test_long_value_is_shortened_in_the_error(topic: Topic) -> None:
    pub, _, _ = topic
    with pytest.raises(TopicTypeError) as caught:
        pub.publish("x" * 1_000_000)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("last", "value", "error", "text"),
    [
        (True, 10**10_000, TopicTypeError, None),  # from Python 3.11 on, its repr() is a ValueError
        *((41, value, RangeError, "2\\*\\*63") for value in BEYOND),
        *((4.25, value, RangeError, None) for value in (10**400, -(10**400))),
    ],
    ids=range(len(BEYOND) + 3),
)
def test_int_that_is_too_large(last: Any, value: int, error: Any, text: str | None) -> None:
    with Publisher("topic", last) as pub, Subscriber("topic", type(last)(0)) as sub:
        pub.publish(last)
        with pytest.raises(error, match=text) as caught:
            pub.publish(value)
        assert isinstance(caught.value, OverflowError if error is RangeError else TypeError)
        assert isinstance(caught.value, ShmError)
        assert sub.subscribe() == (last, True)


@pytest.mark.parametrize("arguments", [(), (1, 2)])
def test_publish_takes_exactly_one_value(arguments: tuple[int, ...]) -> None:
    with Publisher("topic", 0) as pub:
        publish: Any = pub.publish
        with pytest.raises(TypeError):
            publish(*arguments)


def test_subscribe_takes_no_argument() -> None:
    with Subscriber("topic", 0) as sub:
        subscribe: Any = sub.subscribe
        with pytest.raises(TypeError):
            subscribe(1)
