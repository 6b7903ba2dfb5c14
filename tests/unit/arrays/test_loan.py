"""loan(): an array in shared memory that is published when its block ends."""

import array
import ctypes
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import ClosedError, LoanError, Publisher, TopicTypeError, TopicValueError

from ._file import newest, published

SHAPES = [(40, 50), (3, 4), (), (1,)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_block_publishes_what_it_wrote(shm_dir: Path, shape: tuple[int, ...]) -> None:
    with Publisher("topic", np.zeros(shape, np.float32)) as pub:
        for n in range(1, 10):
            with pub.loan() as a:
                assert (a.shape, a.dtype, a.flags.c_contiguous) == (shape, np.float32, True)
                assert published(shm_dir) == n - 1
                a[...] = n
            assert newest(shm_dir) == (n, np.full(shape, n, np.float32).tobytes())


def test_the_array_is_read_only_afterwards() -> None:
    with Publisher("topic", np.zeros(100)) as pub:
        with pub.loan() as a:
            a[:] = 1
        with pytest.raises(ValueError, match="read-only"):
            a[0] = 2
        with pytest.raises(ValueError, match="WRITEABLE"):
            a.flags.writeable = True
        part = a[1:]
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 2
        with pytest.raises(ValueError, match="WRITEABLE"):
            part.flags.writeable = True


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_first_axis_of_any_length(shm_dir: Path, size: int) -> None:
    with Publisher("topic", np.zeros((0, 4), np.float32), max_size=7) as pub:
        with pub.loan(size) as a:
            a[:] = 3
        assert newest(shm_dir).value == np.full((size, 4), 3, np.float32).tobytes()
        with pub.loan(size=size) as a:
            assert a.shape == (size, 4)
        with pub.loan() as a:
            assert a.shape == (7, 4)


def test_bytes_are_a_memoryview(shm_dir: Path) -> None:
    with Publisher("topic", b"", max_size=10) as pub:
        with pub.loan(3) as m:
            assert (m.format, m.shape, m.readonly) == ("B", (3,), False)
            m[:] = b"abc"
        assert newest(shm_dir) == (1, b"abc")
        with pytest.raises(ValueError, match="released"):
            m[0] = 1
        with pub.loan() as m:
            assert len(m) == 10


@pytest.mark.parametrize(
    ("default", "code", "shape"),
    [
        (array.array("d", [0] * 50), "d", (50,)),
        ((ctypes.c_float * 4 * 3)(), "f", (3, 4)),
        (memoryview(bytearray(800)).cast("d", (10, 10)), "d", (10, 10)),
    ],
)
def test_arrays_of_other_kinds_are_a_memoryview(
    shm_dir: Path, default: Any, code: str, shape: tuple[int, ...]
) -> None:
    with Publisher("topic", default) as pub:
        with pub.loan() as m:
            assert (m.format, m.shape) == (code, shape)
            m.cast("B")[:] = bytes(range(200))[: m.nbytes] + bytes(max(0, m.nbytes - 200))
        assert newest(shm_dir).value[:48] == bytes(range(48))


class Stop(BaseException):
    pass


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, Stop])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_block_that_raises_publishes_nothing(
    shm_dir: Path, shape: tuple[int, ...], error: type[BaseException]
) -> None:
    with Publisher("topic", np.zeros(shape)) as pub:
        for _ in range(10):  # the chunk is free again
            with pytest.raises(error), pub.loan() as a:  # noqa: PT012
                a[...] = 1
                raise error
        assert published(shm_dir) == 0
        assert not a.flags.writeable
        pub.publish(np.zeros(shape))
        assert published(shm_dir) == 1


MADE: list[Callable[[Any], Any]] = [
    lambda a: a[1:],
    lambda a: a.T,
    lambda a: a.reshape(10, 10),
    lambda a: a.view("u1"),
    lambda a: a[None],
    lambda a: a.base,
]


@pytest.mark.parametrize("make", MADE)
def test_arrays_made_from_it_that_still_exist(shm_dir: Path, make: Callable[[Any], Any]) -> None:
    with Publisher("topic", np.zeros(100)) as pub:
        with pytest.raises(BufferError, match="del them in the block, or copy"), pub.loan() as a:
            other = make(a)
        assert published(shm_dir) == 0
        # It may still be written to: nobody else gets its chunk.
        with pytest.raises(LoanError, match="del the arrays and the loan's own"):
            pub.publish(np.ones(100))
        del other, a
        pub.publish(np.ones(100))
        assert published(shm_dir) == 1
        with pub.loan() as a:
            other = make(a)
            other = other.copy()
        assert published(shm_dir) == 2


def test_an_error_goes_before_arrays_that_still_exist(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(100), loans=2) as pub:
        with pytest.raises(ZeroDivisionError), pub.loan() as a:  # noqa: PT012
            other = a[1:]
            raise ZeroDivisionError
        other[:] = 7
        pub.publish(np.ones(100))
        with pub.loan() as a:
            a[:] = 2
            del a
        assert newest(shm_dir) == (2, np.full(100, 2.0).tobytes())


def test_memoryviews_that_still_exist(shm_dir: Path) -> None:
    with Publisher("topic", b"", max_size=10) as pub:
        for make in (lambda m: m[1:], lambda m: np.frombuffer(m, "u1"), memoryview):
            with pytest.raises(BufferError, match="del them"), pub.loan(5) as m:
                other = make(m)
            assert published(shm_dir) == 0
            with pytest.raises(LoanError):
                pub.publish(b"")
            del other, m
        pub.publish(b"abc")
        assert newest(shm_dir) == (1, b"abc")


