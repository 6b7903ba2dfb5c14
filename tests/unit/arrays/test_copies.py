"""Values of every type, read as objects of the program's own."""

import array
import ctypes
import math
import sys
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import LayoutError, Publisher, Subscriber, TopicTypeError

DTYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
SHAPES: list[tuple[int, ...]] = [(), (3,), (40, 50), (2, 3, 4, 5, 6)]


def some(dtype: str, *shape: int) -> Any:
    """An array of different values."""
    numbers = np.arange(math.prod(shape)).reshape(shape) % 100
    return np.asarray(numbers % 2 if dtype == "b1" else numbers, dtype)


def same(found: Any, expected: Any) -> None:
    """Two arrays of any kind that are equal, in type and shape too."""
    assert type(found) is type(expected)
    if isinstance(found, ctypes.Array):  # numpy cannot read the complex ones of Python 3.14
        assert bytes(found) == bytes(expected)
        return
    a, b = np.asarray(found), np.asarray(expected)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("copy", [True, False])
def test_every_dtype_and_number_of_axes(dtype: str, shape: tuple[int, ...], copy: bool) -> None:
    value = some(dtype, *shape)
    default = np.zeros(shape, dtype)
    with (
        Publisher("topic", default) as pub,
        Subscriber("topic", default, copy=copy) as sub,
        Subscriber("topic", copy=copy) as any_type,
    ):
        pub.publish(value)
        for reader in (sub, any_type):
            for found in (reader.subscribe()[0], reader.sample().value, reader.recv()):
                same(found, value)
                assert found.flags.writeable is copy
            same(reader.last(5), value[None])


LISTS: list[Any] = [[True, False], [1, -(2**63), 2**63 - 1], [0.5, math.inf, -0.0]]
TEXTS = ["", "a", "ä" * 100, "\0", "🚀 text", "x" * 4095]


@pytest.mark.parametrize("value", LISTS, ids=["bool", "int", "float"])
def test_lists(value: list[Any]) -> None:
    with Publisher("topic", value) as pub, Subscriber("topic", value[:1]) as sub:
        for part in (value, value[:1], []):
            pub.publish(part)
            found, ok = sub.subscribe()
            assert ok
            assert repr(found) == repr(part)
            found.append(None)  # it is the program's
            assert sub.recv() == part


@pytest.mark.parametrize("value", TEXTS)
def test_text_and_bytes(value: str) -> None:
    for default, part in (("", value), (b"", value.encode())):
        with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
            pub.publish(part)
            assert sub.subscribe() == (part, True)
            assert type(sub.recv()) is type(default)


@pytest.mark.parametrize(
    ("default", "value", "expected"),
    [
        (np.uint8(0), 255, 255),
        (np.int8(0), -128, -128),
        (ctypes.c_uint64(0), 2**64 - 1, 2**64 - 1),
        (np.float32(0), 0.1, float(np.float32(0.1))),
        (np.float16(0), 65504.0, 65504.0),
        (np.complex64(0), 1 + 2j, 1 + 2j),
        (0j, 1e300j, 1e300j),
    ],
)
def test_single_numbers_are_pythons(default: Any, value: Any, expected: Any) -> None:
    with Publisher("topic", default, 5) as pub, Subscriber("topic", default) as sub:
        pub.publish(value)
        assert sub.subscribe() == (expected, True)
        assert type(sub.recv()) is type(expected) is sub.type
        assert sub.last(2) == [expected]


KINDS: list[Any] = [
    array.array("d", range(3)),
    array.array("H", range(300)),
    (ctypes.c_int16 * 4)(1, 2, 3, 4),
    ((ctypes.c_float * 20) * 30)(),
    memoryview(array.array("f", range(6))).cast("B").cast("f", (2, 3)),
    memoryview(bytes(range(256)) * 4),
]
if sys.version_info >= (3, 14):
    KINDS += [(ctypes.c_float_complex * 3)(1, 2j, 3), (ctypes.c_double_complex * 2)()]
if sys.version_info >= (3, 15):
    KINDS += [array.array("e", [1, 2]), array.array("Zf", [1, 2j]), array.array("Zd", [3j] * 50)]


