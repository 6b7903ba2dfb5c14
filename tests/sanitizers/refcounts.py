"""Checks that _hot releases every reference; run by test_refcounts.py on a debug build of CPython.

    PYTHONPATH=FOLDER python3-dbg refcounts.py ROUNDS

FOLDER has a shm_pub_sub whose _hot was compiled for that interpreter. Py_DEBUG's assertions are on,
and sys.gettotalrefcount() counts all references: a use that loses or takes one moves it by one a
round. The uses cover success and each kind of failure.
"""

import array
import gc
import sys
import time
import weakref

import align_uses
import payload_uses
import raw_uses
import record_uses
import shm_pub_sub
from refcount_helpers import Converts, Fails, Go, functions_of, raises
from shm_pub_sub import (
    ClosedError,
    ExistsError,
    LayoutError,
    Publisher,
    RangeError,
    ShmError,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    _hot,
)

ROUNDS = int(sys.argv[1])
SLACK = 30
"""References that caches of the interpreter may gain, however many rounds."""


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
            pub.publish_at(value, time_ns=time.monotonic_ns())
            sub.recv()
            sub.sample()
            raises(TimeoutError, sub.recv, 0)
            assert sub.try_recv() is None
            assert sub.lost >= 0


def values_by_time():
    for pub, sub, values in pairs:
        pub.publish_at(values[0], now := time.monotonic_ns())
        assert sub.at(now) is not None
        assert len(sub.since(now - 1)) > 0
        sub.after(now)
        raises(TimeoutError, sub.after, time.monotonic_ns(), 0)
        raises(TimeoutError, sub.after, time.monotonic_ns(), 1e-6)
        for wrong in (now - 1, 0, 2**70):
            raises(TopicValueError, pub.publish_at, values[0], wrong)
        for wrong in (1.5, None):
            raises(TopicTypeError, pub.publish_at, values[0], wrong)
            raises(TopicTypeError, sub.at, wrong)
            raises(TopicTypeError, sub.after, wrong)
            raises(TopicTypeError, sub.since, wrong)
        raises(ZeroDivisionError, pub.publish_at, values[0], Fails())
        raises(ZeroDivisionError, sub.since, Fails())
        raises(TypeError, sub.after)
        raises(TypeError, pub.publish_at, values[0])
        sub.drain()


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


def looks():
    for pub, sub, _ in pairs:
        repr(pub)
        repr(sub)
        assert sub.publisher_alive
        assert sub.buffer_num == 3
    others = (
        *payload_uses.payloads,
        *record_uses.topics,
        *record_uses.small,
        *align_uses.publishers,
        *raw_uses.publishers,
    )
    assert len(_hot.publishers()) == 3 + len(others)
    _hot.forks()


follower = Subscriber("followed", -(2**40))
pairs = [
    (Publisher("bool", False), Subscriber("bool", False), [True, False]),
    (Publisher("int", 0), Subscriber("int", 0), [1, 2**40, -(2**63), True, Converts()]),
    (Publisher("float", 0.0), Subscriber("float", 0.0), [1.5, 7, 2.0**1000, Converts()]),
]
aged = Subscriber("float", -1.0, max_age=1e-4)

USES = functions_of(globals())
USES += payload_uses.USES + record_uses.USES + align_uses.USES + raw_uses.USES


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
for end in payload_uses.ENDS + record_uses.ENDS + align_uses.ENDS + raw_uses.ENDS:
    end.close()
lost = {name: number for name, number in grown.items() if abs(number) > SLACK}
if lost:
    raise SystemExit(f"references lost or taken: {lost}")
