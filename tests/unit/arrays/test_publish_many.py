"""publish_many() of arrays, text and numbers: a leading axis, or an iterable; all or nothing."""

import array
import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, TopicTypeError, TopicValueError

from ._file import newest, published

ROWS = np.arange(6 * 5 * 8, dtype=np.float32).reshape(6, 5, 8)


@pytest.mark.parametrize(
    "values",
    [
        ROWS,
        ROWS[::-1],
        ROWS.transpose(0, 2, 1).copy().transpose(0, 2, 1),
        list(ROWS),
        tuple(ROWS),
        memoryview(ROWS),
        memoryview(ROWS[::2]),
        ((ctypes.c_float * 8) * 5 * 6).from_buffer_copy(ROWS),
        iter(ROWS),
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_leading_axis_or_an_iterable(shm_dir: Path, values: Any) -> None:
    rows = len(values) if hasattr(values, "__len__") else 6
    last = memoryview(ROWS[:: 6 // rows][-1]).tobytes()
    if isinstance(values, np.ndarray):
        last = values[-1].tobytes()
    with Publisher("topic", np.zeros((5, 8), np.float32), 10) as pub:
        pub.publish_many(values)
        assert newest(shm_dir) == (rows, last)


def test_numbers_from_a_buffer(shm_dir: Path) -> None:
    with Publisher("topic", np.uint16(0), 10) as pub:
        pub.publish_many(array.array("H", [1, 2, 300]))
        assert newest(shm_dir) == (3, b"\x2c\x01")
        pub.publish_many(np.arange(10, dtype=np.uint16)[::3])
        assert newest(shm_dir) == (7, b"\x09\x00")
        pub.publish_many(np.arange(3))  # another dtype: value by value
        assert newest(shm_dir) == (10, b"\x02\x00")


def test_rows_of_different_length(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros((0, 2)), max_size=4) as pub:
        pub.publish_many([np.zeros((3, 2)), np.ones((1, 2))])
        assert newest(shm_dir) == (2, np.ones((1, 2)).tobytes())
        pub.publish_many(np.ones((2, 4, 2)))
        with pytest.raises(TopicValueError, match="value 1 of a batch, none of which"):
            pub.publish_many([np.zeros((3, 2)), np.ones((5, 2))])
        assert published(shm_dir) == 4


def test_nothing_is_published_if_the_iterable_or_a_value_raises(shm_dir: Path) -> None:
    def values() -> Iterator[str]:
        yield "a"
        raise LookupError("no more")

    class Index:
        def __index__(self) -> int:
            raise LookupError("no number")

    with Publisher("topic", "") as pub:
        with pytest.raises(LookupError, match="no more"):
            pub.publish_many(values())
        assert published(shm_dir) == 0
    for default in (np.uint8(0), [0, 0]):
        value = Index() if isinstance(default, np.uint8) else [0, Index()]
        with Publisher("topic", default) as pub:
            with pytest.raises(LookupError, match="no number"):
                pub.publish_many([default, value])
            with pytest.raises(LookupError, match="no number"):
                pub.publish(value)
            assert published(shm_dir) == 0


@pytest.mark.parametrize("values", ["ab", 3, None, memoryview(np.zeros((2, 2)))])
def test_what_is_no_batch(shm_dir: Path, values: Any) -> None:
    for default in ("", np.zeros(3)):
        with Publisher("topic", default) as pub, pytest.raises(TopicTypeError):
            pub.publish_many(values)


def test_an_empty_batch_publishes_nothing(shm_dir: Path) -> None:
    for default, empty in (("", []), (np.zeros(300), np.zeros((0, 300))), (np.uint8(0), b"")):
        with Publisher("topic", default) as pub:
            pub.publish_many(empty)
            assert published(shm_dir) == 0
