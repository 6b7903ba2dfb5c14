"""What publish() refuses of a record: the field's path, what was found, what to write."""

import ctypes
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from shm_pub_sub import (
    MaxSize,
    Publisher,
    RangeError,
    Subscriber,
    TopicTypeError,
    TopicValueError,
)


class Mode(enum.Enum):
    OFF = "off"
    ON = "on"


class Level(enum.IntEnum):
    LOW = 1


class Motor(ctypes.Structure):
    _fields_ = [("speed", ctypes.c_int)]


class Point(NamedTuple):
    x: float = 0.0


@dataclass
class Pose:
    x: Any = 0.0
    at: Any = field(default_factory=Point)


@dataclass
class Imu:
    stamp: Any = 0
    ax: Any = 0.0
    cov: Any = field(default_factory=lambda: np.zeros((3, 3)))
    label: Annotated[Any, 4] = ""
    ok: Any = False
    points: Annotated[npt.NDArray[np.float32], MaxSize(3)] = field(
        default_factory=lambda: np.zeros((0, 4), np.float32)
    )
    path: Any = field(default_factory=lambda: [0.0] * 2)
    mode: Any = Mode.OFF
    poses: Any = field(default_factory=lambda: [Pose()])


def state() -> dict[str, Any]:
    return {
        "imu": Imu(),
        "n": 1,
        "u": np.uint8(0),
        "h": np.float16(0),
        "level": Level.LOW,
        "arm": {"position": [0.0, 1.0], "raw": Annotated[bytes, 4]},
        "motor": Motor(),
        "row": np.zeros((), "f4,f4")[()],
        "a.b[0]": {"x": 1},
    }


def value() -> dict[str, Any]:
    made = state()
    made["arm"]["raw"] = b""
    return made


def put(name: str, new: Any) -> Callable[[dict[str, Any]], None]:
    return lambda v: v.__setitem__(name, new)


def put_imu(name: str, new: Any) -> Callable[[dict[str, Any]], None]:
    return lambda v: setattr(v["imu"], name, new)


REFUSED: list[tuple[Callable[[dict[str, Any]], Any], type[Exception], str]] = [
    (put_imu("ax", "a"), TopicTypeError, "field imu.ax: found str 'a'; expected a float"),
    (
        put_imu("ax", None),
        TopicTypeError,
        "field imu.ax: found None; expected a float or an int (a",
    ),
    (put_imu("stamp", 1.5), TopicTypeError, "field imu.stamp: found float 1.5; expected an int"),
    (put_imu("stamp", 2**70), RangeError, "field imu.stamp: found 1180591620717411303424; expec"),
    (
        put_imu("cov", np.zeros((3, 2))),
        TopicTypeError,
        "field imu.cov: found float64[3,2]; expected",
    ),
    (put_imu("label", "x" * 5), TopicValueError, "field imu.label: found 5 bytes of UTF-8; expect"),
    (put_imu("label", b""), TopicTypeError, "field imu.label: found bytes b''; expected a str; wr"),
    (put_imu("label", "\ud800"), TopicValueError, "field imu.label: found a str with a lone surr"),
    (put_imu("ok", 1), TopicTypeError, "field imu.ok: found int 1; expected True or False"),
    (
        put_imu("points", np.zeros((3, 5), "f4")),
        TopicTypeError,
        "field imu.points: found float32[3,5]; expected float32[<=3,4], exactly",
    ),
    (
        put_imu("points", np.zeros((4, 4), "f4")),
        TopicValueError,
        "field imu.points: found 4 elements along the first axis; expected 3 at most; write",
    ),
    (
        put_imu("path", [0.0] * 3),
        TopicValueError,
        "field imu.path: found 3 elements; expected 2 at",
    ),
    (put_imu("path", [0.0, "a"]), TopicTypeError, "field imu.path[1]: found str 'a'; expected a"),
    (put_imu("path", (1.0,)), TopicTypeError, "field imu.path: found tuple (1.0,); expected a lis"),
    (put_imu("mode", "off"), TopicTypeError, "field imu.mode: found str 'off'; expected a member "),
    (
        put_imu("mode", None),
        TopicTypeError,
        "field imu.mode: found None; expected a member of Mode",
    ),
    (
        put_imu("poses", [Pose("a")]),
        TopicTypeError,
        "field imu.poses[0].x: found str 'a'; expected",
    ),
    (
        put_imu("poses", [Pose(1, Point(None))]),  # type: ignore[arg-type]
        TopicTypeError,
        "field imu.poses[0].at.x: found None; expected",
    ),
    (put_imu("poses", [3]), TopicTypeError, "field imu.poses[0]: found int 3; expected Pose"),
    (put_imu("poses", Pose()), TopicTypeError, "field imu.poses: found unit.records.test_refused."),
    (
        lambda v: delattr(v["imu"], "cov"),
        TopicTypeError,
        "field imu: found Imu without cov; expect",
    ),
    (put("imu", None), TopicTypeError, "field imu: found None; expected Imu"),
    (
        put("imu", {"x": 1}),
        TopicTypeError,
        "field imu: found dict {'x': 1}; expected Imu; write Im",
    ),
    (put("u", 256), RangeError, "field u: found 256; expected 0 to 2**8 - 1"),
    (put("h", 1e9), RangeError, "field h: found 1000000000.0; expected a number that a float16"),
    (put("level", Mode.ON), TopicTypeError, "field level: found unit.records.test_refused.Mode <M"),
    (
        put("level", 1),
        TopicTypeError,
        "field level: found int 1; expected a member of Level; write",
    ),
    (put("arm", 3), TopicTypeError, "field arm: found int 3; expected a dict with the keys 'posit"),
    (put("arm", Point()), TopicTypeError, "field arm: found unit.records.test_refused.Point Point"),
    (lambda v: v["arm"].pop("raw"), TopicTypeError, "field arm: found a dict without 'raw'; expec"),
    (put("motor", 3), TopicTypeError, "field motor: found int 3; expected Motor"),
    (put("row", (1, 2)), TopicTypeError, "field row: found tuple (1, 2); expected a structured sc"),
    (put("row", np.zeros(2, "f4,f4")), TopicTypeError, "field row: found numpy.ndarray of [('f0'"),
    (
        lambda v: v["a.b[0]"].update(x=None),
        TopicTypeError,
        "field a.b[0].x: found None; expected a",
    ),
    (
        lambda v: v.pop("n"),
        TopicTypeError,
        "found a dict without 'n'; expected a dict with the key",
    ),
    (put("more", 1), TopicTypeError, "found a dict with the key 'more'; expected a dict with the "),
]


