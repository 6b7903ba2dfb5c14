"""The default's type is the topic's type: every kind of default, and what is no default."""

import array
import ctypes
import typing
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, RangeError, ShmError, TopicTypeError, TopicValueError
from shm_pub_sub._types import spec_of

# "u" is deprecated from Python 3.13 on, which brings "w".
CHARACTERS = "w" if "w" in array.typecodes else "u"
VAST = np.broadcast_to(np.uint8(0), (2, 2**41))  # takes no memory

NUMBERS = [
    (np.int8, "i1", int),
    (np.int16, "i2", int),
    (np.int32, "i4", int),
    (np.uint8, "u1", int),
    (np.uint16, "u2", int),
    (np.uint32, "u4", int),
    (np.uint64, "u8", int),
    (np.float16, "f2", float),
    (np.float32, "f4", float),
    (np.complex64, "c8", complex),
    (np.complex128, "c16", complex),
    (ctypes.c_uint16, "u2", int),
    (ctypes.c_float, "f4", float),
    (complex, "c16", complex),
]


@pytest.mark.parametrize(("make", "dtype", "kind"), NUMBERS)
def test_every_size_of_number_is_a_topic(make: Any, dtype: str, kind: type) -> None:
    spec = spec_of("topic", make(1))
    assert (spec.tag, spec.type, spec.default) == (9, kind, 1)
    assert type(spec.default) is kind
    assert spec.descriptor == f'{{"kind":"scalar","dtype":"<{dtype}"}}'
    assert str(spec) == np.dtype(dtype).name


@pytest.mark.parametrize(
    ("default", "text"),
    [
        (np.float64(1), "float"),
        (np.int64(1), "int"),
        (np.longlong(1), "int"),
        (np.True_, "bool"),
        (ctypes.c_double(1), "float"),
        (ctypes.c_int64(1), "int"),
        (ctypes.c_bool(True), "bool"),
    ],
)
def test_numbers_of_python_s_sizes_are_the_three_old_topics(default: Any, text: str) -> None:
    spec = spec_of("topic", default)
    assert str(spec) == spec.descriptor == text
    assert spec.tag <= 3
    assert (type(spec.default).__name__, spec.default) == (text, 1)


@pytest.mark.parametrize(
    ("default", "max_size", "text", "descriptor", "kind"),
    [
        ("", None, "str <= 4096", '{"kind":"text","max":4096}', str),
        ("é", 2, "str <= 2", '{"kind":"text","max":2}', str),
        (np.str_("a"), None, "str <= 4096", '{"kind":"text","max":4096}', str),
        (b"", None, "bytes <= 4096", '{"kind":"bytes","max":4096}', bytes),
        ([0.0], None, "list[float] <= 1", '{"kind":"list","dtype":"<f8","max":1}', list),
        ([0, 1], 9, "list[int] <= 9", '{"kind":"list","dtype":"<i8","max":9}', list),
        ([False], None, "list[bool] <= 1", '{"kind":"list","dtype":"<b1","max":1}', list),
    ],
)
def test_text_bytes_and_lists_have_a_greatest_length(
    default: Any, max_size: int | None, text: str, descriptor: str, kind: type
) -> None:
    spec = spec_of("topic", default, max_size)
    assert (str(spec), spec.descriptor, spec.type) == (text, descriptor, kind)
    assert type(spec.default) is kind
    assert spec.default == default


ARRAYS = [
    (np.zeros((480, 640, 3), np.uint8), None, "uint8[480,640,3]", "<u1", "480,640,3"),
    (np.zeros(()), None, "float64[]", "<f8", ""),
    (np.zeros((4, 3)).T, None, "float64[3,4]", "<f8", "3,4"),
    (np.zeros(2, np.complex64), None, "complex64[2]", "<c8", "2"),
    (np.zeros(2, bool), None, "bool[2]", "<b1", "2"),
    (np.zeros((0, 4), np.float32), 9, "float32[<=9,4]", "<f4", "null,4"),
    (array.array("d", [0, 0]), None, "float64[2]", "<f8", "2"),
    (array.array("h"), 7, "int16[<=7]", "<i2", "null"),
    (memoryview(b"abc"), None, "uint8[3]", "<u1", "3"),
    (memoryview(bytearray(24)).cast("f", (2, 3)), None, "float32[2,3]", "<f4", "2,3"),
    (memoryview(ctypes.c_double(1)), None, "float64[]", "<f8", ""),
    ((ctypes.c_uint8 * 4 * 2)(), None, "uint8[2,4]", "<u1", "2,4"),
    ((ctypes.c_long * 3)(), 5, "int64[<=5]", "<i8", "null"),
]


@pytest.mark.parametrize(("default", "max_size", "text", "dtype", "shape"), ARRAYS)
def test_an_array_gives_dtype_and_shape(
    default: Any, max_size: int | None, text: str, dtype: str, shape: str
) -> None:
    spec = spec_of("topic", default, max_size)
    bound = "" if max_size is None else f',"max":{max_size}'
    assert str(spec) == text
    assert spec.descriptor == f'{{"kind":"array","dtype":"{dtype}","shape":[{shape}]{bound}}}'
    assert spec.type is (np.ndarray if isinstance(default, np.ndarray) else type(default))


def test_the_default_of_an_array_is_a_copy() -> None:
    given = np.zeros(3)
    spec = spec_of("topic", given)
    given[:] = 1
    assert spec.default.tolist() == [0, 0, 0]
    assert not spec.default.flags.writeable
    numbers = array.array("d", [0, 0])
    spec = spec_of("topic", numbers)
    numbers[0] = 1
    assert spec.default == array.array("d", [0, 0])


