"""into=: the program's own arrays are filled, with nothing allocated."""

import array
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError, TopicValueError

FRAME = np.zeros((40, 30, 3), np.uint8)
VALUE = (np.arange(FRAME.size) % 251).astype(np.uint8).reshape(FRAME.shape)


def room(shape: tuple[int, ...], dtype: Any = np.uint8) -> Any:
    return np.full(shape, 7, dtype)


@pytest.mark.parametrize(
    "into",
    [
        room((40, 30, 3)),
        room((40, 30, 4))[:, :, :3],
        room((80, 30, 3))[::2],
        room((40, 30, 3))[::-1, ::-1],
        room((3, 30, 40)).T,
        room((40, 90, 3))[:, 30:60],
        memoryview(bytearray(3600)).cast("B", (40, 30, 3)),
    ],
    ids=["C", "padded pixels", "every other row", "flipped", "Fortran", "part", "memoryview"],
)
def test_any_strides_are_filled(into: Any) -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME) as sub:
        pub.publish(VALUE)
        for read in (lambda: sub.subscribe(into=into)[0], lambda: sub.recv(into=into)):
            np.asarray(into)[:] = 7
            assert read() is into
            assert (np.asarray(into) == VALUE).all()
        assert sub.try_recv(into=into) is None
        pub.publish(VALUE)
        assert sub.try_recv(into=into) is into


def test_an_array_without_axes() -> None:
    zero = np.zeros(())
    with Publisher("topic", zero) as pub, Subscriber("topic", zero) as sub:
        pub.publish(np.array(2.5))
        for into in (np.zeros(()), memoryview(bytearray(8)).cast("d", ())):
            assert sub.subscribe(into=into)[0] is into
            assert np.asarray(into) == 2.5
        assert sub.last(3, into=np.zeros(3)).tolist() == [2.5]
        with pytest.raises(TopicTypeError, match=r"\(count,\)"):
            sub.last(3, into=np.zeros(()))


def test_what_is_beside_the_array_stays() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME) as sub:
        pub.publish(VALUE)
        whole = room((42, 32, 5))
        sub.subscribe(into=whole[1:-1, 1:-1, 1:-1])
        whole[1:-1, 1:-1, 1:-1] = 7
        assert (whole == 7).all()


def test_without_a_value_it_stays_as_it_is() -> None:
    with Publisher("cam", FRAME), Subscriber("cam", FRAME) as sub:
        into = room(FRAME.shape)
        value, ok = sub.subscribe(into=into)
        assert not ok
        assert value is sub.default_value
        assert (into == 7).all()


@pytest.mark.parametrize(
    ("into", "found"),
    [
        (room(FRAME.shape, np.int8), "format 'b'"),
        (room(FRAME.shape, np.dtype(">u2")), "format '>H'"),
        (room((40, 30)), r"shape \(40, 30\)"),
        (room((40, 30, 4)), r"shape \(40, 30, 4\)"),
        (np.broadcast_to(room((3,)), FRAME.shape), "read-only"),
        (bytes(3600), "read-only"),
        (bytearray(3600), r"shape \(3600,\)"),
        ([0], "list"),
        (3, "int"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_taken(into: Any, found: str) -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME) as sub:
        pub.publish(VALUE)
        for read in (sub.subscribe, sub.recv, sub.try_recv):
            with pytest.raises(TopicTypeError, match=found) as refused:
                read(into=into)
            assert "write numpy.empty((40, 30, 3), 'uint8')" in str(refused.value)
        assert (sub.recv(0) == VALUE).all()
        assert sub.lost == 0


def test_a_longer_array_takes_a_shorter_value() -> None:
    default = np.zeros((0, 4), np.float32)
    with Publisher("points", default, max_size=100) as pub, Subscriber("points", default) as sub:
        value = np.arange(12, dtype=np.float32).reshape(3, 4)
        pub.publish(value)
        for into in (room((5, 4), np.float32), room((5, 8), np.float32)[:, ::2]):
            found, ok = sub.subscribe(into=into)
            assert ok
            assert (found == value).all()
            assert np.shares_memory(found, into)
            assert (into[3:] == 7).all()
        with pytest.raises(TopicValueError, match="3 or more along the first axis"):
            sub.recv(into=room((2, 4), np.float32))
        assert len(sub.recv(into=into)) == 3
        pub.publish(value[:0])
        assert sub.recv(into=into).shape == (0, 4)


@pytest.mark.parametrize("make", [bytearray, lambda n: array.array("B", bytes(n))])
def test_bytes_fill_a_buffer(make: Any) -> None:
    with Publisher("blob", b"") as pub, Subscriber("blob", b"") as sub:
        pub.publish(b"abc")
        into = make(10)
        found = sub.recv(into=into)
        assert found == b"abc"
        assert found.obj is into
        assert bytes(into) == b"abc" + bytes(7)


@pytest.mark.parametrize("default", [0.0, np.uint8(0), "", [0.0]])
def test_what_is_no_array_takes_none(default: Any) -> None:
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish(default)
        with pytest.raises(TopicTypeError, match="without into="):
            sub.recv(into=room((3,)))
        with pytest.raises(TypeError, match=r"into|keyword"):
            sub.subscribe(into=room((3,)))
        assert sub.recv(0) == default


def test_large_values_fill_without_the_gil() -> None:
    large = np.zeros(1 << 21, np.uint8)
    with Publisher("topic", large) as pub, Subscriber("topic", large) as sub:
        pub.publish(np.full(large.shape, 3, np.uint8))
        for into in (room((1 << 21,)), room((1 << 22,))[::2]):
            assert (sub.subscribe(into=into)[0] == 3).all()
        assert (sub.recv() == 3).all()
