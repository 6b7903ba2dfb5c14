"""From a default to a layout: offsets, sizes, gaps, descriptors and the texts of types."""

import ctypes
import enum
import json
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from shm_pub_sub import MaxSize, Unit
from shm_pub_sub._records import RecordSpec
from shm_pub_sub._types import spec_of


class Mode(enum.Enum):
    OFF = "off"
    RUNNING = "läuft"


class Level(enum.IntEnum):
    LOW = 1


class Flags(enum.Flag):
    A = 1
    B = 2


@dataclass
class Pose:
    x: float = 0.0
    y: float = 0


@dataclass
class Imu:
    stamp: int = 0
    ax: float = 0.0
    cov: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 3)))
    label: Annotated[str, 32] = ""
    ok: bool = False
    points: Annotated[npt.NDArray[np.float32], MaxSize(131072)] = field(
        default_factory=lambda: np.zeros((0, 4), np.float32)
    )
    path: Annotated[list[float], MaxSize(8)] = field(default_factory=list[float])
    pose: Pose = field(default_factory=Pose)


def record(default: Any) -> RecordSpec:
    found = spec_of("topic", default).record
    assert isinstance(found, RecordSpec)
    return found


def offsets(default: Any) -> list[int]:
    return [each.offset for each in record(default).fields]


def test_a_record_of_every_kind() -> None:
    spec = spec_of("topic", Imu())
    assert str(spec) == (
        "Imu{stamp: int64, ax: float64, cov: float64[3,3], label: str <= 32, ok: bool, "
        "points: float32[<=131072,4], path: list[float] <= 8, pose: Pose{x: float64, y: float64}}"
    )
    assert (spec.kind, spec.tag, spec.name, spec.type) == ("record", 5, "Imu", Imu)
    assert not spec.is_number
    assert spec.is_fixed
    assert offsets(Imu()) == [0, 8, 16, 88, 128, 136, 2097296, 2097368]
    assert (record(Imu()).size, record(Imu()).align) == (2097384, 8)
    assert record(Imu()).gaps == ((129, 7),)


def test_the_descriptor_is_canonical() -> None:
    text = spec_of("topic", Pose()).descriptor
    assert text == (
        '{"kind":"record","name":"Pose","size":16,"fields":[["x","<f8",0],["y","<f8",8]]}'
    )
    for default in (Imu(), {"a": {"b": [Pose()]}}, np.zeros(3, "u1,f8"), [Imu()]):
        text = spec_of("topic", default).descriptor
        assert json.dumps(json.loads(text), separators=(",", ":")) == text


def test_a_record_without_a_name_has_none() -> None:
    spec = spec_of("topic", {"größe": 1})
    assert spec.descriptor == '{"kind":"record","size":8,"fields":[["größe","<i8",0]]}'
    assert str(spec) == "{größe: int64}"
    assert spec.name == "record"


def test_arrays_and_lists_of_records() -> None:
    dtype = np.dtype([("x", "f4")])
    pose = '{"kind":"record","name":"Pose","size":16,"fields":[["x","<f8",0],["y","<f8",8]]}'
    for default, most, text, descriptor in (
        (np.zeros((4, 2), dtype), None, "{x: float32}[4,2]", '"shape":[4,2]}'),
        (np.zeros(4, dtype), 9, "{x: float32}[<=9]", '"shape":[null],"max":9}'),
        (np.zeros((), dtype), None, "{x: float32}[]", '"shape":[]}'),
        ([Pose(), Pose()], None, "list[Pose{x: float64, y: float64}] <= 2", pose + ',"max":2}'),
        ([Pose()], 7, "list[Pose{x: float64, y: float64}] <= 7", pose + ',"max":7}'),
    ):
        spec = spec_of("topic", default, most)
        assert str(spec) == text
        assert spec.descriptor.endswith(descriptor)
    assert str(spec_of("topic", [Pose()], reads=True)) == "list[Pose{x: float64, y: float64}]"
    assert str(spec_of("topic", np.zeros(0, dtype), reads=True)) == "{x: float32}[:]"


def test_fields_have_natural_alignment() -> None:
    mixed = {
        "a": True,
        "b": np.complex64(0),
        "c": np.uint16(0),
        "d": np.zeros(3, np.uint8),
        "e": 1j,
        "f": ctypes.c_int8(0),
    }
    assert offsets(mixed) == [0, 4, 12, 14, 24, 40]
    assert (record(mixed).size, record(mixed).align) == (48, 8)
    assert record(mixed).gaps == ((1, 3), (17, 7), (41, 7))
    small = {"a": np.uint16(0), "nested": {"b": np.uint8(0)}, "c": np.uint8(0)}
    assert (offsets(small), record(small).size) == ([0, 2, 3], 4)


def test_what_varies_has_its_length_before_it() -> None:
    default = {
        "ok": True,
        "text": Annotated[str, 3],
        "raw": Annotated[bytes, MaxSize(8)],
        "flags": [True],
    }
    assert offsets(default) == [0, 8, 24, 40]
    assert record(default).size == 56
    assert record(default).gaps == ((1, 7),)  # rooms may have anything


