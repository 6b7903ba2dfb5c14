"""_hot.Record, built by hand: what is written and read, and what is refused."""

import ctypes
import enum
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
from shm_pub_sub import _hot

from ..arrays._file import newest, published
from ._codec import (
    Layout,
    Refused,
    array,
    nested,
    publisher,
    raw,
    records,
    rows,
    scalar,
    several,
    subscriber,
    text,
)


@dataclass
class Plain:
    stamp: float = 0.0
    ok: bool = False
    count: int = 0


@dataclass
class Slots:
    __slots__ = ("count", "ok", "stamp")
    stamp: float
    ok: bool
    count: int


@dataclass(frozen=True)
class Frozen:
    stamp: float
    ok: bool
    count: int


@dataclass
class Mixed:
    """With __slots__ and a dict."""

    __slots__ = ("__dict__", "count")
    stamp: float
    ok: bool
    count: int


class Tuple(NamedTuple):
    stamp: float
    ok: bool
    count: int


class Structure(ctypes.Structure):
    _fields_ = (("stamp", ctypes.c_double), ("ok", ctypes.c_bool), ("count", ctypes.c_int64))


FIELDS = {"stamp": scalar("f8"), "ok": scalar("b1"), "count": scalar("i8")}
CLASSES = [
    ("direct", Plain),
    ("direct", Slots),
    ("direct", Frozen),
    ("direct", Mixed),
    ("tuple", Tuple),
    ("call", Plain),
    ("raw", Structure),
    ("dict", dict),
]


def layout(how: str, cls: Any) -> Layout:
    return Layout(how, None if how == "dict" else cls, FIELDS)


def made(cls: Any, *values: Any) -> Any:
    return dict(zip(FIELDS, values, strict=True)) if cls is dict else cls(*values)


def same(a: Any, b: Any) -> bool:
    return bytes(a) == bytes(b) if isinstance(a, ctypes.Structure) else bool(a == b)


@pytest.mark.parametrize(("how", "cls"), CLASSES)
def test_a_record_comes_back(how: str, cls: Any) -> None:
    form, value = layout(how, cls), made(cls, 1.5, True, -(2**63))
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(value)
        found, ok = sub.subscribe()
        assert ok
        assert type(found) is cls
        assert same(found, value)
        pub.publish_many([made(cls, 0.0, False, n) for n in range(3)])
        assert [same(x, made(cls, 0.0, False, n)) for n, x in enumerate(sub.drain())] == [True] * 3


@pytest.mark.parametrize(("how", "cls"), [c for c in CLASSES if c[0] != "raw"])
def test_a_wrong_field_is_named_and_nothing_published(how: str, cls: Any, shm_dir: Any) -> None:
    form = layout(how, cls)
    with publisher(form) as pub:
        for values, refusal in [
            ((None, True, 1), ("stamp", None, False, -1)),
            ((1.0, 1, 1), ("ok", 1, False, -1)),
            ((1.0, True, 1.0), ("count", 1.0, False, -1)),
            ((1.0, True, 2**63), ("count", 2**63, True, -1)),
            ((2**2000, True, 1), ("stamp", 2**2000, True, -1)),
        ]:
            value = made(cls, *values)
            with pytest.raises(Refused) as refused:
                pub.publish(value)
            assert refused.value.args == refusal
            with pytest.raises(Refused) as refused:
                pub.publish_many([made(cls, 0.0, True, 0), value])
            assert refused.value.args == (*refusal[:3], 1)
        assert published(shm_dir) == 0


@pytest.mark.parametrize(("how", "cls"), CLASSES)
def test_another_class_is_refused_as_a_whole(how: str, cls: Any, shm_dir: Any) -> None:
    with publisher(layout(how, cls)) as pub:
        for value in (None, 1, object(), (1.0, True), {"stamp": 1.0}, [1.0, True, 1], type(cls)):
            with pytest.raises(Refused) as refused:
                pub.publish(value)
            assert refused.value.args == ("", value, False, -1)
        assert published(shm_dir) == 0


def test_a_dict_has_exactly_the_keys() -> None:
    with publisher(layout("dict", dict)) as pub:
        for value in (
            {"stamp": 1.0, "ok": True, "other": 1},
            {"stamp": 1.0, "ok": True, "count": 1, "other": 1},
            {"stamp": 1.0, "ok": True, 3: 1},
        ):
            with pytest.raises(Refused) as refused:
                pub.publish(value)
            assert refused.value.args == ("", value, False, -1)


def test_a_missing_attribute_is_refused_as_a_whole() -> None:
    value = object.__new__(Slots)
    value.stamp = 1.0
    with publisher(layout("direct", Slots)) as pub:
        with pytest.raises(Refused) as refused:
            pub.publish(value)
        assert refused.value.args == ("", value, False, -1)


