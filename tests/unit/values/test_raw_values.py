"""Python's values of raw ones are those that a subscriber to any type gives."""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub._described import spec_of_descriptor
from shm_pub_sub._raw_values import dtype_of, value_of
from shm_pub_sub._topics import inspect_typed

from ..arrays import _file


class Pose(NamedTuple):
    x: float = 1.5
    label: Annotated[str, 8] = "name"


STRUCTURED = np.array([(1, 2.5, [[1, 2]]), (3, -0.0, [[3, 4]])], "i4, f8, (1, 2)u2")
VALUES = [
    np.float32(1.5),
    np.uint64(2**64 - 1),
    np.int8(-3),
    np.float16(0.5),
    1 + 2j,
    np.complex64(1 - 1j),
    np.arange(24, dtype=np.uint16).reshape(2, 3, 4),
    np.array(7.5),
    np.zeros((0, 3), np.float32),
    np.arange(6, dtype=np.complex64).reshape(2, 3),
    np.array([True, False]),
    STRUCTURED,
    STRUCTURED[0],
    "¼ text",
    "",
    b"\0bytes",
    [True, False],
    [1, -(2**63)],
    [0.5, -0.0],
    Pose(),
    [Pose(), Pose(2.5, "")],
    {"not a name": 1, "at": np.ones(3)},
]


def same(found: Any, expected: Any) -> bool:
    """Report whether values are of the same types, shapes and bits."""
    if isinstance(expected, dict):
        return [*found] == [*expected] and same([*found.values()], [*expected.values()])
    if isinstance(expected, (list, tuple)):
        return (type(found), len(found)) == (type(expected), len(expected)) and all(
            map(same, found, expected)
        )
    if isinstance(expected, (np.ndarray, np.void)):
        assert type(found) is type(expected)
        shape = (expected.dtype, expected.shape)
        return (found.dtype, found.shape) == shape and found.tobytes() == expected.tobytes()
    return type(found) is type(expected) and repr(found) == repr(expected)


def check(directory: Path) -> None:
    """Check what is made of the newest value of the topic."""
    raw = _file.newest(directory).value
    with shm_pub_sub.Subscriber("topic") as sub:
        sample = sub.sample()
    assert sample is not None
    spec = spec_of_descriptor(inspect_typed("topic")[1])
    make = value_of(spec)
    found = make(memoryview(raw))
    assert same(found, sample.value), (str(spec), found, sample.value)
    if spec.is_fixed:
        with pytest.raises(ValueError, match="expected"):
            make(raw + b"0")
        dtype = dtype_of(spec)
        if dtype is not None and spec.kind != "record":
            array = np.frombuffer(raw, dtype[0]).reshape(dtype[1])
            assert same(array, sample.value) or same(array.item(), sample.value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_a_subscribers(value: Any, shm_dir: Path) -> None:
    varies = isinstance(value, (str, bytes, list)) or np.shape(value)[:1] == (0,)
    with shm_pub_sub.Publisher("topic", value, max_size=9 if varies else None) as pub:
        pub.publish(value)
        check(shm_dir)


@pytest.mark.parametrize("number", [True, -5, 0.5])
def test_a_number_is_itself(number: Any) -> None:
    assert value_of(spec_of_descriptor(type(number).__name__))(number) is number


@pytest.mark.parametrize(
    ("descriptor", "raw"),
    [
        ('{"kind":"text","max":9}', b"\xff"),
        ('{"kind":"list","dtype":"<i8","max":9}', bytes(7)),
        ('{"kind":"array","dtype":"<f4","shape":[null,2],"max":9}', bytes(4)),
        ('{"kind":"record","size":16,"fields":[["t",{"kind":"text","max":2},0]]}', bytes([3] * 16)),
        ('{"kind":"record","size":16,"fields":[["t",{"kind":"text","max":2},0]]}', bytes(8)),
    ],
)
def test_other_bytes_are_an_error(descriptor: str, raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"found \d+ bytes|found the length|can't decode"):
        value_of(spec_of_descriptor(descriptor))(raw)
