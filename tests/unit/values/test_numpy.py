"""numpy arrays and scalars: published and filled without an object for each value."""

import ctypes
import enum
import multiprocessing
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.lib import NumpyVersion
from shm_pub_sub import Publisher, RangeError, Subscriber, TopicTypeError


@pytest.mark.parametrize(
    ("default", "values"),
    [
        (False, np.array([True, False, True])),
        (0, np.array([1, -(2**63), 2**63 - 1])),
        (0.0, np.array([0.5, np.inf, -0.0, 5e-324])),
    ],
    ids=["bool", "int", "float"],
)
def test_an_array_goes_through_as_it_is(default: Any, values: Any) -> None:
    with Publisher("topic", default, 10) as pub, Subscriber("topic", default) as sub:
        pub.publish_many(values)
        into = np.empty(10, dtype=values.dtype)
        assert sub.drain(into=into) == len(values)
        assert into[: len(values)].tobytes() == values.tobytes()
        pub.publish_many(values[::-1])
        assert sub.drain() == values[::-1].tolist()


def test_a_part_of_an_array_is_filled() -> None:
    with Publisher("topic", 0.0, 10) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish_many(np.arange(10.0))
        whole = np.full((3, 4), -1.0)
        assert sub.drain(into=whole[1]) == 4
        assert whole.tolist() == [[-1.0] * 4, [0.0, 1.0, 2.0, 3.0], [-1.0] * 4]


def test_arrays_of_other_types_are_converted_value_by_value() -> None:
    with Publisher("topic", 0.0, 10) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish_many(np.array([1, 2], dtype=np.int16))
        pub.publish_many(np.array([0.5], dtype=np.float32))
        pub.publish_many(np.array([1.5], dtype=">f8"))
        assert sub.drain() == [1.0, 2.0, 0.5, 1.5]
    with Publisher("topic", 0, 10) as ints, Subscriber("topic", 0) as sub:
        ints.publish_many(np.array([1, 2], dtype=np.uint8))
        assert sub.drain() == [1, 2]
        with pytest.raises(RangeError):
            ints.publish_many(np.array([2**63], dtype=np.uint64))
        with pytest.raises(TopicTypeError):
            ints.publish_many(np.array([1.0]))
        with pytest.raises(TypeError, match="only integer scalar arrays"):  # numpy's own
            ints.publish_many(np.zeros((2, 2), dtype=np.int64))
        assert sub.drain() == []


def test_arrays_that_cannot_be_filled_are_refused() -> None:
    frozen = np.zeros(4)
    frozen.flags.writeable = False
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(1.5)
        for wrong in (
            np.zeros(4, dtype=np.float32),
            np.zeros(4, dtype=np.int64),
            np.zeros(4, dtype=">f8"),
            np.zeros(8)[::2],
            np.zeros((2, 2)),
            frozen,
        ):
            with pytest.raises(TopicTypeError, match=r"drain 'topic': found numpy.ndarray"):
                sub.drain(into=wrong)
        assert sub.drain() == [1.5]


def test_scalars_are_values_and_timeouts() -> None:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(np.float64(2.5))
        assert sub.recv(np.float32(1)) == 2.5
        with pytest.raises(TimeoutError):
            sub.recv(np.float64(0.001))


class Plain(enum.Enum):
    ONE = 1


class Tensor:
    """Like torch's: it has all methods, and item() returns the right type."""

    def __init__(self, value: float | str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return f"Tensor({self._value!r})"

    def item(self) -> float | str:
        return self._value

    def __float__(self) -> float:
        return float(self._value)

    def __index__(self) -> int:
        return int(self._value)


FOREIGN: list[tuple[Any, str, Any]] = [
    (np.longdouble(1), "float(x)", 1.0),
    (Tensor(1.5), "float(x)", 1.5),
    (Tensor(1), "int(x)", 1),
    (Tensor(True), "bool(x)", True),
    (Decimal("1.5"), "float(x)", 1.5),
    (Fraction(3, 2), "float(x)", 1.5),
    (multiprocessing.Value("d", 1.5), "x.value", 1.5),
    (Plain.ONE, "x.value", 1),
]


@pytest.mark.parametrize(
    ("value", "how", "expected"), FOREIGN, ids=[f"{type(v).__name__} {v}" for v, *_ in FOREIGN]
)
def test_a_default_of_a_foreign_number_says_what_to_write(
    value: Any, how: str, expected: Any
) -> None:
    with pytest.raises(TopicTypeError) as caught:
        Publisher("topic", value)
    assert str(caught.value).endswith(f"; write {how}")
    written: Callable[[Any], Any] = eval(f"lambda x: {how}")
    with Publisher("topic", written(value)) as one:
        assert (one.type, one.default_value) == (type(expected), expected)


@pytest.mark.parametrize("value", [Tensor("a"), object(), range(3)], ids=lambda v: type(v).__name__)
def test_a_default_that_is_no_number_promises_nothing(value: Any) -> None:
    with pytest.raises(TopicTypeError, match=r"its type is the topic's type$"):
        Publisher("topic", value)


@pytest.mark.parametrize(
    ("default", "value", "how"),
    [
        (0, 1.5, "int(x)"),
        (0, np.float32(1.5), "int(x)"),
        # Earlier ones are numbers still, with numpy's own warning.
        *([(0, np.True_, "int(x)")] if NumpyVersion(np.__version__) >= "2.3.0" else []),
        (0, Decimal(2), "int(x)"),
        (0, Fraction(3, 2), "int(x)"),
        (0, ctypes.c_int(1), "x.value"),
        (0, Plain.ONE, "x.value"),
        (0.0, ctypes.c_float(1), "x.value"),
        (0.0, multiprocessing.Value("d", 1.5), "x.value"),
    ],
)
def test_a_refused_value_says_what_to_write(default: Any, value: Any, how: str) -> None:
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        for publish in (lambda: pub.publish(value), lambda: pub.publish_many([default, value])):
            with pytest.raises(TopicTypeError, match="; write ") as caught:
                publish()
            assert str(caught.value).endswith(f"; write {how}")
        pub.publish(eval(how, {"x": value}))
        assert type(sub.recv()) is type(default)


@pytest.mark.parametrize("value", ["1", None, 1j, float("nan"), np.zeros(2), np.complex64(1)])
def test_a_value_that_is_no_int_promises_nothing(value: Any) -> None:
    with Publisher("topic", 0) as pub, pytest.raises(TypeError) as caught:
        pub.publish(value)
    assert "; write" not in str(caught.value)