def test_a_subclass_is_read_by_its_own_attributes() -> None:
    class Sub(Slots):
        @property
        def stamp(self) -> float:  # type: ignore[override]
            return 7.0

    value = object.__new__(Sub)
    value.ok, value.count = True, 3
    form = layout("direct", Slots)
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(value)
        assert sub.subscribe()[0] == Slots(7.0, True, 3)


def test_padding_is_zero(shm_dir: Any) -> None:
    value = Structure(1.0, True, 5)
    ctypes.memset(ctypes.addressof(value), 0xFF, 16)
    with publisher(layout("raw", Structure)) as pub:
        pub.publish(value)
        assert newest(shm_dir).value[9:16] == bytes(7)


def test_an_init_of_its_own_is_called() -> None:
    @dataclass
    class Checked:
        stamp: float
        ok: bool
        count: int = field(init=False)

        def __post_init__(self) -> None:
            if self.stamp < 0:
                raise LookupError("negative")

    form = Layout("call", Checked, FIELDS, init={"count": False})
    value = Checked(1.0, True)
    value.count = 4
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(value)
        assert sub.recv(1) == value
        value.stamp = -1.0
        pub.publish(value)
        with pytest.raises(LookupError):
            sub.subscribe()
        with pytest.raises(LookupError):
            sub.recv(1)
        assert sub.try_recv() is None  # it counts as taken
        assert sub.lost == 0


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Flags(enum.IntFlag):
    A = 1
    B = 2


NUMPY = np.dtype([("stamp", "f8"), ("ok", "?"), ("count", "i8")], align=True)
PART = layout("direct", Slots)
SCALARS = Layout("numpy", None, FIELDS, dtype=NUMPY)
OBSERVATION = {
    "image": array("u1", 48, 64, 3),
    "small": array("f8", 14),
    "text": text(20),
    "raw": raw(7),
    "numbers": several("f8", 4),
    "part": nested(PART),
    "parts": records(PART, 5),
    "points": rows("f4", 1000, 4),
    "colour": text(4),
    "flags": scalar("i8"),
    "structured": array("", 3, part=SCALARS),
    "scalar": nested(SCALARS),
    "structure": nested(layout("raw", Structure)),
    "depth": scalar("f4"),
}
LARGE = Layout("dict", None, OBSERVATION, enums={"colour": Colour, "flags": Flags})


def observation(**changed: Any) -> dict[str, Any]:
    return {
        "image": np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3),
        "small": np.arange(14.0),
        "text": "hé",
        "raw": b"abc",
        "numbers": [1.0, 2.0],
        "part": Slots(1.0, True, 2),
        "parts": [Slots(1.0, True, n) for n in range(3)],
        "points": np.ones((10, 4), np.float32),
        "colour": Colour.BLUE,
        "flags": Flags.A | Flags.B,
        "structured": np.ones(3, NUMPY),
        "scalar": np.ones((), NUMPY)[()],
        "structure": Structure(1.0, True, 3),
        "depth": 0.5,
        **changed,
    }


def check_same(found: dict[str, Any], value: dict[str, Any]) -> None:
    assert list(found) == list(OBSERVATION)
    for name, x in value.items():
        if isinstance(x, np.ndarray):
            np.testing.assert_array_equal(found[name], x)
        else:
            assert type(found[name]) is type(x)
            assert same(found[name], x), name


@pytest.mark.parametrize("copy", [True, False])
def test_all_kinds_of_fields_come_back(copy: bool) -> None:
    value = observation(image=observation()["image"][::-1, :, ::-1])
    with publisher(LARGE) as pub, subscriber(LARGE, copy=copy) as sub:
        pub.publish(value)
        found, _ = sub.subscribe()
        check_same(found, value)
        arrays = [x for x in found.values() if isinstance(x, np.ndarray)]
        assert {a.flags.writeable for a in arrays} == {copy}
        assert copy or len({id(a.base) for a in arrays}) == 1
        assert sub.copied == 0


def test_views_share_a_pin_that_lives_as_long_as_any() -> None:
    with publisher(LARGE, views=1) as pub, subscriber(LARGE, copy=False) as sub:
        pub.publish(observation())
        first = sub.subscribe()[0]["points"]
        again = sub.subscribe()[0]
        assert sub.copied == 1  # the only pin is taken
        check_same(again, observation())
        for n in range(9):
            pub.publish(observation(points=np.full((10, 4), n, np.float32)))
        assert (first == 1).all()
        del first
        assert sub.subscribe()[0]["points"][0, 0] == 8
        assert sub.copied == 1


