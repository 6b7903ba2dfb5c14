"""Arrays of records: np.zeros(n, dtype=[...])."""

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError, TopicValueError

from ..arrays._file import newest

POINT = np.dtype([("kind", "u1"), ("t", "f8"), ("xyz", "f4", (3,))], align=True)
GAPS = [slice(1, 8), slice(28, 32)]
PACKED = np.dtype([("kind", "u1"), ("t", "f8"), ("xyz", "f4", (3,))])


def some(shape: tuple[int, ...], dtype: Any = POINT) -> Any:
    """Return records whose padding is not zero."""
    seed = random.randrange(2**32)
    print("seed", seed)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    records = np.full(size, 255, np.uint8).view(dtype).reshape(shape)
    rng = np.random.default_rng(seed)
    records["kind"] = rng.integers(0, 256, shape)
    records["t"] = rng.random(shape)
    records["xyz"] = rng.random((*shape, 3))
    return records


def has_clean_gaps(records: Any) -> bool:
    raw = np.ascontiguousarray(records).view("u1").reshape(-1, POINT.itemsize)
    return not any(raw[:, gap].any() for gap in GAPS)


@pytest.mark.parametrize("dtype", [POINT, PACKED])
@pytest.mark.parametrize("shape", [(3,), (100,), (4, 6), ()])
def test_an_array_arrives_as_it_was(shape: tuple[int, ...], dtype: Any) -> None:
    default = np.zeros(shape, dtype)
    with (
        Publisher("topic", default) as pub,
        Subscriber("topic", default) as sub,
        Subscriber("topic", default, copy=False) as views,
        Subscriber("topic") as any_,
    ):
        sent = some(shape, dtype)
        pub.publish(sent)
        for got in (sub.recv(), views.recv(), any_.recv()):
            assert isinstance(got, np.ndarray)
            assert (got.dtype, got.shape) == (dtype, shape)
            assert np.array_equal(got, sent)
        assert not views.subscribe()[0].flags.writeable
        assert sub.subscribe()[0].flags.writeable


@pytest.mark.parametrize(
    "part",
    [
        lambda a: a[::2],
        lambda a: a[99::-1][:50],
        lambda a: a.reshape(2, 50)[0],
        lambda a: a.reshape(50, 2)[:, 1],
        lambda a: a.view(np.recarray)[:50],
    ],
)
def test_any_strides_and_clean_padding(part: Any) -> None:
    with Publisher("topic", np.zeros(50, POINT)) as pub, Subscriber("topic") as sub:
        sent = part(some((100,)))
        pub.publish(sent)
        got = sub.recv()
        assert np.array_equal(got, np.asarray(sent))
        assert has_clean_gaps(got)


def test_padding_of_inline_arrays_and_of_batches_is_cleared(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(2, POINT), 9) as pub, Subscriber("topic", history=9) as sub:
        pub.publish(some((2,)))
        assert has_clean_gaps(np.frombuffer(newest(shm_dir).value, POINT))
        batch = some((5, 2))
        pub.publish_many(batch)
        got = sub.drain()[-5:]
        assert np.array_equal(np.stack(got), batch)
        assert all(map(has_clean_gaps, got))


def test_a_batch_of_arrays_without_axes() -> None:
    with Publisher("topic", np.zeros((), POINT)) as pub, Subscriber("topic", history=9) as sub:
        batch = some((3,))
        pub.publish_many(batch)
        assert np.array_equal(np.stack(sub.drain()), batch)


def test_a_first_axis_that_varies() -> None:
    default = np.zeros((0, 2), POINT)
    with (
        Publisher("cloud", default, max_size=7) as pub,
        Subscriber("cloud", default) as sub,
    ):
        for n in (0, 1, 7):
            sent = some((n, 2))
            pub.publish(sent)
            got = sub.recv()
            assert got.shape == (n, 2)
            assert np.array_equal(got, sent)
        with pytest.raises(TopicValueError, match="8 elements"):
            pub.publish(some((8, 2)))


def test_equal_dtypes_are_the_same_and_others_are_refused() -> None:
    with Publisher("topic", np.zeros(3, POINT)) as pub, Subscriber("topic") as sub:
        same = np.dtype([("kind", "u1"), ("t", "f8"), ("xyz", "f4", (3,))], align=True)
        pub.publish(np.ones(3, same))
        renamed = np.dtype([("kind", "u1"), ("t", "f8"), ("abc", "f4", (3,))], align=True)
        shifted = np.dtype({**_spec_of(POINT), "itemsize": 40})
        for wrong in (PACKED, renamed, shifted, np.dtype("V32"), np.dtype("f8")):
            with pytest.raises(TopicTypeError):
                pub.publish(np.zeros(3, wrong))
        for value in (np.zeros(4, POINT), np.zeros((3, 1), POINT), None, [1, 2, 3], b"x" * 96):
            with pytest.raises(TopicTypeError):
                pub.publish(value)
        assert np.array_equal(sub.recv(), np.ones(3, POINT))
        assert sub.try_recv() is None


def _spec_of(dtype: Any) -> dict[str, Any]:
    fields = [dtype.fields[name] for name in dtype.names]
    return {
        "names": dtype.names,
        "formats": [field[0] for field in fields],
        "offsets": [field[1] for field in fields],
    }


def test_into_drain_and_last() -> None:
    default = np.zeros(50, POINT)
    with Publisher("topic", default, 9) as pub, Subscriber("topic", default, history=9) as sub:
        sent = some((4, 50))
        pub.publish_many(sent)
        last = sub.last(3)
        assert last.dtype == POINT
        assert np.array_equal(last, sent[1:])
        for room in (np.empty((3, 50), POINT), np.empty((3, 100), POINT)[:, ::2]):
            assert np.array_equal(sub.last(3, into=room), sent[1:])
            assert np.array_equal(room, sent[1:])
        one = np.empty(50, POINT)
        assert sub.recv(into=one) is one
        assert np.array_equal(one, sent[0])
        room = np.empty((9, 50), POINT)
        assert sub.drain(into=room) == 3
        assert np.array_equal(room[:3], sent[1:])
        pub.publish(sent[0])
        for wrong in (
            np.empty(50, PACKED),
            np.empty(50, "f8"),
            np.empty(51, POINT),
            bytearray(1600),
        ):
            with pytest.raises(TopicTypeError, match="into"):
                sub.recv(into=wrong)
        assert np.array_equal(sub.recv(), sent[0])


def test_the_loan_of_a_record_with_such_an_array_and_its_padding() -> None:
    default = {"on": False, "points": np.zeros(50, POINT)}
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        with pub.loan() as lent:
            lent["points"].view("u1")[...] = 255
        got = sub.recv()["points"]
        assert np.isnan(got["t"]).all()
        assert has_clean_gaps(got)


def test_a_loan_and_its_padding() -> None:
    with Publisher("topic", np.zeros(50, POINT)) as pub, Subscriber("topic") as sub:
        sent = some((50,))
        with pub.loan() as points:
            assert points.dtype == POINT
            points.view("u1")[...] = 255
            for name in POINT.names or ():
                points[name] = sent[name]
        got = sub.recv()
        assert np.array_equal(got, sent)
        assert has_clean_gaps(got)
        with pytest.raises(BufferError), pub.loan() as points:
            column = points["t"]
        assert not column.base.flags.writeable