@pytest.mark.parametrize(("default", "max_size", "text", "dtype", "shape"), ARRAYS[6:])
def test_an_array_s_maker_makes_its_kind(
    default: Any, max_size: int | None, text: str, dtype: str, shape: str
) -> None:
    make = spec_of("topic", default, max_size).make
    assert make is not None
    whole = memoryview(default)
    lengths = [whole.shape[0]] if max_size is None and whole.ndim else [0, 1, 4] * (whole.ndim > 0)
    for n in lengths:
        made = memoryview(make(n))
        assert made.shape == (n, *whole.shape[1:])
        assert (made.itemsize, made.readonly) == (whole.itemsize, False)
        assert type(make(n)) is type(default) or isinstance(default, ctypes.Array)


def test_a_subscriber_s_type_has_no_greatest_length() -> None:
    for default, text in (("", "str"), (b"", "bytes"), ([0.0], "list[float]")):
        assert str(spec_of("topic", default, reads=True)) == text
    rows = spec_of("topic", np.zeros((0, 4), np.float32), reads=True)
    assert str(rows) == "float32[:,4]"
    assert rows.descriptor == '{"kind":"array","dtype":"<f4","shape":[null,4]}'


TYPE_ERRORS: list[tuple[Any, str]] = [
    (None, "only a Subscriber takes None"),
    (np.dtype("f4"), r"write np\.zeros\(shape, 'float32'\)"),
    ([], r"empty list.*write \[0.0\], \[0\] or \[False\], of records .* and max_size="),
    ((), r"write \[0.0\]"),
    ((1.0,), r"write list\(x\)"),
    ({1.0}, r"write list\(x\)"),
    (float, r"write 0\.0"),
    (str, "write ''"),
    (np.uint8, r"write np\.uint8\(0\)"),
    (np.ndarray, r"np\.zeros\(shape\)"),
    (list[float], r"write \[0\.0\]"),
    (typing.Optional[float], "such as 0.0"),  # noqa: UP045 - what somebody may write
    ([0, 0.0], r"list of int, float.*write \[float\(v\) for v in x\]"),
    ([[0.0]], r"write np\.asarray\(x\)"),
    (["a"], "all bool, all int or all float"),
    ([np.float32(1)], r"write \[v\.item\(\) for v in x\]"),
    (bytearray(3), r"write bytes\(x\), or memoryview\(x\)"),
    (np.zeros(3, object), r"x\.astype\(np\.float64\)"),
    (np.zeros(3, "U2"), "text topic"),
    (np.zeros(3, "M8[s]"), r"x\.astype\(np\.int64\)"),
    (np.datetime64("2020"), r"x\.astype\(np\.int64\)"),
    (np.zeros(3, ">f4"), r"x\.astype\(np\.float32\)"),
    (np.zeros(3, np.longdouble), r"x\.astype\(np\.float64\)"),
    (np.ma.zeros(3), r"x\.filled\(\)"),
    (np.zeros((0, 3)), "max_size="),
    (np.zeros((3, 0)), "1 or more along each axis"),
    (array.array(CHARACTERS, "ab"), f"typecode '{CHARACTERS}'"),
    (memoryview(b"ab").cast("c"), "b''"),
    ((ctypes.c_char * 3)(), "b''"),
    ((ctypes.c_double.__ctype_be__ * 3)(), "byte order"),  # type: ignore[operator]
    (ctypes.c_void_p(3), "uint8"),
    ({}, "empty dict"),
]


@pytest.mark.parametrize(("default", "text"), TYPE_ERRORS, ids=lambda v: type(v).__name__)
def test_what_is_no_default_says_what_to_write(default: Any, text: str) -> None:
    with pytest.raises(TopicTypeError, match=text) as caught:
        Publisher("topic", default)
    assert "'topic': found " in str(caught.value)
    assert "; expected " in str(caught.value)


@pytest.mark.parametrize(
    ("default", "arguments", "error", "text"),
    [
        (0, {"max_size": 3}, TopicTypeError, "found max_size= for a topic of int"),
        (np.uint8(0), {"max_size": 3}, TopicTypeError, "for a topic of uint8"),
        (0.0, {"views": 3}, TopicTypeError, "found views= for a topic of float"),
        (np.uint8(0), {"loans": 3}, TopicTypeError, "found loans= for a topic of uint8"),
        (np.zeros(()), {"max_size": 3}, TopicTypeError, "without axes"),
        ("", {"max_size": True}, TopicTypeError, "max_size: found bool"),
        ("", {"views": 1.0}, TopicTypeError, "views: found float"),
        ("", {"views": 501}, TopicValueError, "expected 0 to 500"),
        ("", {"views": -1}, TopicValueError, "expected 0 to 500"),
        ("", {"loans": 0}, TopicValueError, "expected 1 to 500"),
        ("", {"max_size": 0}, TopicValueError, "expected 1 to "),
        ([0.0], {"max_size": 2**60}, TopicValueError, "expected 1 to "),
        (np.zeros(3), {"max_size": 2}, TopicValueError, r"shape \[3\].*max_size 2"),
        (VAST, {}, TopicValueError, "expected 1099511627776 at most"),
        (VAST, {"max_size": 9}, TopicValueError, "expected 1099511627776 at most"),
        ("abc", {"max_size": 2}, TopicValueError, "3 bytes"),
        ("x" * 5000, {}, TopicValueError, "max_size 4096 at most"),
        ("\ud800", {}, TopicValueError, "surrogate at character 0"),
        ([2**63], {}, RangeError, "64-bit"),
    ],
)
def test_arguments_that_do_not_fit_the_default(
    default: Any, arguments: dict[str, Any], error: type[ShmError], text: str
) -> None:
    with pytest.raises(error, match=text):
        Publisher("topic", default, **arguments)
