"""into= of records: the program's own arrays are filled."""

import array
import ctypes
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from shm_pub_sub import MaxSize, Publisher, Subscriber, TopicTypeError, TopicValueError


def observation(n: int = 0) -> dict[str, Any]:
    return {
        "rgb": np.full((48, 64, 3), n, np.uint8),
        "arm": {"position": np.full(6, n, float), "name": Annotated[str, 16] if n == 0 else "arm"},
        "stamp": float(n),
    }


@dataclass
class Inner:
    q: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))


@dataclass(frozen=True)
class Frozen:
    q: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))


@dataclass
class Scan:
    points: Annotated[npt.NDArray[np.float32], MaxSize(100)] = field(
        default_factory=lambda: np.zeros((0, 4), np.float32)
    )
    inner: Inner = field(default_factory=Inner)
    frozen: Frozen = field(default_factory=Frozen)
    label: Annotated[str, 8] = "a"


class Pair(NamedTuple):
    a: float = 0.0
    b: float = 0.0


class Raw(ctypes.Structure):
    _fields_ = (("a", ctypes.c_uint8), ("b", ctypes.c_double))


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("how", ["recv", "try_recv", "subscribe"])
def test_a_dict(how: str, copy: bool) -> None:
    with (
        Publisher("topic", observation()) as pub,
        Subscriber("topic", observation(), copy=copy) as sub,
    ):
        into: dict[str, Any] = {
            "rgb": np.empty((48, 64, 3), np.uint8),
            "arm": {"position": np.empty((6, 2))[:, 1]},
            "mine": 1,
        }
        rgb, arm, position = into["rgb"], into["arm"], into["arm"]["position"]
        for n in (1, 2):
            pub.publish(observation(n))
            got = getattr(sub, how)(into=into)
            assert (got[0] if how == "subscribe" else got) is into
            assert into["rgb"] is rgb
            assert (rgb == n).all()
            assert into["arm"] is arm
            assert arm["position"] is position
            assert (position == n).all()
            assert (arm["name"], into["stamp"], into["mine"]) == ("arm", n, 1)


def test_an_object() -> None:
    with Publisher("topic", Scan()) as pub, Subscriber("topic", Scan()) as sub:
        into = Scan(np.zeros((10, 4), np.float32))
        points, inner, q, frozen = into.points, into.inner, into.inner.q, into.frozen
        sent = Scan(np.ones((3, 4), np.float32), Inner(np.ones(4)), Frozen(np.ones(4)), "b")
        pub.publish(sent)
        got = sub.recv(into=into)
        assert type(got) is Scan
        assert got is not into  # its points are the first three
        assert np.array_equal(got.points, sent.points)
        assert got.points.base is points
        assert (into.points is points, got.inner is inner, inner.q is q) == (True, True, True)
        assert (q == 1).all()
        assert got.frozen is not frozen  # it cannot be changed
        assert got.frozen.q.flags.writeable
        assert (got.frozen.q == 1).all()
        assert (got.label, into.label) == ("b", "b")
        pub.publish(Scan(np.zeros((10, 4), np.float32)))
        assert sub.recv(into=into) is into


def test_a_structure_and_a_structured_scalar() -> None:
    with Publisher("raw", Raw()) as pub, Subscriber("raw", Raw()) as sub:
        pub.publish(Raw(1, 2.5))
        raw = Raw()
        assert sub.recv(into=raw) is raw
        assert (raw.a, raw.b) == (1, 2.5)
    default = np.zeros((), [("a", "f8")])[()]
    with Publisher("void", default) as pub, Subscriber("void", default) as sub:
        pub.publish(np.array((2.5,), default.dtype)[()])
        into = np.zeros((), default.dtype)
        assert sub.recv(into=into) is into
        assert into["a"] == 2.5


def test_arrays_of_other_kinds() -> None:
    default = {"a": array.array("d", [1.0] * 100), "c": (ctypes.c_int * 3)(1, 2, 3)}
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish({"a": array.array("d", range(100)), "c": (ctypes.c_int * 3)(4, 5, 6)})
        into = {"a": array.array("d", [0.0] * 100), "c": (ctypes.c_int * 3)()}
        a, c = into["a"], into["c"]
        assert sub.recv(into=into) is into
        assert (a[99], [*c], into["a"] is a, into["c"] is c) == (99, [4, 5, 6], True, True)
        pub.publish(default)
        with pytest.raises(TopicTypeError, match="in 'a'; expected a writable array of float64 of"):
            sub.recv(into={**into, "a": array.array("f", [0.0] * 100)})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda d: d.pop("rgb"), "rgb"),
        (
            lambda d: d.update(rgb=np.zeros((48, 64), np.uint8)),
            "'rgb'.*uint8 of shape \\(48, 64, 3\\)",
        ),
        (lambda d: d.update(rgb=np.zeros((48, 64, 3))), "'rgb'"),
        (lambda d: d["rgb"].setflags(write=False), "read-only in 'rgb'"),
        (lambda d: d.update(rgb=None), "found None in 'rgb'"),
        (lambda d: d["arm"].update(position=np.zeros(7)), "'arm.position'"),
        (lambda d: d.update(arm=[]), "list in 'arm'"),
    ],
)
def test_what_does_not_fit_takes_nothing(change: Any, text: str) -> None:
    with Publisher("topic", observation()) as pub, Subscriber("topic", observation()) as sub:
        pub.publish(observation(3))
        into = observation()
        change(into)
        with pytest.raises(TopicTypeError, match=text):
            sub.recv(into=into)
        assert into.get("stamp") == 0
        assert (into["rgb"] is None or not into["rgb"].any()) if "rgb" in into else True
        assert sub.try_recv()["stamp"] == 3


def test_what_cannot_be_filled() -> None:
    with Publisher("pair", Pair()) as pub, Subscriber("pair", Pair()) as sub:
        pub.publish(Pair(1, 2))
        for into in (Pair(), [0, 0], {}):
            with pytest.raises(TopicTypeError, match="without into="):
                sub.recv(into=into)
        for method in (sub.drain, lambda into: sub.last(1, into=into)):
            with pytest.raises(TopicTypeError, match="record"):
                method(into=np.zeros(3))
        assert sub.recv() == Pair(1, 2)
    with Publisher("frozen", Frozen()) as pub, Subscriber("frozen", Frozen()) as sub:
        pub.publish(Frozen())
        with pytest.raises(TopicTypeError, match="Frozen cannot be changed"):
            sub.recv(into=Frozen())
    with Publisher("scan", Scan()) as pub, Subscriber("scan", Scan()) as sub:
        pub.publish(Scan(np.ones((3, 4), np.float32)))
        with pytest.raises(TopicValueError, match="2 rows in 'points'; expected 3"):
            sub.recv(into=Scan(np.ones((2, 4), np.float32)))
        with pytest.raises(TopicTypeError, match="an object of Scan"):
            sub.recv(into={})
