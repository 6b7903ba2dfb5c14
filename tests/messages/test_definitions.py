"""Definitions as text: names that ROS allows, remarks, and names that are taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, IntEnum
from json import dumps
from typing import Any

import pytest
import shm_pub_sub
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap_ros2._vendor.rosidl_adapter.parser import (
    is_valid_field_name,
    is_valid_message_name,
    parse_message_string,
)
from rosbags.typesys import get_types_from_msg
from shm_pub_sub._messages import Names, message_of
from shm_pub_sub._messages.definitions import field_names, message_name
from shm_pub_sub._messages.ros2msg import PRIMITIVES, SEQUENCE, SINGLE, parse
from shm_pub_sub._topics import inspect_typed
from support.types import descriptor, topics


def record(*fields: tuple[str, Any, int], size: int = 16, name: str = "Pose") -> str:
    named = {"name": name} if name else {}
    form = {"kind": "record", **named, "size": size, "fields": fields}
    return dumps(form, ensure_ascii=False, separators=(",", ":"))


def text_of(topic: str, metadata: dict[str, Any] | None = None, names: Names | None = None) -> str:
    return message_of(topic, metadata or {}, names).schema.decode()


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["x", "ax", "frame_id"], ["x", "ax", "frame_id"]),
        (["Ax", "frameId", "RGB"], ["ax", "frame_id", "rgb"]),
        (["left arm", "a__b", "_x", "x_"], ["left_arm", "a_b", "x", "x_2"]),
        (["3d", "größe", "温度", "-"], ["field_3d", "grosse", "field_2", "field_3"]),
        (["X", "x"], ["x_2", "x"]),
        (["X", "x", "x_2", "_x"], ["x_3", "x", "x_2", "x_4"]),
        (["class", "data"], ["class", "data"]),
    ],
)
def test_fields_have_names_that_ros_allows(names: list[str], made: list[str]) -> None:
    assert field_names(names) == made


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(min_size=1), unique=True, max_size=20), st.text())
def test_all_names_become_valid_ones_that_differ(names: list[str], name: str) -> None:
    found = field_names(names)
    assert all(map(is_valid_field_name, found))
    assert len({*found}) == len(names)
    stay = [(a, b) for a, b in zip(names, found, strict=True) if is_valid_field_name(a)]
    assert all(a == b for a, b in stay)
    assert is_valid_message_name(message_name(name))


def test_fields_have_their_exact_name_and_unit_as_a_remark() -> None:
    topic = record(("frameId", "<f8", 0), ("y", "<f8", 8))
    fields = {"frameId": {"unit": "m"}, "y": {"unit": "rad", "description": "yaw\n# int8 z\x1b[0m"}}
    assert text_of(topic, {"fields": fields}) == (
        "float64 frame_id  # frameId, m\nfloat64 y  # rad, yaw   int8 z [0m\n"
    )


def test_an_array_of_several_axes_has_its_shape_as_a_remark() -> None:
    array = {"kind": "array", "dtype": "<i2", "shape": [2, 4]}
    assert text_of(descriptor(array)) == "int16[] data  # shape 2 x 4\n"
    assert text_of(record(("a", array, 0))) == "int16[8] a  # shape 2 x 4\n"
    many = {"kind": "array", "dtype": "<f4", "shape": [None, 3], "max": 5}
    assert text_of(descriptor(many)) == "float32[] data  # shape n x 3\n"


def test_records_in_a_record_are_messages_of_their_own() -> None:
    pose = {"kind": "record", "size": 8, "fields": [["x", "<c8", 0]]}
    listed = {"kind": "list", "dtype": pose, "max": 3}
    topic = record(("left arm", pose, 0), ("poses", listed, 8), size=40, name="robot state")
    message = message_of(topic, {"fields": {"left arm": {"fields": {"x": {"unit": "m"}}}}})
    assert message.schema_name == "shm_pub_sub/msg/RobotState"
    separator = "=" * 80
    assert message.schema.decode() == (
        "shm_pub_sub/LeftArm left_arm  # left arm\nshm_pub_sub/Poses[] poses\n"
        + f"{separator}\nMSG: shm_pub_sub/Complex64\nfloat32 real\nfloat32 imag\n"
        + f"{separator}\nMSG: shm_pub_sub/LeftArm\nshm_pub_sub/Complex64 x  # m\n"
        + f"{separator}\nMSG: shm_pub_sub/Poses\nshm_pub_sub/Complex64 x\n"
    )


def test_equal_names_of_different_types_get_numbers() -> None:
    names = Names()
    one = record(("x", "<f8", 0), ("y", "<f8", 8))
    other = record(("x", "<f8", 0), ("z", "<f8", 8))
    third = record(("x", "<f4", 0), ("z", "<f8", 8))
    taken = record(("x", "<f4", 0), name="Pose3")
    found = [message_of(topic, {}, names).schema_name for topic in (one, other, one, taken, third)]
    assert [name.rpartition("/")[2] for name in found] == [
        "Pose",
        "Pose2",
        "Pose",
        "Pose3",
        "Pose4",
    ]
    inside = record(
        ("a", {"kind": "record", "name": "Pose", "size": 8, "fields": [["i", "<i8", 0]]}, 0)
    )
    assert "shm_pub_sub/Pose5 a" in text_of(inside, {}, names)


def test_thousands_of_types_of_one_name_are_named_quickly() -> None:
    names = Names()
    for n in range(20_000):
        names.name("Pose", f"float64 x{n}\n")
    assert names.name("Pose", "float64 x5\n") == "Pose6"
    assert names.name("Pose", "") == "Pose20001"


@settings(deadline=None, max_examples=20)
@given(topics)
def test_our_definitions_are_read_by_our_parser_as_by_theirs(form: Any) -> None:
    message = message_of(descriptor(form), {})
    same_parts(message.schema_name, message.schema.decode())


ODD = """
# a definition as people write them
int32   X = 5     # a constant
string NAME="a # b = c"
float64 speed 1.5 # m/s
string<=10 label "base # link"
  uint8[<=4] bounded\t# a tab
