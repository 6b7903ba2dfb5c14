"""Defaults of records that give no type: the field, and what to write."""

import collections
import ctypes
import enum
import threading
import types
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Optional

import numpy as np
import numpy.typing as npt
import pytest
from shm_pub_sub import (
    MaxSize,
    Publisher,
    RangeError,
    ShmError,
    Subscriber,
    TopicTypeError,
    TopicValueError,
    Unit,
)


@dataclass
class Pose:
    x: float = 0.0


@dataclass
class Maybe:
    x: float | None = 0.0


@dataclass
class Perhaps:
    x: Optional[float] = None  # noqa: UP045 - what somebody may write


@dataclass
class Node:
    value: int = 0
    next: Any = None


@dataclass
class Unset:
    x: float = field(init=False)


@dataclass
class Required:
    x: int
    label: Annotated[str, 3]
    path: Annotated[list[float], MaxSize(3)]
    ok: bool = False
    _: KW_ONLY
    y: float


class Measured(NamedTuple):
    x: int
    y: float


@dataclass
class Series:
    all: Annotated[list[Measured], MaxSize(3)] = field(default_factory=list)


@dataclass
class Nothing:
    pass


@dataclass
class Sizes:
    label: Annotated[str, 0] = ""


@dataclass
class Long:
    label: Annotated[str, 3] = "äöü"


class Plain:
    def __init__(self) -> None:
        self.x = 0.0


@dataclass
class Route:
    poses: Annotated[list[Pose], MaxSize(3)] = field(default_factory=list)


@dataclass
class Full:
    path: Annotated[list[float], MaxSize(2)] = field(default_factory=lambda: [0.0] * 3)


@dataclass
class Rows:
    points: Annotated[npt.NDArray[np.float32], MaxSize(2)] = field(
        default_factory=lambda: np.zeros((3, 4), np.float32)
    )


@dataclass
class Single:
    point: Annotated[npt.NDArray[np.float32], MaxSize(2)] = field(
        default_factory=lambda: np.zeros((), np.float32)
    )


class Mixed(enum.Enum):
    A = 1
    B = "b"


class Pair(enum.Enum):
    A = (1, 2)


class Vast(enum.Enum):
    A = 2**63


class Empty(NamedTuple):
    pass


class Bits(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint8, 4), ("high", ctypes.c_uint8, 4)]


class Motor(ctypes.Structure):
    _fields_ = [("speed", ctypes.c_int)]


class Pointer(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p)]


class Either(ctypes.Union):
    _fields_ = [("i", ctypes.c_int), ("f", ctypes.c_float)]


class Tagged(ctypes.Structure):
    _fields_ = [("either", Either)]


class Swapped(ctypes.BigEndianStructure):
    _fields_ = [("x", ctypes.c_int)]


OVERLAP: Any = {"names": ["a", "b"], "formats": ["f8", "f4"], "offsets": [0, 4]}


def chain(levels: int) -> dict[str, Any]:
    return {"a": 1} if levels == 1 else {"a": chain(levels - 1)}


