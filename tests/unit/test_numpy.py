"""numpy arrays and scalars: published and filled without an object for each value."""

from typing import Any

import numpy as np
import pytest
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
            with pytest.raises(TopicTypeError, match=r"drain 'topic': found ndarray"):
                sub.drain(into=wrong)
        assert sub.drain() == [1.5]


def test_scalars_are_values_and_timeouts() -> None:
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(np.float64(2.5))
        assert sub.recv(np.float32(1)) == 2.5
        with pytest.raises(TimeoutError):
            sub.recv(np.float64(0.001))
