"""Uses of text, bytes, lists and arrays, whose references refcounts.py counts."""

import array
import ctypes
import time

from refcount_helpers import Closes, Converts, Fails, functions_of, raises
from shm_pub_sub import (
    ClosedError,
    LoanError,
    Publisher,
    Subscriber,
    TopicTypeError,
    TopicValueError,
)

doubles = array.array("d", range(75))
frames = Publisher("frames", memoryview(bytes(600)).cast("B").cast("d", (5, 15)))
floats = Publisher("floats", doubles[:0], max_size=5)
texts, raw = Publisher("texts", ""), Publisher("raw", b"")
lists, small = Publisher("lists", [0.0] * 3), Publisher("small", ctypes.c_uint16(0))
payloads = [
    (frames, memoryview(bytes(600)).cast("B").cast("d", (5, 15)), [doubles, [1.0], b"", None]),
    (floats, doubles[:3], [doubles, array.array("f"), 1.0]),
    (texts, "gr\u00fc\u00df", [b"", "x" * 5000, "\ud800", 1]),
    (raw, b"bytes", ["", bytes(5000), memoryview(b"abcd")[::2]]),
    (lists, [1.5, 2, Converts()], [(1.0,), [1.0] * 4, ["1"], [10**400]]),
    (small, 65535, [-1, 65536, 1.5, "1"]),
]
SUBSCRIBERS = [
    Subscriber(pub.name, default, copy=copy)
    for pub, default in (
        (frames, frames.default_value),
        (floats, doubles[:0]),
        (texts, ""),
        (raw, b""),
        (lists, [0.0]),
        (small, ctypes.c_uint16(0)),
    )
    for default in (default, None)
    for copy in (True, False)
]
ENDS = [pub for pub, _, _ in payloads] + SUBSCRIBERS


def payloads_of_every_kind():
    for pub, value, _ in payloads:
        for _ in range(6):
            pub.publish(value)
        pub.publish_many([value, value])
        pub.publish_many(iter((value,)))
    frames.publish_many(memoryview(bytes(1800)).cast("B").cast("d", (3, 5, 15)))
    frames.publish(memoryview(bytes(1200)).cast("B").cast("d", (10, 15))[::2])
    small.publish_many(array.array("H", [1, 2]))


def payloads_that_are_refused():
    for pub, value, wrong in payloads:
        for refused in wrong:
            raises((TypeError, ValueError, OverflowError), pub.publish, refused)
            raises((TypeError, ValueError, OverflowError), pub.publish_many, [value, refused])
        raises(TypeError, pub.publish_many, 7)
    raises(ZeroDivisionError, lists.publish, [1.0, Fails()])
    raises(ZeroDivisionError, small.publish, Fails())
    raises(TypeError, texts.publish_many, "text")


def loans():
    with frames.loan() as m:
        m[0, 0] = 1.5
    with raw.loan(3) as m:
        m[:] = b"abc"
    with floats.loan(size=2) as m:
        m[:] = array.array("d", [1, 2])
    raises(ZeroDivisionError, block, frames, lambda m: 1 // 0)
    parts = []
    raises(BufferError, block, raw, lambda m: parts.append(m[1:]))
    raises(LoanError, raw.publish, b"")
    parts.clear()
    raises(LoanError, block, raw, raw.publish)
    frames.loan().__enter__()
    one = frames.loan()
    with one:
        pass
    raises(LoanError, one.__enter__)
    raises(LoanError, setattr, one, "time_ns", 1)
    timed = frames.loan()
    for wrong in (0, 2**70, 1.5):
        raises((TypeError, ValueError), setattr, timed, "time_ns", wrong)
    raises(TypeError, delattr, timed, "time_ns")
    timed.time_ns = 1
    timed.__enter__()
    raises(TopicValueError, timed.__exit__, None)
    with (timed := frames.loan()):
        timed.time_ns = time.monotonic_ns()
    for wrong in (-1, 9999, "1", True):
        raises((TypeError, ValueError), raw.loan, wrong)
    raises(TypeError, frames.loan, 3)
    raises(TypeError, texts.loan)
    raises(TypeError, raw.loan, length=3)
    with Publisher("number", 0) as number:
        raises(TypeError, number.loan)


def block(pub, use):
    with pub.loan() as m:
        use(m)


def publishers_that_are_closed_in_a_block():
    pub = Publisher("block", bytes(3))
    raises(ClosedError, block, pub, lambda m: pub.close())
    raises(ClosedError, pub.loan)
    pub.__init__("block", [0])
    raises(ClosedError, pub.publish, [Closes(pub)])


def payloads_that_are_read():
    wide = array.array("d", bytes(600))
    for pub, value, _ in payloads:
        pub.publish_many([value] * 2)
        pub.publish_at(value, time.monotonic_ns())
        raises(TopicValueError, pub.publish_at, value, 1)
        raises(TopicTypeError, pub.publish_at, value, 1.5)
    for sub in SUBSCRIBERS:
        held = [sub.subscribe(), sub.subscribe(), sub.sample(), sub.recv(), sub.recv_sample()]
        assert len(sub.last(3)) == 3
        assert held[0][1]
        assert len(sub.drain()) == 1
        assert sub.try_recv() is None
        held += [sub.at(0), sub.after(0), *sub.since(0)]
        assert len(held) == 10
        if sub.name == "floats":
            assert len(sub.subscribe(into=wide)[0]) == 3
        else:
            raises(TypeError, sub.subscribe, into=wide)


USES = [use for use in functions_of(globals()) if use is not block]