ERRORS: list[tuple[Any, str, str]] = [
    ({}, "", "found an empty dict; expected 1 field or more"),
    (Nothing(), "", "without fields"),
    (Empty(), "", "without fields"),
    ({1: 2}, "", "found the key 1; expected a str"),
    ({"": 2}, "", "found a field named ''; expected 1 to 255 printable characters"),
    ({"a\nb": 2}, "", r"named 'a\\nb'"),
    ({'"': 2}, "", "printable characters"),
    ({"x" * 256: 2}, "", "1 to 255"),
    ({"a": None}, "a", "found None; .*write a value of its type"),
    ({"a": (1, 2)}, "a", "found tuple; .*write a list, an array, or a NamedTuple"),
    ({"a": {1}}, "a", r"found set; .*write a list, such as sorted\(x\)"),
    ({"a": frozenset({1})}, "a", r"found frozenset; .*sorted\(x\)"),
    ({"a": float}, "a", "found the type <class 'float'>; .*write 0.0"),
    ({"a": Pose}, "a", "found the type"),
    ({"a": object()}, "a", "found object .*expected a number, text, bytes"),
    ({"a": threading.Lock()}, "a", "lock"),
    ({"a": types.SimpleNamespace(x=1)}, "a", r"SimpleNamespace.*write vars\(x\)"),
    ({"a": ""}, "a", r"found str without a size; .*write Annotated\[str, 32\]"),
    ({"a": b""}, "a", r"found bytes without a size; .*write Annotated\[bytes, 32\]"),
    ({"a": Annotated[dict[str, int], 3]}, "a", "Annotated"),
    ({"a": Annotated[npt.NDArray[np.float32], MaxSize(3)]}, "a", "dataclass"),
    ({"a": bytearray(3)}, "a", r"bytes\(x\)"),
    ({"a": []}, "a", r"found an empty list; .*Annotated\[list\[float\], MaxSize\(16\)\]"),
    ({"a": ["x"]}, "a", "all bool, all int or all float"),
    ({"a": [1, 2.0]}, "a", r"float\(v\)"),
    ({"a": [[1]]}, "a", r"np\.asarray\(x\)"),
    ({"a": np.zeros(3, object)}, "a", "array of object"),
    ({"a": np.zeros(3, ">f4")}, "a", "float32"),
    ({"a": np.ma.zeros(3)}, "a", r"x\.filled\(\)"),
    ({"a": np.zeros((0, 3))}, "a", r"MaxSize\(1024\)"),
    ({"a": np.zeros((3, 0))}, "a", "1 or more along each axis"),
    ({"a": np.datetime64("2020")}, "a", "int64"),
    ({"a": (ctypes.c_char * 3)()}, "a", "b''"),
    ({"arm": {"joints": [{"name": ""}]}}, "arm.joints[0].name", "str without a size"),
    ({"arm": {"joints": [Pose(), {"x": 1.0}]}}, "arm.joints[0]", "records of one class"),
    ({"a": [{"x": 1.0}, {"x": 1}]}, "a[0]", "another layout"),
    ([Pose(), 3], "[0]", "Pose and int; expected records of one class"),
    (Maybe(), "x", r"found the annotation float \| None; .*float\('nan'\)"),
    (Perhaps(), "x", r"annotation (Optional\[float\]|float \| None); "),
    (Node(1, Node()), "next", "found a Node in a Node; .*not recursive.*list of records"),
    (Unset(), "x", "no value in the default"),
    (Sizes(), "label", r"found Annotated\[str, 0\]; expected 1 byte or more"),
    (Single(), "point", "MaxSize for an array without axes"),
    ({"a": Mixed.A}, "a", "Mixed, whose values are int, str; expected an Enum"),
    ({"a": Pair.A}, "a", "values are tuple"),
    (chain(9), "a.a.a.a.a.a.a.a", "nested deeper than 8"),
    ({str(n): n for n in range(1001)}, "", "more than 1000 fields"),
    ({"a": {str(n): n for n in range(600)}, "b": {str(n): n for n in range(399)}}, "", "1000"),
    (Bits(), "low", "a bit field"),
    (Pointer(), "name", "c_char_p"),
    (Tagged(), "either", "Either"),
    (Swapped(), "", "of the other byte order"),
    (np.zeros((), "f4,O")[()], "f1", "the dtype object"),
    (np.zeros((), "f4,>f8")[()], "f1", "write float64"),
    (np.zeros(3, "f4,U3"), "f1", "the dtype <U3; expected"),
    (np.zeros(3, [("a", "f4", (2, 0))]), "a", "without elements"),
    (np.zeros(3, OVERLAP), "b", "overlaps another"),
    ({"cloud": np.zeros(3, "f4,M8[s]")}, "cloud.f1", "the dtype datetime64"),
    (collections.UserDict(a=1), "", r"expected a bool.*write dict\(x\)"),
    (Pose, "", r"write Pose\(\)"),
    (Required, "", r"write Required\(0, '', ..., y=0.0\)"),
    (Measured, "", r"write Measured\(0, 0.0\)"),
    ({"a": Measured}, "a", r"write Measured\(0, 0.0\)"),
    (Series(), "all", r"write field\(default_factory=lambda: \[Measured\(0, 0.0\)\]\)"),
    (Motor, "", r"write Motor\(\)"),
    (tuple.__new__(Measured, (1,)), "", "Measured of 1 elements; expected 2: x, y"),
    ({"a": tuple.__new__(Measured, (1, 2.0, 3))}, "a", "Measured of 3 elements; expected 2"),
    (dict, "", "write {'stamp': 0.0}"),
    ({"names": ["elbow"]}, "names", "write a list of records with a field Annotated"),
    (["elbow"], "", "write a list of records with a field Annotated"),
    (Plain(), "", "make its class a dataclass"),
    ([Pose], "", r"write \[Pose\(\)\]"),
    (Route(), "poses", r"write field\(default_factory=lambda: \[Pose\(\)\]\)"),
]