@pytest.mark.parametrize(
    ("name", "bad", "refusal"),
    [
        ("image", 1, ("image", 1, False)),
        ("text", "x" * 21, ("text", 21)),
        ("text", b"x", ("text", b"x", False)),
        ("text", "\ud800", ("text", "\ud800", False)),
        ("raw", bytes(8), ("raw", 8)),
        ("numbers", [1.0] * 5, ("numbers", 5)),
        ("numbers", [1.0, "x"], ("numbers[1]", "x", False)),
        ("numbers", (1.0,), ("numbers", (1.0,), False)),
        ("part", 3, ("part", 3, False)),
        ("part", Slots(1.0, True, 2**64), ("part.count", 2**64, True)),
        ("parts", [Slots(1.0, True, 1), 3], ("parts[1]", 3, False)),
        ("parts", [Slots(1.0, None, 1)], ("parts[0].ok", None, False)),  # type: ignore[arg-type]
        ("parts", [Slots(1.0, True, 1)] * 6, ("parts", 6)),
        ("points", np.zeros((1001, 4), np.float32), ("points", 1001)),
        ("colour", "blue", ("colour", "blue", False)),
        ("flags", 1, ("flags", 1, False)),
        ("scalar", 1, ("scalar", 1, False)),
        ("structure", Slots(1.0, True, 1), ("structure", Slots(1.0, True, 1), False)),
        ("depth", 1e300, ("depth", 1e300, True)),
    ],
)
def test_any_field_that_does_not_fit_is_named(
    name: str, bad: Any, refusal: Any, shm_dir: Any
) -> None:
    with publisher(LARGE) as pub:
        with pytest.raises(Refused) as refused:
            pub.publish(observation(**{name: bad}))
        assert refused.value.args == (*refusal, -1)
        assert published(shm_dir) == 0


@pytest.mark.parametrize("part", [PART, LARGE], ids=["small", "large"])
def test_lists_of_records(part: Layout) -> None:
    make: Any = observation if part is LARGE else lambda: Slots(1.0, True, 5)
    with publisher(part, most=3) as pub, subscriber(part, most=3) as sub:
        for n in (3, 0, 1):
            pub.publish([make() for _ in range(n)])
            found, _ = sub.subscribe()
            assert len(found) == n
            for x in found:
                if part is LARGE:
                    check_same(x, make())
                else:
                    assert x == make()
        with pytest.raises(Refused) as refused:
            pub.publish([make()] * 4)
        assert refused.value.args == ("", 4, -1)
        with pytest.raises(Refused) as refused:
            pub.publish([make(), None])
        assert refused.value.args == ("[1]", None, False, -1)


def test_a_subscriber_of_any_type_asks_for_the_codec() -> None:
    asked: list[str] = []

    def codecs(descriptor: str) -> Any:
        asked.append(descriptor)
        return layout("tuple", Tuple).record

    with publisher(layout("direct", Slots)) as pub, subscriber(None, codecs=codecs) as sub:
        pub.publish(Slots(1.0, True, 2))
        assert sub.subscribe() == (Tuple(1.0, True, 2), True)
    assert len(asked) == 1
    assert asked[0].startswith('{"kind":"record","size":24,"fields":[["stamp","<f8",0]')


def test_values_that_close_the_publisher(shm_dir: Any) -> None:
    class Closing:
        def __float__(self) -> float:
            pub.close()
            return 1.0

    for how, cls in CLASSES[:5]:
        pub = publisher(layout(how, cls))
        with pytest.raises(ValueError, match="closed"):
            pub.publish(made(cls, Closing(), True, 1))


TWICE = ("x", 0, "scalar", "f8", (), 0, None, None, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("direct", Slots, 15, (("stamp", 8, "scalar", "f8", (), 0, None, None, True),), ()),
        ("direct", 3, 16, (), ()),
        ("other", Slots, 16, (), ()),
        ("tuple", Slots, 16, (), ()),
        ("dict", None, 0, (), ()),
        ("dict", None, 8, ((1,),), ()),
        ("dict", None, 8, (("x", -8, "scalar", "f8", (), 0, None, None, True),), ()),
        ("dict", None, 8, (("x", 0, "scalar", "f9", (), 0, None, None, True),), ()),
        ("dict", None, 8, (("x", 0, "int", "i8", (), 0, None, None, True),), ()),
        ("dict", None, 16, (("x", 0, "text", "", (), 9, None, None, True),), ()),
        ("dict", None, 16, (("x", 0, "list", "i8", (), 2, None, None, True),), ()),
        ("dict", None, 99, (("x", 0, "array", "i8", (2**40, 2**40), 0, None, None, True),), ()),
        ("dict", None, 99, (("x", 0, "record", "f8", (), 0, None, None, True),), ()),
        ("dict", None, 8, (TWICE, TWICE), ()),
        ("dict", None, 8, (), ((4, 5),)),
        ("dict", None, 8, (), ((-1, 5),)),
        ("numpy", None, 8, (), ()),
    ],
)
def test_a_codec_that_would_leave_its_record_is_refused(arguments: Any) -> None:
    with pytest.raises(SystemError):
        _hot.Record(*arguments)


def test_a_codec_of_another_size_is_refused() -> None:
    form, other = layout("direct", Slots), Layout("direct", Slots, {"stamp": scalar("f8")})
    form.record = other.record
    with pytest.raises(SystemError):
        publisher(form)
