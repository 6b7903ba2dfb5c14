"""Uses of records, whose references refcounts.py counts."""

import array
import ctypes
import enum
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from refcount_helpers import Closes, Converts, Fails, functions_of, raises
from shm_pub_sub import ClosedError, MaxSize, Publisher, Subscriber


class Mode(enum.Enum):
    IDLE = "idle"
    MOVING = "moving"


class Parts(enum.IntFlag):
    ARM = 1
    HAND = 2


@dataclass(slots=True)
class Inner:
    x: float = 0.0
    label: Annotated[str, 16] = ""


class Pair(NamedTuple):
    n: int = 0
    doubles: Any = array.array("d", [1.0, 2.0])


@dataclass
class Outer:
    n: int = 1000
    mode: Mode = Mode.IDLE
    parts: Parts = Parts.ARM
    raw: Annotated[bytes, 8] = b""
    room: Any = field(default_factory=lambda: array.array("d", bytes(4000)))
    path: Annotated[list[float], MaxSize(3)] = field(default_factory=list)
    inner: Inner = field(default_factory=Inner)
    inners: Annotated[list[Inner], MaxSize(3)] = field(default_factory=lambda: [Inner()])
    pair: Pair = field(default_factory=Pair)


@dataclass
class Called(Outer):
    def __post_init__(self):
        if self.n == 13:
            raise ZeroDivisionError


class Raw(ctypes.Structure):
    _fields_ = (("a", ctypes.c_uint8), ("b", ctypes.c_double))


def fields(n=2000, **named):
    full = {"mode": Mode.MOVING, "parts": Parts.ARM | Parts.HAND, "raw": b"abc"}
    full |= {"room": array.array("d", bytes(4000)), "path": [1.5, 2.5], "inner": Inner(2.5, "a")}
    return {"n": n, **full, "inners": [Inner(0.5, "b"), Inner()], "pair": Pair(7), **named}


WRONG: list[dict[str, Any]] = [
    {"n": None},
    {"n": 2**64},
    {"n": Fails()},
    {"mode": "idle"},
    {"raw": bytes(9)},
    {"room": [1.0]},
    {"path": [1.0] * 4},
    {"path": [1.0, Fails()]},
    {"inner": Inner(label="x" * 17)},
    {"inner": None},
    {"inners": [Inner(), Inner(Fails())]},
    {"inners": [Inner(), 1]},
    {"pair": (1, 2)},
]
DICT = fields(raw=Annotated[bytes, 8], inners=[Inner()] * 3, path=[0.0] * 3)
topics: list[tuple[Publisher, Any, Any]] = [
    (Publisher("outer", Outer()), Outer(), lambda **named: Outer(**fields(**named))),
    (Publisher("called", Called()), Called(), lambda **named: Called(**fields(**named))),
    (Publisher("dict", DICT), DICT, fields),
]
small: list[tuple[Publisher, Any, Any, list[Any]]] = [
    (Publisher("inner", Inner()), Inner(), Inner(1.5, "c"), [Inner("x"), Inner(Fails()), 1]),
    (Publisher("pair", Pair()), Pair(), Pair(Converts()), [Pair(Fails()), Pair(1, b""), (1, 2)]),
    (Publisher("structure", Raw()), Raw(), Raw(1, 2.0), [1, {}]),
    (Publisher("inners", [Inner()], max_size=200), [Inner()], [Inner(3.0)] * 200, [[1], 1]),
]
SUBSCRIBERS = [
    Subscriber(pub.name, default, copy=copy)
    for pub, given, *_ in (*topics, *small)
    for default in (given, None)
    for copy in (True, False)
]
ENDS = [pub for pub, *_ in (*topics, *small)] + SUBSCRIBERS


def records_that_are_published():
    for pub, _, make in topics:
        pub.publish(make())
        pub.publish_many([make(), make(inners=[])])
    for pub, _, value, _ in small:
        pub.publish_many([value, value])
        pub.publish(value)


def records_that_are_refused():
    for pub, _, make in topics:
        for named in WRONG:
            raises((TypeError, ValueError, ArithmeticError), pub.publish, make(**named))
        raises((TypeError, ZeroDivisionError), pub.publish_many, [make(), make(n=Fails())])
    for pub, _, value, wrong in small:
        for each in wrong:
            raises((TypeError, ZeroDivisionError), pub.publish, each)
            raises((TypeError, ZeroDivisionError), pub.publish_many, [value, each])


def records_that_are_read():
    for pub, _, make in topics:
        pub.publish_many([make(), make(), make()])
    for pub, _, value, _ in small:
        pub.publish_many([value] * 3)
    for sub in SUBSCRIBERS:
        held = [sub.subscribe(), sub.subscribe(), sub.sample(), sub.recv(), sub.recv_sample()]
        assert held[0][1]
        assert sub.name == "dict" or len(sub.last(3)) == 3
        assert len(sub.drain()) == 1


def records_that_are_filled():
    for pub, _, make in topics:
        pub.publish(make())
    for sub in SUBSCRIBERS:
        if sub.name == "outer" and sub.default_value is not None:
            into = Outer(**fields())
            assert sub.subscribe(into=into)[0] is into
            raises(TypeError, sub.subscribe, into=Outer(**fields(room=1)))


def records_whose_class_raises():
    pub = topics[1][0]
    value = Called(**fields())
    value.n = 13
    pub.publish(value)
    for sub in SUBSCRIBERS:
        if sub.name == "called" and sub.default_value is not None:
            raises(ZeroDivisionError, sub.subscribe)


def records_that_are_lent():
    for pub, _, _ in topics:
        with pub.loan() as lent:
            pass
        del lent
        raises(ZeroDivisionError, block, pub)


def block(pub):
    with pub.loan() as lent:
        if isinstance(lent, dict):
            lent["n"] = Fails()
        else:
            lent.n = Fails()


def publishers_that_are_closed_meanwhile():
    for value in (Inner(), Outer()):
        pub = Publisher("block", value)
        if isinstance(value, Inner):
            raises(ClosedError, pub.publish, Inner(Floats(pub)))
        else:
            raises(ClosedError, pub.publish, Outer(**fields(n=Closes(pub))))


class Floats(Closes):
    def __float__(self):
        return float(self.__index__())


USES = [use for use in functions_of(globals()) if use not in (block, fields)]
