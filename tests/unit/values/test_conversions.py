"""Values and defaults that resemble an int or a float, malicious ones included."""

import enum
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber


class Index:
    """Like numpy.int64: no int, but __index__."""

    def __init__(self, value: int | Callable[[], int]) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value() if callable(self.value) else self.value


class Real:
    """Like numpy.float32: no float, but __float__."""

    def __init__(self, value: float | Callable[[], float]) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value() if callable(self.value) else self.value


class MyInt(int):
    pass


class MyFloat(float):
    pass


class Colour(enum.IntEnum):
    RED = 1


@pytest.fixture
def int_topic() -> Iterator[tuple[Publisher[int], Subscriber[int]]]:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish(41)
        yield pub, sub


@pytest.fixture
def float_topic() -> Iterator[tuple[Publisher[float], Subscriber[float]]]:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(4.25)
        yield pub, sub


IntTopic = tuple[Publisher[int], Subscriber[int]]
FloatTopic = tuple[Publisher[float], Subscriber[float]]


@pytest.mark.parametrize("value", [Index(12), MyInt(12), Index(-(2**63)), Colour.RED])
def test_int_topic_takes_whatever_has_index(int_topic: IntTopic, value: Any) -> None:
    pub, sub = int_topic
    pub.publish(value)
    got, ok = sub.subscribe()
    assert (got, ok) == (value.__index__(), True)
    assert type(got) is int


@pytest.mark.parametrize(
    "value",
    [Real(1.5), MyFloat(1.5), Index(3), MyInt(3), Fraction(1, 4), Decimal("0.5")],
    ids=lambda value: type(value).__name__,
)
def test_float_topic_takes_whatever_has_float_or_index(float_topic: FloatTopic, value: Any) -> None:
    pub, sub = float_topic
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


def test_index_that_closes_the_publisher_publishes_nothing(int_topic: IntTopic) -> None:
    pub, sub = int_topic

    def close() -> int:
        pub.close()
        return 1

    with pytest.raises(ClosedError, match="closed"):
        pub.publish(Index(close))
    assert sub.subscribe() == (0, False)


def test_float_that_closes_the_publisher_publishes_nothing(float_topic: FloatTopic) -> None:
    pub, sub = float_topic

    def close() -> float:
        pub.close()
        return 1.0

    with pytest.raises(ClosedError, match="closed"):
        pub.publish(Real(close))
    assert sub.subscribe() == (0.0, False)


def test_index_that_makes_the_publisher_again_publishes_to_the_new_one(int_topic: IntTopic) -> None:
    pub, sub = int_topic

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


def test_index_that_publishes_comes_before_its_own_value(int_topic: IntTopic) -> None:
    pub, sub = int_topic
    seen = []

    def publish() -> int:
        pub.publish(1)
        seen.append(sub.subscribe())
        return 2

    pub.publish(Index(publish))
    assert seen == [(1, True)]
    assert sub.subscribe() == (2, True)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, MemoryError, KeyboardInterrupt])
def test_what_index_raises_goes_through_and_nothing_is_published(
    int_topic: IntTopic, error: type[BaseException]
) -> None:
    pub, sub = int_topic

    def fail() -> int:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        pub.publish(Index(fail))
    assert sub.subscribe() == (41, True)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyError, MemoryError, KeyboardInterrupt])
def test_what_float_raises_goes_through_and_nothing_is_published(
    float_topic: FloatTopic, error: type[BaseException]
) -> None:
    pub, sub = float_topic

    def fail() -> float:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        pub.publish(Real(fail))
    assert sub.subscribe() == (4.25, True)


def test_index_that_returns_no_int_is_a_type_error(int_topic: IntTopic) -> None:
    pub, sub = int_topic
    with pytest.raises(TypeError):
        pub.publish(Index(lambda: "1"))  # type: ignore[arg-type,return-value]
    assert sub.subscribe() == (41, True)


def test_float_that_returns_no_float_is_a_type_error(float_topic: FloatTopic) -> None:
    pub, sub = float_topic
    with pytest.raises(TypeError):
        pub.publish(Real(lambda: "1"))  # type: ignore[arg-type,return-value]
    assert sub.subscribe() == (4.25, True)