@pytest.mark.parametrize(("default", "path", "text"), ERRORS)
def test_a_default_without_a_type_says_where_and_what_to_write(
    default: Any, path: str, text: str, shm_dir: Path
) -> None:
    begin = f"topic 'robot/arm', field {path}: found " if path else "topic 'robot/arm': found "
    for cls in (Publisher, Subscriber):
        with pytest.raises(TopicTypeError, match=text) as caught:
            cls("robot/arm", default)
        assert str(caught.value).startswith(begin)
        assert "; expected " in str(caught.value)
        assert len(str(caught.value)) < 500
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("default", "error", "text"),
    [
        ({"a": {"b": 2**63}}, RangeError, r"field a\.b: .*64-bit"),
        ({"a": [0, -(2**70)]}, RangeError, r"field a\[1\]: .*64-bit"),
        ({"a": Vast.A}, RangeError, "field a: .*64-bit"),
        (Long(), TopicValueError, "field label: found a default of 6 bytes; expected 3 at most"),
        (Full(), TopicValueError, "field path: found a default of 3 elements; expected 2"),
        (Rows(), TopicValueError, r"field points: found a default of shape \[3, 4\]; expected 2"),
        (Long("\ud800"), TopicValueError, "field label: found a lone surrogate at character 0"),
    ],
)
def test_a_default_beyond_its_limits(default: Any, error: type[ShmError], text: str) -> None:
    with pytest.raises(error, match=text):
        Publisher("topic", default)


def test_a_record_has_no_greatest_length() -> None:
    for default in (Pose(), {"a": 1}, np.zeros((), "f4,f4")[()]):
        with pytest.raises(TopicTypeError, match="found max_size= for a topic of"):
            Publisher("topic", default, max_size=3)


@pytest.mark.parametrize("size", [0, -1])
def test_sizes_begin_at_one(size: int) -> None:
    with pytest.raises(TopicValueError, match=r"MaxSize: found .*expected 1 or more"):
        MaxSize(size)


def test_notes_take_one_type() -> None:
    for wrong in (1.5, "3", True, None):
        with pytest.raises(TopicTypeError, match="MaxSize: found "):
            MaxSize(wrong)  # type: ignore[arg-type]
    with pytest.raises(TopicTypeError, match="Unit: found int"):
        Unit(3)  # type: ignore[arg-type]


def test_an_enum_with_a_value_that_equals_nothing() -> None:
    class Limit(enum.Enum):
        NONE = float("nan")
        LOW = 1.0

    with pytest.raises(TopicTypeError, match=r"field limit: found .*Limit, with the value nan;"):
        Publisher("topic", {"limit": Limit.LOW})


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x[0], lambda x: {"f": x}])
def test_a_dtype_without_fields(make: Any) -> None:
    dtype = np.dtype({"names": [], "formats": [], "itemsize": 8})
    with pytest.raises(TopicTypeError, match="without fields; expected 1 field or more"):
        Publisher("topic", make(np.zeros(2, dtype)))
