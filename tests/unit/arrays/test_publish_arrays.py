"""publish() of arrays: every dtype, any strides, exactly the topic's type."""

import array
import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, RangeError, ShmError, TopicTypeError, TopicValueError

from ._file import newest, published

DTYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def some(dtype: str, *shape: int) -> Any:
    """Return an array of different values."""
    n = int(np.prod(shape, dtype=int))
    return (
        np.frombuffer(
            bytes(
                i % 251 % 2 if dtype == "b1" else i % 251
                for i in range(n * np.dtype(dtype).itemsize)
            ),
            dtype,
        )
        .reshape(shape)
        .copy()
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (40, 50), (2, 3, 4, 5, 6)])
def test_every_dtype_and_number_of_axes(shm_dir: Path, dtype: str, shape: tuple[int, ...]) -> None:
    value = some(dtype, *shape)
    with Publisher("topic", np.zeros(shape, dtype)) as pub:
        pub.publish(value)
        assert newest(shm_dir) == (1, value.tobytes())


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "padded rows": lambda x: np.concatenate([x, x], axis=1)[:, : x.shape[1]],
    "part of a pixel": lambda x: np.concatenate([x, x], axis=2)[:, :, : x.shape[2]],
    "two channels of three": lambda x: np.concatenate([x[..., :2], x], axis=2)[..., 2:],
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "upside down": lambda x: x[::-1].copy()[::-1],
    "mirrored": lambda x: x[:, ::-1].copy()[:, ::-1],
    "channels reversed": lambda x: x[:, :, ::-1].copy()[:, :, ::-1],
    "Fortran's order": np.asfortranarray,
    "transposed": lambda x: x.T.copy().T,
    "one row for all": lambda x: np.broadcast_to(x[:1], x.shape),
    "read-only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "unaligned": lambda x: np.frombuffer(b"." + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "a subclass": lambda x: x.view(type("Mine", (np.ndarray,), {})),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "f4", "c16"])
def test_any_strides(shm_dir: Path, dtype: str, layout: str) -> None:
    value = LAYOUTS[layout](some(dtype, 30, 40, 3))
    with Publisher("topic", np.zeros((30, 40, 3), dtype)) as pub:
        pub.publish(value)
        assert newest(shm_dir) == (1, value.tobytes())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_strides_of_small_arrays_that_slots_hold(shm_dir: Path, layout: str) -> None:
    value = LAYOUTS[layout](some("u2", 2, 3, 4))
    with Publisher("topic", np.zeros((2, 3, 4), "u2")) as pub:
        pub.publish(value)
        assert newest(shm_dir) == (1, value.tobytes())


@pytest.mark.parametrize(
    ("default", "value"),
    [
        (array.array("d", [0] * 40), array.array("d", range(40))),
        (array.array("d", [0] * 40), np.arange(40.0)),
        (np.zeros(40), array.array("d", range(40))),
        (np.zeros(40), (ctypes.c_double * 40)(*range(40))),
        ((ctypes.c_double * 40)(), (ctypes.c_double * 40)(*range(40))),
        (np.zeros((2, 20)), ((ctypes.c_double * 20) * 2)()),
        (np.zeros(40), memoryview(array.array("d", range(80)))[::2]),
        (np.zeros(40), memoryview(array.array("d", range(80)))[78::-2]),
        (np.zeros((5, 8)), memoryview(np.arange(80.0).reshape(5, 16)[:, ::2])),
        (np.zeros(40, "i8"), array.array("l", range(40))),
        (np.zeros(40, "i8"), array.array("q", range(40))),
        (np.zeros(40, np.longlong), np.arange(40)),
        (np.zeros(40, np.uint8), bytes(range(40))),
        (np.zeros(40, np.uint8), bytearray(range(40))),
        (np.zeros(()), np.float64(3)),
        (np.zeros(()), ctypes.c_double(3)),
        (np.zeros(3, np.complex64), memoryview(np.ones(3, np.complex64))),
    ],
)
def test_any_buffer_of_the_type(shm_dir: Path, default: Any, value: Any) -> None:
    with Publisher("topic", default) as pub:
        pub.publish(value)
        assert newest(shm_dir) == (1, memoryview(value).tobytes())