@pytest.mark.parametrize(("change", "error", "text"), REFUSED, ids=[case[2] for case in REFUSED])
def test_a_wrong_field_is_named_and_nothing_is_published(
    change: Callable[[dict[str, Any]], Any], error: type[Exception], text: str
) -> None:
    with Publisher("topic", state()) as pub, Subscriber("topic", state()) as sub:
        good, wrong = value(), value()
        change(wrong)
        for call, begin in (
            (lambda: pub.publish(wrong), "publish to record topic 'topic'"),
            (
                lambda: pub.publish_many([good, wrong]),
                "publish to record topic 'topic', value 1 of a batch, none of which is published",
            ),
        ):
            with pytest.raises(error) as caught:
                call()
            said = str(caught.value)
            comma = ", " if text.startswith("field") else ": "
            assert said.startswith(begin + comma + text)
            assert "; expected " in said
        assert sub.try_recv() is None
        pub.publish(good)
        assert sub.recv(20)["n"] == 1


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (3, "found int 3; expected Pose"),
        (None, "found None; expected Pose"),
        (Pose, "found the class Pose; expected Pose; write Pose(...)"),
        ({"x": 1}, "found dict {'x': 1}; expected Pose; write Pose(**x)"),
        (Point(), "Point Point(x=0.0); expected Pose"),
    ],
)
def test_another_class_is_refused(wrong: Any, text: str) -> None:
    with Publisher[Any]("topic", Pose()) as pub:
        with pytest.raises(TopicTypeError) as caught:
            pub.publish(wrong)
        assert str(caught.value).startswith("publish to Pose topic 'topic': found ")
        assert str(caught.value).endswith(text)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (Pose(), "expected a list of Pose; write [x]"),
        ((Pose(),), "expected a list of Pose; write list(x)"),
        ({"a": Pose()}, "expected a list of Pose; write list(x.values())"),
        (None, "found None; expected a list of Pose"),
        ([Pose(), None], ", field [1]: found None; expected Pose"),
        ([Pose("a")], ", field [0].x: found str 'a'; expected a float or an int"),
        ([Pose()] * 3, "found 3 elements; expected max_size 2 at most"),
    ],
)
def test_what_is_no_list_of_them_is_refused(wrong: Any, text: str) -> None:
    with Publisher[Any]("topic", [Pose()], max_size=2) as pub:
        with pytest.raises((TopicTypeError, TopicValueError)) as caught:
            pub.publish(wrong)
        assert str(caught.value).startswith("publish to list[Pose] topic 'topic'")
        assert text in str(caught.value)


def test_a_value_that_no_member_has_names_the_field() -> None:
    class Other(enum.Enum):
        OFF = "off"
        NEW = "xy"

    class Known(enum.Enum):
        OFF = "off"
        ON = "on"

    text = Subscriber("topic", {"a": {"mode": Annotated[str, 3]}})
    sub = Subscriber("topic", {"a": {"mode": Known.OFF}})
    with Publisher("topic", {"a": {"mode": Other.OFF}}) as pub, text, sub:
        pub.publish({"a": {"mode": Other.NEW}})
        with pytest.raises(TopicValueError, match=r"field a\.mode: found 'xy'; .*of Known"):
            sub.recv(20)
        assert sub.try_recv() is None, "it counts as taken"
        assert text.recv(20) == {"a": {"mode": "xy"}}


def test_a_namedtuple_with_too_few_fields() -> None:
    class Pair(NamedTuple):
        a: float
        b: float

    with Publisher("topic", Pair(0.0, 0.0)) as pub:
        for found in ((1.0,), (1.0, 2.0, 3.0)):
            with pytest.raises(TopicTypeError, match=rf"found Pair of {len(found)} fields; expec"):
                pub.publish(tuple.__new__(Pair, found))
