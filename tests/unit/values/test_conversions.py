"""Values and defaults that resemble an int or a float, malicious ones included."""

import enum
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber


class Index:
    """Like numpy.int64: no int, but __index__."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value() if callable(self.value) else self.value  # type: ignore[no-any-return]


class Real:
    """Like numpy.float32: no float, but __float__."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value() if callable(self.value) else self.value  # type: ignore[no-any-return]


class MyInt(int):
    pass


class MyFloat(float):
    pass


class Colour(enum.IntEnum):
    RED = 1


Topic = tuple[Publisher[Any], Subscriber[Any]]


@pytest.fixture
def topic(default: Any) -> Iterator[Topic]:
    """A topic of the default's type, whose value is 41."""
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish(41)
        yield pub, sub


ints = pytest.mark.parametrize("default", [0])
floats = pytest.mark.parametrize("default", [0.0])
both = pytest.mark.parametrize(
    ("default", "convert"), [(0, Index), (0.0, Real)], ids=["int", "float"]
)


@pytest.mark.parametrize("value", [Index(12), MyInt(12), Index(-(2**63)), Colour.RED])
@ints
def test_int_topic_takes_whatever_has_index(topic: Topic, value: Any) -> None:
    pub, sub = topic
    pub.publish(value)
    got, ok = sub.subscribe()
    assert (got, ok) == (value.__index__(), True)
    assert type(got) is int


@pytest.mark.parametrize(
    "value",
    [Real(1.5), MyFloat(1.5), Index(3), MyInt(3), Fraction(1, 4), Decimal("0.5")],
    ids=lambda value: type(value).__name__,
)
@floats
def test_float_topic_takes_whatever_has_float_or_index(topic: Topic, value: Any) -> None:
    pub, sub = topic
    pub.publish(value)
    got, ok = sub.subscribe()
    assert (got, ok) == (float(value.__index__() if isinstance(value, Index) else value), True)
    assert type(got) is float


@pytest.mark.parametrize("default", [MyInt(5), Colour.RED, MyFloat(2.5)])
def test_subclass_as_default_counts_as_its_base(default: Any) -> None:
    base = int if isinstance(default, int) else float
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        value, ok = sub.subscribe()
        assert (value, ok) == (base(default), False)
        assert type(value) is base
        pub.publish(7)
        value, ok = sub.subscribe()
        assert (value, ok) == (7, True)
        assert type(value) is base


@both
def test_conversion_that_closes_the_publisher_is_safe(
    topic: Topic, convert: Any, default: Any
) -> None:
    pub, sub = topic

    def close() -> Any:
        pub.close()
        return default + 1

    with pytest.raises(ClosedError, match="closed"):
        pub.publish(convert(close))
    assert sub.subscribe() == (default, False)


@ints
def test_index_that_makes_the_publisher_again_publishes_to_the_new_one(topic: Topic) -> None:
    pub, sub = topic

    def again() -> int:
        pub.__init__("topic", 0, 100)  # type: ignore[misc]
        return 9

    pub.publish(Index(again))
    assert sub.subscribe() == (9, True)
    assert sub.buffer_num == 100


def test_index_that_makes_a_float_topic_of_it_never_publishes_the_ints_bits() -> None:
    pub: Any = Publisher("topic", 0)

    def again() -> int:
        pub.__init__("topic", 0.0)
        return 0x4045000000000000  # the bits of 42.0

    try:
        pub.publish(Index(again))
        expected = (float(0x4045000000000000), True)
    except (TypeError, ValueError):
        expected = (1.5, False)
    assert Subscriber("topic", 1.5).subscribe() == expected


@ints
def test_index_that_publishes_comes_before_its_own_value(topic: Topic) -> None:
    pub, sub = topic
    seen = []

    def publish() -> int:
        pub.publish(1)
        seen.append(sub.subscribe())
        return 2

    pub.publish(Index(publish))
    assert seen == [(1, True)]
    assert sub.subscribe() == (2, True)


@both
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, MemoryError, KeyboardInterrupt])
def test_what_a_conversion_raises_goes_through_and_nothing_is_published(
    topic: Topic, convert: Any, error: type[BaseException]
) -> None:
    pub, sub = topic

    def fail() -> int:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        pub.publish(convert(fail))
    assert sub.subscribe() == (41, True)


@both
def test_conversion_that_returns_another_type_is_a_type_error(topic: Topic, convert: Any) -> None:
    pub, sub = topic
    with pytest.raises(TypeError):
        pub.publish(convert(lambda: "1"))
    assert sub.subscribe() == (41, True)