def test_a_first_axis_that_varies(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros((0, 4), np.float32), max_size=10) as pub:
        for n in (10, 3, 0, 1):
            value = some("f4", n, 4)
            pub.publish(value)
            assert newest(shm_dir).value == value.tobytes()
        pub.publish(some("f4", 4, 5).T[:, :4])
        with pytest.raises(TopicValueError, match=r"found 11 elements.*max_size 10 at most"):
            pub.publish(np.zeros((11, 4), np.float32))
        with pytest.raises(TopicTypeError, match=r"found float32\[3,5\]"):
            pub.publish(np.zeros((3, 5), np.float32))
        assert published(shm_dir) == 5


@pytest.mark.parametrize("shape", [(30, 40), (3, 4)])
@pytest.mark.parametrize(
    ("refused", "text"),
    [
        (lambda x: x.tolist(), r"write np\.asarray\(x, np\.float32\)"),
        (lambda x: tuple(x.tolist()), r"write np\.asarray\(x, np\.float32\)"),
        (lambda x: x.astype("f8"), r"found float64\[\d+,\d+\].*write x\.astype\(np\.float32\)"),
        (lambda x: x.astype(">f4"), r"found >f4\[\d+,\d+\].*write x\.astype\(np\.float32\)"),
        (lambda x: x.astype(object), r"found object.*write x\.astype\(np\.float32\)"),
        (lambda x: x.astype("U"), r"write x\.astype\(np\.float32\)"),
        (lambda x: x.astype("i8").astype("M8[s]"), r"found datetime64\[s\]"),
        (np.ma.array, r"masked.*write x\.filled\(\)"),
        (lambda x: x.T, r"write x\.transpose\(1, 0\)"),
        (lambda x: x.reshape(-1), r"write x\.reshape\(\d+, \d+\) if the order is the same"),
        (lambda x: x[:2], r"found float32\[2,\d+\]"),
        (lambda x: x[None], r"found float32\[1,\d+,\d+\]"),
        (lambda x: x[0, 0], "found float32"),
        (lambda x: x.tobytes(), r"write np\.frombuffer\(x, np\.float32\)\.reshape\(\d+, \d+\)"),
        (lambda x: x.tobytes()[:-1], "of format 'B' and shape"),
        (lambda x: None, "found None"),
        (lambda x: 1.0, "found float"),
        (lambda x: "text", "found str"),
    ],
)
def test_nothing_is_converted_silently(
    shm_dir: Path, shape: tuple[int, int], refused: Callable[[Any], Any], text: str
) -> None:
    with Publisher("topic", np.zeros(shape, np.float32)) as pub:
        with pytest.raises(TopicTypeError, match=text) as caught:
            pub.publish(refused(np.zeros(shape, np.float32)))
        assert f"expected float32[{shape[0]},{shape[1]}], exactly" in str(caught.value)
        assert published(shm_dir) == 0


@pytest.mark.parametrize(
    ("default", "refused", "text"),
    [
        ([0.0], (1.0,), r"write list\(x\)"),
        ([0.0], np.zeros(1), r"write x\.tolist\(\)"),
        ([0.0], 1.0, "expected a list of float"),
        ([0.0], ["a"], "found str 'a' as element 0"),
        ([0.0], [None], "found None as element 0"),
        ([0], [1.5], r"found float 1\.5 as element 0.*write int\(x\)"),
        ([False], [1], "found int 1 as element 0"),
        ("", b"a", r"write x\.decode\(\)"),
        ("", 1, r"write str\(x\)"),
        ("", {"a": 1}, r"write json\.dumps\(x\)"),
        ("", None, "found None; expected a str$"),
        (b"", "a", r"write x\.encode\(\)"),
        (b"", np.zeros(3, np.uint8), r"write x\.tobytes\(\)"),
        (b"", 1, "bytes, bytearray or a contiguous memoryview"),
        (b"", memoryview(b"abcd")[::2], "contiguous"),
        (np.uint8(0), 1.5, r"write int\(x\)"),
        (np.uint8(0), "1", "expected an int"),
        (np.float32(0), "1", "expected a float"),
        (1j, "1", "expected a complex"),
    ],
)
def test_other_types_say_what_to_write(
    shm_dir: Path, default: Any, refused: Any, text: str
) -> None:
    with Publisher("topic", default) as pub:
        with pytest.raises(TopicTypeError, match=text):
            pub.publish(refused)
        with pytest.raises(TopicTypeError, match=r"value 1 of a batch|element 0|none of which"):
            pub.publish_many([default, refused])
        assert published(shm_dir) == 0


