"""Checks that _hot releases every reference; run by test_refcounts.py on a debug build of CPython.

    PYTHONPATH=FOLDER python3-dbg refcounts.py ROUNDS

FOLDER has a shm_pub_sub whose _hot was compiled for that interpreter. Py_DEBUG's assertions are on,
and sys.gettotalrefcount() counts all references: a use that loses or takes one moves it by one a
round. The uses cover success and each kind of failure.
"""

import array
import ctypes
import gc
import sys
import weakref

import shm_pub_sub
from shm_pub_sub import (
    ClosedError,
    ExistsError,
    LayoutError,
    LoanError,
    Publisher,
    RangeError,
    ShmError,
    Subscriber,
    TopicTypeError,
    _extension,
    _hot,
    _publisher,
)

ROUNDS = int(sys.argv[1])
SLACK = 30
"""References that caches of the interpreter may gain, however many rounds."""


def raises(kind, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except kind:
        return
    raise AssertionError(f"{function} with {arguments} raised no {kind}")


class Go:
    """gopy's module, which was not compiled for a debug build: the None that it returns is counted
    when it is given back, and was not when it was made."""

    uncounted = 0

    def __getattr__(self, name):
        return getattr(_extension.load(), name)

    def IncRef(self, handle):
        Go.uncounted += 1
        return _extension.load().IncRef(handle)

    def DecRef(self, handle):
        Go.uncounted += 1
        return _extension.load().DecRef(handle)


class Fails:
    def __index__(self):
        raise ZeroDivisionError

    __float__ = __index__


class Converts:
    def __index__(self):
        return 2**40 + 7

    def __float__(self):
        return 2.75


class Closes:
    def __init__(self, end):
        self.end = end

    def __index__(self):
        self.end.close()
        return 1


class Mine(Subscriber):
    """A subclass with a __dict__, which the collector follows."""


class Yours(Publisher):
    pass


def objects():
    with Publisher("topic", 0.0) as pub, Subscriber("topic", 0.0) as sub:
        pub.publish(1.5)
        sub.subscribe()
    pub.close()
    sub.close()


def objects_that_nobody_closes():
    Publisher("topic", 0).publish(2**40)
    Subscriber("topic", 0).subscribe()


def objects_that_were_never_set_up():
    Publisher.__new__(Publisher)
    sub = Subscriber.__new__(Subscriber)
    raises(ClosedError, sub.subscribe)
    raises(ClosedError, Publisher.__new__(Publisher).publish, 1)
    _hot.Publisher()
    _hot.Subscriber()


def set_up_again():
    pub, sub = Publisher("topic", 0), Subscriber("topic", 0)
    pub.publish(2**40)
    sub.subscribe()
    pub.__init__("topic", 0.5)
    sub.__init__("topic", 0.5)
    pub.publish(2.75)
    assert sub.subscribe() == (2.75, True)
    raises(TopicTypeError, pub.__init__, "topic", None)
    raises(TopicTypeError, sub.__init__, "topic", ())


def subclasses_weak_references_and_cycles():
    pub, sub = Yours("topic", 0), Mine("topic", 0)
    dead = []
    references = [weakref.ref(each, dead.append) for each in (pub, sub)]
    sub.itself = sub
    pub.publish(7)
    sub.subscribe()
    del pub, sub
    gc.collect()
    assert [reference() for reference in references] == [None, None]
    assert len(dead) == 2


def no_topic():
    with Subscriber("absent", 2.5) as sub:
        sub.subscribe()
        assert not sub.publisher_alive
        repr(sub)


def constructors_that_fail():
    raises(TopicTypeError, Publisher, None, 0)
    raises(TopicTypeError, Publisher, "topic", None)
    raises(ShmError, Publisher, "topic", 0, 0)
    raises(ShmError, Publisher, "x" * 300, 0)
    raises(ShmError, Subscriber, "x" * 300, 0)
    with Publisher("topic", 0):
        raises(ExistsError, Publisher, "topic", 0)
        raises(TopicTypeError, Subscriber, "topic", 0.5)


def use_after_close():
    pub, sub = Publisher("topic", 0), Subscriber("topic", 0)
    pub.close()
    sub.close()
    raises(ClosedError, pub.publish, 1)
    raises(ClosedError, pub.publish, "1")
    raises(ClosedError, sub.subscribe)
    raises(ClosedError, sub.__enter__)
    assert not sub.publisher_alive


def private_methods_with_wrong_arguments():
    sub = Subscriber("absent", 0)
    pub = Publisher("topic", 0)
    raises(TypeError, sub._open, "no bytes", 1, (0, False), 0, 1)
    raises(TypeError, sub._open)
    raises(TypeError, sub._map)
    raises(ZeroDivisionError, sub._map, sub._open_epoch, lambda *_: 1 // 0, "", "", "", "")
    assert sub._map(sub._open_epoch, lambda *_: "", "", "", "", "") is None
    assert sub._map(sub._open_epoch, lambda *_: 5, "", "", "", "") is None
    raises(ClosedError, sub._map, sub._open_epoch + 1, lambda *_: "", "", "", "", "")
    raises(ClosedError, sub._take, sub._open_epoch + 1, False)
    assert sub._take(sub._open_epoch, False) is None
    raises(SystemError, sub._map, sub._open_epoch, lambda *_: "no numbers", "", "", "", "")
    raises(SystemError, sub._map, sub._open_epoch, lambda *_: "1 2 3 4 5 6 0 0 0 0")
    raises(TypeError, pub._create)
    raises(RuntimeError, pub._create, None, None, (), 1)
    closed = Publisher.__new__(Publisher)
    raises(ZeroDivisionError, closed._create, None, lambda: 1 // 0, (), 1)
    raises(AttributeError, closed._create, None, lambda: 1, (), 1)


def follow_a_publisher():
    with Publisher("followed", 0, replace=True) as pub:
        pub.publish(2**40)
        assert follower.subscribe() == (2**40, True)
    assert follower.subscribe() == (-(2**40), False)


def follow_one_of_another_type():
    with Publisher("followed", 0.5):
        raises(TopicTypeError, follower.subscribe)
        assert follower.publisher_alive
    follower.subscribe()


def damaged_files():
    with open(f"{shm_pub_sub._arguments.directory()}/shm_pub_sub.damaged", "wb") as file:  # noqa: PTH123
        file.write(b"x" * 69632)
    raises(LayoutError, Subscriber, "damaged", 0)
    raises(LayoutError, shm_pub_sub.inspect, "damaged")
    shm_pub_sub.remove("damaged")


def corrupt_ring():
    with Publisher("corrupt", 0) as pub, Subscriber("corrupt", 0) as sub:
        with open(shm_pub_sub.inspect("corrupt").path, "r+b") as file:  # noqa: PTH123
            file.seek(65536 + 128)
            file.write(b"\xff" * 8)
        raises(LayoutError, sub.subscribe)
        pub.publish(1)


def values_of_every_kind():
    for pub, sub, values in pairs:
        for value in values:
            pub.publish(value)
            sub.subscribe()
            kept = sub.subscribe()
            assert sub.subscribe() is kept
            pub.publish(value)
            assert sub.subscribe() is not kept


def values_in_turn():
    for pub, sub, values in pairs:
        sub.drain()
        for value in values:
            pub.publish(value)
            sub.recv()
            pub.publish(value)
            sub.recv_sample(0)
            pub.publish(value)
            next(sub)
            sub.sample()
            raises(TimeoutError, sub.recv, 0)
            assert sub.try_recv() is None
            assert sub.lost >= 0


def batches():
    for pub, sub, values in pairs:
        pub.publish_many(values)
        pub.publish_many(iter(values))
        assert len(sub.drain()) == 3
        for wrong in ([*values, "1"], 7, None):
            raises(TopicTypeError, pub.publish_many, wrong)
    numbers = array.array("d", [1.5, 2.5])
    pairs[2][0].publish_many(numbers)
    assert pairs[2][1].drain(into=numbers) == 2
    raises(TopicTypeError, pairs[1][1].drain, into=numbers)
    raises(TypeError, pairs[1][1].drain, 1)
    raises(RangeError, pairs[1][0].publish_many, [2**63])
    raises(ZeroDivisionError, pairs[1][0].publish_many, [1, Fails()])


def waits_that_are_refused():
    _, sub, _ = pairs[1]
    for wrong in (-1, "1", True):
        raises(ShmError, sub.recv, wrong)
    raises(ZeroDivisionError, sub.recv, Fails())
    raises(TypeError, sub.recv, 1, 2)
    raises(TypeError, sub.recv, limit=1)
    sub.wait_for_publisher()
    with Subscriber("absent", 0) as alone:
        raises(TimeoutError, alone.recv, 1e-6)
        raises(TimeoutError, alone.wait_for_publisher, 1e-6)
    raises(ClosedError, alone.recv)
    raises(ClosedError, iter, alone)
    raises(StopIteration, next, alone)


def publishers_that_leave_values_behind():
    with Subscriber("left", 0) as sub:
        for number in range(3):
            with Publisher("left", 0) as pub:
                pub.publish(number)
                sub.try_recv()
                pub.publish(number)
                sub.subscribe()
        assert len(sub.drain()) + sub.lost == 3


def values_that_are_too_old():
    pairs[2][0].publish(2.5)
    aged.subscribe()
    while aged.subscribe()[1]:
        pass


def values_that_are_refused():
    for pub, _, _ in pairs:
        for value in (None, "1", 1j, object(), int, [1]):
            raises(TopicTypeError, pub.publish, value)
    raises(RangeError, pairs[1][0].publish, 2**63)
    raises(RangeError, pairs[2][0].publish, 10**400)
    raises(TopicTypeError, pairs[0][0].publish, 1)
    for pub, _, _ in pairs[1:]:
        raises(ZeroDivisionError, pub.publish, Fails())
        raises(TypeError, pub.publish)


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
    for wrong in (-1, 9999, "1", True):
        raises((TypeError, ValueError), raw.loan, wrong)
    raises(TypeError, frames.loan, 3)
    raises(TypeError, texts.loan)
    raises(TypeError, raw.loan, length=3)
    raises(TypeError, pairs[0][0].loan)


def block(pub, use):
    with pub.loan() as m:
        use(m)


def publishers_that_are_closed_in_a_block():
    pub = Publisher("block", bytes(3))
    raises(ClosedError, block, pub, lambda m: pub.close())
    raises(ClosedError, pub.loan)
    pub.__init__("block", [0])
    raises(ClosedError, pub.publish, [Closes(pub)])


def looks():
    for pub, sub, _ in pairs:
        repr(pub)
        repr(sub)
        assert sub.publisher_alive
        assert sub.buffer_num == 3
    assert len(_hot.publishers()) == 3 + len(payloads)
    _hot.forks()


go = Go()
_publisher.load = lambda *_: go
follower = Subscriber("followed", -(2**40))
pairs = [
    (Publisher("bool", False), Subscriber("bool", False), [True, False]),
    (Publisher("int", 0), Subscriber("int", 0), [1, 2**40, -(2**63), True, Converts()]),
    (Publisher("float", 0.0), Subscriber("float", 0.0), [1.5, 7, 2.0**1000, Converts()]),
]
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
aged = Subscriber("float", -1.0, max_age=1e-4)

USES = [value for name, value in list(globals().items()) if type(value) is type(raises)]
USES.remove(raises)
USES.remove(block)


def references():
    gc.collect()
    return sys.gettotalrefcount() + Go.uncounted


def growth(use, rounds):
    for _ in range(20):
        use()
    before = references()
    for _ in range(rounds):
        use()
    return references() - before


if not hasattr(sys, "gettotalrefcount"):
    raise SystemExit("this is no debug build of CPython")
grown = {use.__name__: growth(use, ROUNDS) for use in USES}
for name, number in grown.items():
    print(f"{number:6d} references in {ROUNDS} rounds of {name}")
for pub, sub, _ in pairs:
    pub.close()
    sub.close()
for pub, _, _ in payloads:
    pub.close()
lost = {name: number for name, number in grown.items() if abs(number) > SLACK}
if lost:
    raise SystemExit(f"references lost or taken: {lost}")