def test_as_many_loans_as_were_asked_for(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(100), loans=2) as pub:
        with pub.loan() as a, pub.loan() as b:
            a[:], b[:] = 1, 2
            for again in (
                lambda: pub.publish(a),
                lambda: pub.publish_many([a]),
                pub.loan().__enter__,
            ):
                with pytest.raises(LoanError, match=r"found loans=2 in use.*larger loans="):
                    again()
        assert newest(shm_dir) == (2, np.full(100, 1.0).tobytes())
        with pub.loan() as a:
            a[:] = 3
            pub.publish(np.full(100, 4.0))
            assert newest(shm_dir) == (3, np.full(100, 4.0).tobytes())
        assert newest(shm_dir) == (4, np.full(100, 3.0).tobytes())
    with Publisher("small", np.zeros(3)) as pub, pub.loan() as a, pub.loan() as b:
        a[:] = b[:] = 1  # private memory, as many as you like
        pub.publish(b)


def test_one_block_for_each_loan() -> None:
    with Publisher("topic", np.zeros(100)) as pub:
        one = pub.loan()
        with one:
            pass
        with pytest.raises(LoanError, match="used before"), one:
            pass
        assert one.__exit__(None, None, None) is None
        assert pub.loan().__exit__(None, None, None) is None
        pub.loan()  # holds nothing
        with pub.loan():
            pass


@pytest.mark.parametrize(
    ("default", "size", "text"),
    [
        (0.0, (), "a topic of float"),
        (np.uint8(0), (), "a topic of uint8"),
        ("", (), "a topic of str <= 4096"),
        ([0.0], (), r"a topic of list\[float\] <= 1"),
        (np.zeros(3), (3,), r"size= for float64\[3\]"),
        (b"", (1.0,), "size of float"),
        (b"", (True,), "size of bool"),
        (b"", ((3, 4),), "size of tuple"),
        (b"", (1, 2), "takes at most 1 argument"),
    ],
)
def test_what_has_no_loan(default: Any, size: tuple[Any, ...], text: str) -> None:
    with Publisher("topic", default) as pub, pytest.raises(TypeError, match=text) as caught:
        pub.loan(*size)
    assert isinstance(caught.value, TopicTypeError) == ("argument" not in text)


@pytest.mark.parametrize("size", [-1, 11, 2**70, -(2**70)])
def test_a_size_out_of_range(size: int) -> None:
    for default in (b"", np.zeros(0)):
        with (
            Publisher("topic", default, max_size=10) as pub,
            pytest.raises(TopicValueError, match="expected 0 to 10"),
        ):
            pub.loan(size)


def test_an_array_that_is_given_another_state(shm_dir: Path) -> None:
    with Publisher("topic", np.zeros(100)) as pub:
        with pytest.raises(BufferError), pub.loan() as a:
            a.__setstate__(np.ones(3).__reduce__()[2])
        assert published(shm_dir) == 0
        pub.publish(np.ones(100))


def test_keywords_of_loan() -> None:
    with Publisher("topic", b"") as pub, pytest.raises(TypeError, match="size"):
        pub.loan(length=3)


@pytest.mark.parametrize("default", [np.zeros(100), np.zeros(3), b""])
def test_a_publisher_that_is_closed_in_the_block(default: Any) -> None:
    pub = Publisher("topic", default)
    with pytest.raises(ClosedError), pub.loan() as a:  # noqa: PT012
        pub.close()
        a[0] = 1  # still mapped
    with pytest.raises(ClosedError):
        pub.loan()
    late = Publisher("topic", default)
    one = late.loan()
    late.close()
    with pytest.raises(ClosedError), one:
        pass


def test_a_publisher_that_is_made_again_in_the_block(shm_dir: Path) -> None:
    pub = Publisher("topic", np.zeros(100))
    with pytest.raises(ClosedError), pub.loan() as a:  # noqa: PT012
        pub.__init__("topic", "")  # type: ignore[misc]
        a[:] = 1
    assert published(shm_dir) == 0
    pub.publish("text")
    assert newest(shm_dir) == (1, b"text")
    pub.close()


def test_arrays_outlive_the_publisher() -> None:
    pub = Publisher("topic", np.zeros(100))
    with pub.loan() as a:
        a[:] = 5
    pub.close()
    del pub
    gc.collect()
    assert a.sum() == 500
    with Publisher("topic", np.zeros(100)) as pub:
        one = pub.loan()
        b = one.__enter__()
        b[:] = 6
        part = b[1:]
        del one
    assert (b.sum(), part.sum()) == (600, 594)


def test_a_block_that_never_ends(shm_dir: Path) -> None:
    def block(pub: Publisher[Any]) -> Any:
        with pub.loan() as a:
            yield a

    with Publisher("topic", np.zeros(100)) as pub:
        frames = block(pub)
        next(frames)
        del frames  # GeneratorExit
        one = pub.loan()
        a = one.__enter__()
        del one, a
        with pub.loan():
            pass
        assert published(shm_dir) == 1


def test_a_loan_in_a_cycle_is_collected() -> None:
    class Robot(Publisher[Any]):
        pass

    pub = Robot("topic", np.zeros(100))
    pub.one = pub.loan()  # type: ignore[attr-defined]
    pub.frame = pub.one.__enter__()  # type: ignore[attr-defined]
    gone = weakref.ref(pub)
    del pub
    gc.collect()
    assert gone() is None
    Publisher("topic", 0.0).close()
