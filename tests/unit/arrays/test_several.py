"""last() and drain(): several values at once."""

import array
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError, TopicValueError
from support.layout import FIRST_SLOT, topic_file, write_at

POINT = np.zeros((2, 3), np.float32)
FRAME = np.zeros((40, 50))


def number(default: Any, n: int) -> Any:
    return np.full(default.shape, n, default.dtype)


@pytest.mark.parametrize("default", [POINT, FRAME], ids=["inline", "pooled"])
@pytest.mark.parametrize("copy", [True, False])
def test_the_last_values_are_one_array_and_stay(default: Any, copy: bool) -> None:
    with (
        Publisher("topic", default, 4) as pub,
        Subscriber("topic", default, copy=copy) as sub,
    ):
        assert sub.last(3).shape == (0, *default.shape)
        for n in range(1, 8):
            pub.publish(number(default, n))
        for n, expected in ((1, [7]), (3, [5, 6, 7]), (100, [4, 5, 6, 7])):
            found = sub.last(n)
            assert found.dtype == default.dtype
            assert found.shape == (len(expected), *default.shape)
            assert found[:, 0, 0].tolist() == expected
            assert found.flags.writeable
        assert len(sub.drain()) == 4
    assert sub.closed


def test_without_a_topic_there_are_no_values() -> None:
    with Subscriber("topic", POINT) as sub:
        assert sub.last(3).shape == (0, 2, 3)
        assert sub.last(3, into=np.empty((5, 2, 3), "f4")).shape == (0, 2, 3)
    with Subscriber("topic") as anything:
        assert anything.last(3) == []


@pytest.mark.parametrize("default", [0.0, 0, "", b"", [0.0], np.uint8(0)])
def test_the_last_of_others_are_a_list(default: Any) -> None:
    kind = type(default) if not isinstance(default, np.uint8) else int
    values = [default] if kind is not list else [[0.0, 1.0]]
    with Publisher("topic", values[0], 3) as pub, Subscriber("topic", default) as sub:
        pub.publish(values[0])
        assert sub.last(2) == values
        assert sub.last(2) is not sub.last(2)


def test_the_last_values_fill_an_array() -> None:
    with Publisher("topic", POINT, 4) as pub, Subscriber("topic", POINT) as sub:
        for n in range(1, 4):
            pub.publish(number(POINT, n))
        into = np.zeros((5, 2, 3), np.float32)
        found = sub.last(10, into=into)
        assert np.shares_memory(found, into)
        assert found[:, 0, 0].tolist() == [1, 2, 3]
        assert (into[3:] == 0).all()
        assert sub.last(10, into=into[:2])[:, 0, 0].tolist() == [2, 3]
        with pytest.raises(TopicTypeError, match="count"):
            sub.last(2, into=into[0])


def test_numbers_fill_an_array() -> None:
    with Publisher("topic", 0.0, 4) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish_many([1.0, 2.0, 3.0])
        assert sub.last(2, into=array.array("d", bytes(80))).tolist() == [2.0, 3.0]
        assert sub.last(2) == [2.0, 3.0]


@pytest.mark.parametrize("wrong", [(), (1,), (1, 2)])
def test_a_tuple_is_one_argument(wrong: Any) -> None:
    """C passes what it refuses to a method, whose arguments it is not."""
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(1.0)
        with pytest.raises(TopicTypeError, match="found tuple"):
            sub.last(wrong)
        with pytest.raises(TopicTypeError, match="found tuple"):
            sub.drain(into=wrong)
        assert sub.recv(0) == 1.0


@pytest.mark.parametrize("wrong", [0, -1])
def test_less_than_one_value_is_refused(wrong: int) -> None:
    with Subscriber("topic", 0.0) as sub:
        with pytest.raises(TopicValueError, match="1 or more"):
            sub.last(wrong)
        with pytest.raises(TopicTypeError):
            sub.last(1.5)  # type: ignore[call-overload]
        with pytest.raises(TypeError):
            sub.last()  # type: ignore[call-overload]


def test_values_that_are_too_old_are_left_out() -> None:
    with Publisher("topic", FRAME, 5) as pub, Subscriber("topic", FRAME, max_age=1e-9) as sub:
        pub.publish(FRAME)
        stop = time.monotonic_ns() + 1000
        while time.monotonic_ns() < stop:
            pass
        assert sub.last(5).shape == (0, 40, 50)
        assert sub.subscribe()[1] is False
        assert sub.sample() is None


def test_one_between_others_that_is_too_old(shm_dir: Path) -> None:
    """A batch has one time, and other threads may publish between its values."""
    with Publisher("topic", FRAME, 5) as pub, Subscriber("topic", FRAME, max_age=1e6) as sub:
        for n in range(1, 4):
            pub.publish(number(FRAME, n))
        time_of_2 = struct.pack("<q", time.monotonic_ns() - 2 * 10**15)
        write_at(topic_file(shm_dir), FIRST_SLOT + 2 * 32 + 8, time_of_2)
        assert sub.last(5)[:, 0, 0].tolist() == [1, 3]
        assert sub.last(5, into=np.zeros((4, *FRAME.shape)))[:, 0, 0].tolist() == [1, 3]


@pytest.mark.parametrize("default", [POINT, FRAME], ids=["inline", "pooled"])
def test_a_drain_fills_a_leading_axis(default: Any) -> None:
    with Publisher("topic", default, 6) as pub, Subscriber("topic", default) as sub:
        into = np.zeros((4, *default.shape), default.dtype)
        assert sub.drain(into=into) == 0
        for n in range(1, 7):
            pub.publish(number(default, n))
        assert sub.drain(into=into) == 4
        assert into[:, 0, 0].tolist() == [1, 2, 3, 4]
        assert sub.drain(into=into[::-2]) == 2
        assert into[:, 0, 0].tolist() == [1, 6, 3, 5]
        pub.publish(default)
        with pytest.raises(TopicTypeError, match="count"):
            sub.drain(into=into[0])
        assert len(sub.drain()) == 1


def test_a_drain_of_other_numbers_fills_an_array() -> None:
    with Publisher("topic", np.uint8(0), 6) as pub, Subscriber("topic", np.uint8(0)) as sub:
        pub.publish_many([1, 2, 3])
        into = bytearray(5)
        assert sub.drain(into=into) == 3
        assert into == bytes([1, 2, 3, 0, 0])


@pytest.mark.parametrize("default", ["", [0.0]])
def test_what_varies_in_length_is_not_drained_into_an_array(default: Any) -> None:
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish(default)
        with pytest.raises(TopicTypeError, match="without into="):
            sub.drain(into=np.zeros((3, 4)))
        assert sub.drain() == [default]


def test_a_drain_of_views_pins_what_it_may() -> None:
    with (
        Publisher("topic", FRAME, 6, views=2) as pub,
        Subscriber("topic", FRAME, copy=False) as sub,
    ):
        for n in range(4):
            pub.publish(number(FRAME, n))
        found = sub.drain()
        assert [view[0, 0] for view in found] == [0, 1, 2, 3]
        assert [view.base is not None for view in found] == [True, True, False, False]
        assert sub.copied == 2


def test_a_value_is_lost_if_it_was_overwritten() -> None:
    with Publisher("topic", FRAME, 2) as pub, Subscriber("topic", FRAME) as sub:
        for n in range(5):
            pub.publish(number(FRAME, n))
        assert [value[0, 0] for value in sub.drain()] == [3, 4]
        assert sub.lost == 3