@pytest.mark.parametrize("value", KINDS)
def test_arrays_without_numpy_are_of_the_defaults_kind(value: Any) -> None:
    with (
        Publisher("topic", value) as pub,
        Subscriber("topic", value) as sub,
        Subscriber("topic", value, copy=False) as views,
    ):
        assert type(sub.subscribe()[0]) is type(value)
        assert sub.last(2).shape == (0, *memoryview(value).shape)
        pub.publish(value)
        for found in (sub.subscribe()[0], sub.recv()):
            same(found, value)
            assert not memoryview(found).readonly
        view = views.recv()
        assert view.readonly
        assert view.tobytes() == memoryview(value).tobytes()
        assert view.shape == memoryview(value).shape
        assert sub.last(2).tobytes() == memoryview(value).tobytes()
        assert sub.type is type(value)


@pytest.mark.parametrize("value", KINDS)
def test_no_values_are_of_the_defaults_shape(value: Any) -> None:
    with Subscriber("topic", value) as sub:
        assert sub.last(2).shape == (0, *memoryview(value).shape)


@pytest.mark.parametrize("value", KINDS)
def test_a_default_that_a_program_changes_stays_as_it_was(value: Any) -> None:
    with Subscriber("topic", value) as sub, Publisher("topic", value) as pub:
        for found in (sub.subscribe()[0], sub.default_value, pub.default_value):
            memoryview(found).cast("B")[:] = b"\x01" * memoryview(found).nbytes
        assert memoryview(sub.subscribe()[0]) == memoryview(value)
        assert memoryview(pub.default_value) == memoryview(value)


def test_each_copy_is_new() -> None:
    default = np.zeros(1000)
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish(np.ones(1000))
        first, second = sub.subscribe()[0], sub.subscribe()[0]
        first[:] = 5
        assert (second == 1).all()
        assert first.flags.owndata


def test_the_number_of_rows_may_vary() -> None:
    default = np.zeros((0, 4), np.float32)
    with (
        Publisher("points", default, 10, max_size=100) as pub,
        Subscriber("points", default) as sub,
        Subscriber("points", np.zeros((7, 4), np.float32)) as of_seven,
    ):
        values = [some("f4", rows, 4) for rows in (3, 0, 100)]
        for value in values:
            pub.publish(value)
        for found, value in zip(sub.last(5), values, strict=True):
            same(found, value)
        for value in values:
            same(sub.recv(), value)
        same(of_seven.recv(), values[0])


def test_what_a_default_is_without_a_value() -> None:
    default = np.arange(3.0)
    with Subscriber("topic", default) as sub:
        default[:] = 0
        found, ok = sub.subscribe()
        assert not ok
        assert found.tolist() == [0, 1, 2]
        assert not found.flags.writeable
        assert sub.default_value is found
    with Subscriber("topic", [1, 2]) as lists:
        lists.subscribe()[0].append(3)
        lists.default_value.append(3)
        assert lists.subscribe() == ([1, 2], False)
    with Subscriber("topic") as anything:
        assert anything.subscribe() == (None, False)
        assert anything.type is type(None)


@pytest.mark.parametrize("default", [0.0, "", b"", [0], np.zeros(2), np.zeros(3, "f4"), None])
def test_another_type_is_refused_naming_both(default: Any) -> None:
    with Publisher("topic", np.zeros(3)):
        if default is None:
            Subscriber("topic").close()
            return
        with pytest.raises(TopicTypeError, match=r"float64\[3\]"):
            Subscriber("topic", default)


def test_a_value_that_is_no_utf_8_is_damage(shm_dir: Any) -> None:
    with Publisher("topic", "") as pub, Subscriber("topic", "") as sub:
        pub.publish("ab\u00e9")
        path = shm_dir / "shm_pub_sub.topic"
        content = path.read_bytes()
        with path.open("r+b") as file:
            file.seek(content.rindex("ab\u00e9".encode()))
            file.write(b"ab\xff")
        with pytest.raises(LayoutError, match="UTF-8"):
            sub.subscribe()


@pytest.mark.parametrize("wrong", [1, None, "yes"])
def test_copy_is_a_bool(wrong: Any) -> None:
    with pytest.raises(TopicTypeError, match="copy="):
        Subscriber("topic", 0.0, copy=wrong)