class Kinds(NamedTuple):
    mode: Mode = Mode.OFF
    level: Level = Level.LOW
    flags: Flags = Flags.A | Flags.B
    raw: Annotated[bytes, 5] = b""
    gain: complex = 1
    speed: float = 2


def test_values_tell_the_type_and_annotations_more() -> None:
    spec = spec_of("topic", Kinds())
    assert str(spec) == (
        "Kinds{mode: str <= 6, level: int64, flags: int64, raw: bytes <= 5, gain: complex128, "
        "speed: float64}"
    )
    assert repr(spec.default.speed) == "2.0"
    assert spec.default.mode is Mode.OFF


class Small(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_char * 5), ("x", ctypes.c_double * 3 * 2), ("ok", ctypes.c_bool)]


class Large(Small):
    _fields_ = [("parts", Small * 2), ("letter", ctypes.c_char)]


class Tight(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("a", ctypes.c_uint8), ("b", ctypes.c_double)]


def test_structures_keep_their_layout() -> None:
    assert str(spec_of("topic", Small())) == "Small{tag: uint8[5], x: float64[2,3], ok: bool}"
    assert offsets(Small()) == [0, 8, 56]
    assert (record(Large()).size, offsets(Large())) == (200, [0, 8, 56, 64, 192])
    # Also between and in what is copied with it.
    assert record(Large()).gaps == (
        (5, 3),
        (57, 7),
        (69, 3),
        (121, 7),
        (133, 3),
        (185, 7),
        (193, 7),
    )
    assert (offsets(Tight()), record(Tight()).size, record(Tight()).align) == ([0, 1], 9, 1)
    assert offsets({"a": np.uint8(0), "b": Tight()}) == [0, 1]


def test_structured_dtypes_keep_their_layout() -> None:
    fields: Any = [("x", "f4"), ("y", "i8"), ("s", "S5"), ("p", [("u", "u2", (2,))])]
    text = "{x: float32, y: int64, s: uint8[5], p: {u: uint16[2]}}"
    packed = np.zeros((), fields)[()]
    assert str(spec_of("topic", packed)) == text
    assert (offsets(packed), record(packed).size) == ([0, 4, 12, 17], 21)
    aligned = np.zeros((), np.dtype(fields, align=True))[()]
    assert str(spec_of("topic", aligned)) == text
    assert (offsets(aligned), record(aligned).size) == ([0, 8, 16, 22], 32)
    assert record(aligned).gaps == ((4, 4), (21, 1), (26, 6))
    swapped: Any = {"names": ["b", "a"], "formats": ["u1", "u2"], "offsets": [2, 0], "itemsize": 4}
    assert str(spec_of("topic", np.zeros(2, swapped))) == "{a: uint16, b: uint8}[2]"
    assert record(np.zeros(2, swapped)).gaps == ((3, 1),)
    assert record(np.zeros(2, aligned.dtype).view(np.recarray)).dtype == aligned.dtype
    assert offsets({"a": True, "b": np.zeros(2, fields), "c": aligned}) == [0, 1, 48]


@dataclass
class Wheel:
    speed: Annotated[float, Unit("m/s")] = 0.0
    ok: bool = False


@dataclass
class Car:
    left: Wheel = field(default_factory=Wheel)
    others: list[Wheel] = field(default_factory=lambda: [Wheel()])
    mass: Annotated[float, Unit("kg"), "of all"] = 0.0
    name: Annotated[str, 8, Unit("ASCII")] = ""


def test_units_by_field() -> None:
    wheel = {"fields": {"speed": {"unit": "m/s"}}}
    assert record(Car()).about() == {
        "left": wheel,
        "others": wheel,
        "mass": {"unit": "kg"},
        "name": {"unit": "ASCII"},
    }
    assert record(Pose()).about() == {}


def test_the_default_is_a_copy_of_exactly_its_types() -> None:
    pose, image = Pose(np.float64(3), 1), np.zeros(2)
    default = {"pose": pose, "image": image, "path": [pose], "name": Annotated[str, 3]}
    spec = spec_of("topic", default)
    pose.x = image[0] = 9
    own = spec.own_default()
    assert own["pose"] == Pose(3.0, 1.0)
    assert type(own["pose"].x) is float
    assert type(own["pose"].y) is float
    assert own["name"] == ""
    own["pose"].x = own["image"][0] = own["path"][0].x = 7
    again = spec.own_default()
    assert (again["pose"].x, again["image"][0], again["path"][0].x) == (3.0, 0.0, 3.0)


def test_what_c_has_is_made_once() -> None:
    spec = spec_of("topic", Imu())
    assert spec.codec is spec.codec
    assert spec.codec.size == spec.record.size
    assert spec_of("topic", 0.0).codec is None


@pytest.mark.parametrize("size", [1, 2**40])
def test_notes_are_small_and_immutable(size: int) -> None:
    most = MaxSize(size)
    assert most == MaxSize(size)
    assert most != Unit("m")
    assert hash(most) == hash(MaxSize(size))
    assert eval(repr(most)) == most
    assert most.size == size
    with pytest.raises(AttributeError, match="immutable"):
        most.size = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        del most._value
    assert repr(Unit("m")) == "Unit('m')"
    assert Unit("m").unit == "m"
