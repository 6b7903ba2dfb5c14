"""Publishing, loans and their errors leave no memory, mapping or descriptor behind."""

import array
import contextlib
from typing import Any

import numpy as np
from shm_pub_sub import Publisher

from ..lifetime.test_growth import check_growth

FRAME = np.zeros((100, 100), np.float32)
RELEASED = np.zeros((200, 100), np.float32)[::2].T


def refused(function: Any, *arguments: Any) -> None:
    with contextlib.suppress(TypeError, ValueError, OverflowError, RuntimeError, BufferError):
        function(*arguments)
        raise AssertionError(f"accepted {arguments}")


def test_calls_leave_nothing() -> None:
    def lend() -> None:
        with frames.loan() as a:
            a[0] = 1
        with contextlib.suppress(BufferError), frames.loan() as a:
            part = a[1:]
        del a, part
        with contextlib.suppress(ZeroDivisionError), frames.loan():
            raise ZeroDivisionError
        with raw.loan(9) as m:
            m[:] = bytes(9)
        frames.loan().__enter__()

    def use() -> None:
        frames.publish(FRAME)
        frames.publish(RELEASED)
        frames.publish(memoryview(FRAME))
        frames.publish_many([FRAME, RELEASED])
        frames.publish_many(memoryview(np.zeros((2, 100, 100), np.float32)))
        small.publish(np.zeros(3))
        text.publish("é" * 100)
        text.publish_many(["a", "b"])
        raw.publish(bytearray(3))
        numbers.publish([1.5, 2])
        words.publish(7)
        words.publish_many(array.array("H", [1, 2]))
        lend()
        refused(frames.publish, [1])
        refused(frames.publish, FRAME.astype("f8"))
        refused(frames.publish, bytes(4))
        refused(frames.publish_many, [FRAME, 1])
        refused(text.publish, "\ud800")
        refused(text.publish, "x" * 5000)
        refused(raw.publish, memoryview(b"abc")[::2])
        refused(numbers.publish, [1, "a"])
        refused(numbers.publish, [1.0] * 9)
        refused(words.publish, -1)
        refused(words.publish_many, [1, -1])
        refused(raw.loan, 5000)

    with (
        Publisher("frames", FRAME) as frames,
        Publisher("small", np.zeros(3)) as small,
        Publisher("text", "") as text,
        Publisher("raw", b"") as raw,
        Publisher("numbers", [0.0, 0.0]) as numbers,
        Publisher("words", np.uint16(0)) as words,
    ):
        check_growth(use, 3000)


def test_publishers_leave_nothing() -> None:
    def use() -> None:
        pub = Publisher("topic", FRAME)
        pub.publish(FRAME)
        with pub.loan() as a:
            a[:] = 1
        pub.close()
        assert a[0, 0] == 1
        Publisher("topic", "").publish("nobody closes it")
        with contextlib.suppress(ValueError), Publisher("topic", FRAME) as pub, pub.loan() as a:
            pub.close()

    check_growth(use, 500)