@pytest.mark.parametrize(
    ("default", "beyond", "error", "text"),
    [
        (np.int8(0), 128, RangeError, r"-2\*\*7 to 2\*\*7 - 1"),
        (np.int8(0), -129, RangeError, r"-2\*\*7"),
        (np.uint8(0), 256, RangeError, r"found 256; expected 0 to 2\*\*8 - 1"),
        (np.uint8(0), -1, RangeError, "0 to"),
        (np.uint64(0), 2**64, RangeError, r"2\*\*64 - 1"),
        (np.uint64(0), -1, RangeError, r"2\*\*64 - 1"),
        (np.float32(0), 1e39, RangeError, "float32"),
        (np.float16(0), 65536.0, RangeError, "float16"),
        (np.complex64(0), 1e39j, RangeError, "complex64"),
        (np.float32(0), 10**400, RangeError, "float32"),
        ([0], [2**63], RangeError, r"element 0.*2\*\*63 - 1"),
        ([0.0], [10**400], RangeError, "element 0"),
        ([0.0], [1.0, 2.0], TopicValueError, "found 2 elements; expected max_size 1"),
        ("", "x" * 4097, TopicValueError, "found 4097 bytes of UTF-8; expected max_size 4096"),
        ("", "é" * 2049, TopicValueError, "found 4098 bytes"),
        (b"", b"x" * 4097, TopicValueError, "found 4097 bytes"),
        ("", "a\udc80b", TopicValueError, "surrogate at character 1"),
    ],
)
def test_too_large_publishes_nothing(
    shm_dir: Path, default: Any, beyond: Any, error: type[ShmError], text: str
) -> None:
    with Publisher("topic", default) as pub:
        with pytest.raises(error, match=text):
            pub.publish(beyond)
        with pytest.raises(error, match="value 1 of a batch"):
            pub.publish_many([default, beyond])
        assert published(shm_dir) == 0


@pytest.mark.parametrize(
    ("default", "value", "expected"),
    [
        ("", "", b""),
        ("", "grüß \U0001f600", "grüß \U0001f600".encode()),
        ("", "x" * 4096, b"x" * 4096),
        ("", np.str_("a"), b"a"),
        (b"", b"\0\xff", b"\0\xff"),
        (b"", bytearray(b"ab"), b"ab"),
        (b"", memoryview(b"abcd")[1:3], b"bc"),
        ([0.0, 0.0], [1, 2.5], np.array([1, 2.5]).tobytes()),
        ([0.0], [], b""),
        ([0, 0], [True, np.int8(-1)], np.array([1, -1]).tobytes()),
        ([False, False], [True, False], b"\1\0"),
        (np.uint8(0), 255, b"\xff"),
        (np.int16(0), -2, b"\xfe\xff"),
        (np.uint64(0), 2**64 - 1, b"\xff" * 8),
        (np.float16(0), 1.5, np.float16(1.5).tobytes()),
        (np.float32(0), 0.1, np.float32(0.1).tobytes()),
        (np.float32(0), float("inf"), np.float32("inf").tobytes()),
        (np.complex64(0), 1 + 2j, np.complex64(1 + 2j).tobytes()),
        (np.complex64(0), np.complex64(1 + 2j), np.complex64(1 + 2j).tobytes()),
        (1j, 2, np.complex128(2).tobytes()),
    ],
)
def test_text_bytes_lists_and_numbers(
    shm_dir: Path, default: Any, value: Any, expected: bytes
) -> None:
    with Publisher("topic", default) as pub:
        pub.publish(value)
        assert newest(shm_dir) == (1, expected)
        pub.publish_many([value, value])
        assert newest(shm_dir) == (3, expected)
