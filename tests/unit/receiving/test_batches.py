"""publish_many() and drain(into=): many values in one call."""

import array
import ctypes
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Publisher, RangeError, Subscriber, TopicTypeError

VALUES: list[Any] = [[True, False, True], [1, -(2**63), 2**63 - 1], [0.5, math.inf, -0.0, 5e-324]]
CODES = {bool: "?", int: "q", float: "d"}


def buffer_of(values: list[Any]) -> Any:
    """A buffer of values, from the standard library."""
    kind = type(values[0])
    if kind is bool:
        return memoryview(bytes(values)).cast("?")
    return array.array(CODES[kind], values)


@pytest.mark.parametrize("values", VALUES, ids=["bool", "int", "float"])
@pytest.mark.parametrize("make", [list, tuple, iter, buffer_of, lambda v: (x for x in v)])
def test_a_batch_is_published_in_its_order(values: list[Any], make: Any) -> None:
    with Publisher("topic", values[0], 10) as pub, Subscriber("topic", values[0]) as sub:
        pub.publish_many(make(values))
        assert sub.subscribe() == (values[-1], True)
        received = sub.drain()
        assert [repr(value) for value in received] == [repr(value) for value in values]


def test_a_batch_has_one_time_and_a_number_for_each() -> None:
    with Publisher("topic", 0, 10) as pub, Subscriber("topic", 0) as sub:
        pub.publish(0)
        pub.publish_many([1, 2, 3])
        samples = [sub.recv_sample() for _ in range(4)]
        assert [found.sequence for found in samples] == [1, 2, 3, 4]
        assert len({found.time_ns for found in samples}) == 2


def test_an_empty_batch_publishes_nothing() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many([])
        pub.publish_many(array.array("q"))
        assert sub.subscribe() == (0, False)


def test_a_batch_longer_than_the_ring_overwrites_itself() -> None:
    with Publisher("topic", 0, 3) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many(range(1000))
        assert sub.drain() == [997, 998, 999]
        assert sub.lost == 997


def test_a_strided_buffer_is_read_with_its_strides() -> None:
    numbers = memoryview(array.array("q", range(10)))
    with Publisher("topic", 0, 10) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many(numbers[1::3])
        pub.publish_many(numbers[::-4])
        assert sub.drain() == [1, 4, 7, 9, 5, 1]


def test_a_buffer_of_another_type_is_read_item_by_item() -> None:
    with Publisher("topic", 0.0, 10) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish_many(array.array("i", [1, 2]))
        pub.publish_many(b"\x03\x04")
        assert sub.drain() == [1.0, 2.0, 3.0, 4.0]
        with pytest.raises(TopicTypeError):
            pub.publish_many((ctypes.c_double * 2 * 2)())
    with Publisher("topic", 0) as ints, pytest.raises(TopicTypeError, match="found float"):
        ints.publish_many(array.array("d", [1.0]))


@pytest.mark.parametrize(
    ("default", "values", "error"),
    [
        (0, [1, "2"], TopicTypeError),
        (0, [1, 2.0], TopicTypeError),
        (0, [1, 2**63], RangeError),
        (0.0, [1.0, None], TopicTypeError),
        (0.0, [1.0, 10**400], RangeError),
        (False, [True, 1], TopicTypeError),
    ],
)
def test_wrong_value_is_not_sent(default: Any, values: list[Any], error: type[Exception]) -> None:
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default) as sub:
        with pytest.raises(error, match="value 1 of a batch, none of which is published"):
            pub.publish_many(values)
        assert sub.drain() == []


def test_what_is_no_iterable_is_refused() -> None:
    with Publisher("topic", 0) as pub:
        for wrong in (1, None, object()):
            with pytest.raises(TopicTypeError, match=r"publish many to 'topic': found"):
                pub.publish_many(wrong)  # type: ignore[arg-type]


def test_what_an_iterable_raises_goes_through() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        with pytest.raises(LookupError, match="no more"):
            pub.publish_many(numbers())
        assert sub.try_recv() is None