int8[3] three [1, 2, 3]
byte b
char c
builtin_interfaces/Time stamp
Pose[] poses
geometry_msgs/msg/Vector3[2] pair

================================================================================
MSG: a_msgs/Pose
float32 x
bool ok
================================================================================
MSG: geometry_msgs/Vector3
float64 x
float64 y
float64 z
"""


def test_odd_lines_are_read_as_others_read_them() -> None:
    same_parts("a_msgs/msg/Odd", ODD, by_ros=False)


def same_parts(name: str, text: str, *, by_ros: bool = True) -> None:
    """Compare the fields that we find with those of rosbags, and of ROS's own parser."""
    _, parts = parse(name, text.encode())
    theirs = get_types_from_msg(text, name)
    assert {key.replace("/", "/msg/") for key in parts} >= {*theirs}
    for key, members in parts.items():
        known = theirs.get(key.replace("/", "/msg/"))
        if known is None:
            continue
        for member, (field, kind) in zip(members, known[1], strict=True):
            assert field in (member.name, f"{member.name}_")  # a keyword of Python
            assert (member.type, member.length) == _rosbags(kind)
    if by_ros:
        chunks = re.split("=+\nMSG: (.*)\n", f"{'=' * 80}\nMSG: {name}\n{text}")[1:]
        for key, lines in zip(chunks[::2], chunks[1::2], strict=True):
            package, _, last = key.partition("/")
            found = parse_message_string(package, last.rpartition("/")[2], lines)
            own = parts[f"{package}/{last.rpartition('/')[2]}"]
            assert [f.name for f in found.fields] == [member.name for member in own]


def _rosbags(kind: Any) -> tuple[str, int]:
    node, about = int(kind[0]), kind[1]
    if node == 1:
        return PRIMITIVES[about[0]], SINGLE
    if node == 2:
        return about.replace("/msg/", "/"), SINGLE
    of, length = about
    return _rosbags(of)[0], SEQUENCE if node == 4 else length


class Mode(IntEnum):
    IDLE = 0
    MOVING = 1
    emergency_stop = -5


Wheel = Enum("Wheel", {"IDLE": 7, "größe": 8, "2d": 9})


class Name(Enum):
    A = "a"


@dataclass
class Robot:
    mode: Mode = Mode.IDLE
    wheel: Enum = Wheel.IDLE
    name: Name = Name.A
    speed: float = 0.0


def test_an_enum_has_its_members_as_constants() -> None:
    with shm_pub_sub.Publisher("robot", Robot()):
        info, topic = inspect_typed("robot")
    assert text_of(topic, info.metadata) == (
        "int64 IDLE=0\nint64 MOVING=1\nint64 EMERGENCY_STOP=-5\nint64 mode\n"
        "int64 WHEEL_IDLE=7\nint64 GROSSE=8\nint64 WHEEL_2D=9\nint64 wheel\n"
        "string name\nfloat64 speed\n"
    )
    same_parts("a_msgs/msg/Robot", text_of(topic, info.metadata))


@settings(deadline=None, max_examples=20)
@given(
    st.dictionaries(
        st.text() | st.sampled_from(["A", "a", "A_A", "MODE_A"]), st.integers() | st.none()
    ),
    st.sampled_from(["b1", "i1", "u1", "i8", "u8", "f4", "c8"]),
)
def test_constants_of_anybody_are_valid(values: dict[str, Any], dtype: str) -> None:
    topic = record(("mode", f"<{dtype}", 0), ("a", f"<{dtype}", 8))
    about = {"attributes": {"values": values}}
    same_parts("a_msgs/msg/A", text_of(topic, {"fields": {"mode": about, "a": about}}))


def test_an_enum_of_thousands_of_members_has_no_constants() -> None:
    large = Enum("large", {f"member_{n}": n for n in range(2_000)})
    with shm_pub_sub.Publisher("robot", {"mode": large.member_3, "small": Mode.IDLE}) as robot:
        robot.publish({"mode": large.member_4, "small": Mode.MOVING})
        fields = shm_pub_sub.inspect("robot").metadata["fields"]
    assert fields == {
        "small": {"attributes": {"values": {"IDLE": 0, "MOVING": 1, "emergency_stop": -5}}}
    }