def test_a_value_that_shortens_its_list_or_closes_the_publisher() -> None:
    pub = Publisher("topic", 0, 10)
    values: list[Any] = []

    class Shortening:
        def __index__(self) -> int:
            del values[1:]
            return 7

    class Closing:
        def __index__(self) -> int:
            pub.close()
            return 8

    values[:] = [Shortening(), 1, 2]
    with Subscriber("topic", 0) as sub:
        pub.publish_many(values)
        assert sub.drain() == [7]
        with pytest.raises(ClosedError):
            pub.publish_many([1, Closing()])
        assert sub.drain() == []
    with pytest.raises(ClosedError):
        pub.publish_many([1])
    with pytest.raises(ClosedError):
        pub.publish_many(array.array("q", [1]))


@pytest.mark.parametrize("values", VALUES, ids=["bool", "int", "float"])
def test_drain_fills_a_buffer_from_its_beginning(values: list[Any]) -> None:
    with Publisher("topic", values[0], 10) as pub, Subscriber("topic", values[0]) as sub:
        pub.publish_many(values)
        into = memoryview(bytearray(8 * 10)).cast(CODES[type(values[0])])
        assert sub.drain(into=into) == len(values)
        assert list(into[: len(values)]) == values
        assert not any(into[len(values) :])
        assert sub.drain(into=into) == 0


def test_what_does_not_fit_is_left_for_the_next_drain() -> None:
    with Publisher("topic", 0, 10) as pub, Subscriber("topic", 0) as sub:
        pub.publish_many(range(10))
        into = array.array("q", [0] * 4)
        assert [(sub.drain(into=into), list(into)) for _ in range(2)] == [
            (4, [0, 1, 2, 3]),
            (4, [4, 5, 6, 7]),
        ]
        assert sub.drain(into=array.array("q")) == 0
        assert sub.drain() == [8, 9]


def test_buffers_that_cannot_be_filled_are_refused() -> None:
    wrong: Any
    with Publisher("topic", 0.0, 5) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(1.5)
        for wrong in (
            array.array("f", [0.0]),
            array.array("q", [0]),
            bytearray(8),
            memoryview(array.array("d", [0.0])).toreadonly(),
            memoryview(array.array("d", [0.0] * 4))[::2],
            memoryview(bytearray(32)).cast("d", (2, 2)),
            (ctypes.c_double.__ctype_be__ * 2)(),
            [0.0],
            "text",
        ):
            with pytest.raises(TopicTypeError, match=r"drain 'topic': found .*expected a writable"):
                sub.drain(into=wrong)
        assert sub.drain(into=(ctypes.c_double * 2)()) == 1
        with pytest.raises(TypeError, match="no argument but into"):
            sub.drain(array.array("d"))  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
            sub.drain(out=1)  # type: ignore[call-overload]


def test_drain_goes_over_from_one_publisher_to_the_next() -> None:
    with Subscriber("topic", 0) as sub:
        with Publisher("topic", 0, 5) as pub:
            pub.publish(1)
            assert sub.recv() == 1
            pub.publish_many([2, 3])
        with Publisher("topic", 0, 5) as pub:
            pub.publish_many([4, 5])
            into = array.array("q", [0] * 9)
            assert sub.drain(into=into) == 4
            assert list(into[:4]) == [2, 3, 4, 5]


def test_random_batches_are_received_in_order_or_counted() -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with Publisher("topic", 0, 16) as pub, Subscriber("topic", 0) as sub:
        published, received = 0, []
        into = array.array("q", [0] * 5)
        for _ in range(2000):
            size = dice.choice([0, 1, 3, 15, 16, 17, 40])
            batch = range(published, published + size)
            pub.publish_many(dice.choice([list, lambda b: array.array("q", b)])(batch))
            published += size
            way = dice.randrange(4)
            if way == 0:
                received += sub.drain()
            elif way == 1:
                received += into[: sub.drain(into=into)]
            elif way == 2 and (value := sub.try_recv()) is not None:
                received.append(value)
        received += sub.drain()
        assert received == sorted(set(received))
        assert len(received) + sub.lost == published


def test_drain_into_nothing_asks_whether_it_is_closed_all_the_same() -> None:
    sub: Any = Subscriber("topic", 0)
    sub.close()
    for into in (array.array("q"), array.array("d"), None):
        with pytest.raises(ClosedError):
            sub.drain(into=into)
