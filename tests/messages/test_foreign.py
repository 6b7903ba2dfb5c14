"""Channels of other programs: which topics they are, and what each message's value is."""

from __future__ import annotations

import struct
from json import loads
from random import Random
from typing import Any

import numpy as np
import pytest
from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_typestore
from shm_pub_sub._messages.channels import Foreign, Found, message_from
from support.types import comparable, leaves, read

STORE = get_typestore(Stores.ROS2_HUMBLE)
T = STORE.types


def text_of(name: str) -> bytes:
    """Return the definition as recorders of ROS write it."""
    return STORE.generate_msgdef(name, ros_version=2)[0].encode()


def topic_of(
    name: str, *messages: Any, store: Any = STORE, text: bytes = b""
) -> tuple[Found, list[bytes]]:
    """Return the topic of messages of rosbags, and their values."""
    data = [memoryview(bytes(store.serialize_cdr(message, name))) for message in messages]
    topic = message_from({}, name, "ros2msg", text or text_of(name), "cdr")
    if isinstance(topic, Foreign):
        for each in data:
            topic.scan(each)
        topic = topic.found()
    return topic, [topic.message.decode(each) for each in data]  # type: ignore[misc]


def header(frame: str = "map") -> Any:
    stamp = T["builtin_interfaces/msg/Time"](5, 6)
    return T["std_msgs/msg/Header"](stamp, frame)


@pytest.mark.parametrize(
    ("kind", "value", "descriptor", "expected"),
    [
        ("Bool", True, "bool", True),
        ("Int64", -5, "int", -5),
        ("Float64", 1.5, "float", 1.5),
        ("UInt8", 7, '{"kind":"scalar","dtype":"<u1"}', b"\x07"),
        ("Char", 7, '{"kind":"scalar","dtype":"<u1"}', b"\x07"),
        ("Byte", 7, '{"kind":"scalar","dtype":"<u1"}', b"\x07"),
        ("Int32", -2, '{"kind":"scalar","dtype":"<i4"}', struct.pack("<i", -2)),
        ("Float32", 1.5, '{"kind":"scalar","dtype":"<f4"}', struct.pack("<f", 1.5)),
        ("String", "grüß", '{"kind":"text","max":6}', "grüß".encode()),
    ],
)
def test_std_msgs_are_plain_topics(kind: str, value: Any, descriptor: str, expected: Any) -> None:
    name = f"std_msgs/msg/{kind}"
    found, values = topic_of(name, T[name](value))
    assert found.descriptor == descriptor
    assert values == [expected]
    assert (found.buffer_num, found.retain) == (3, False)


def test_a_string_has_room_for_the_longest() -> None:
    message = T["std_msgs/msg/String"]
    found, values = topic_of("std_msgs/msg/String", message(""), message("abc"), message("a"))
    assert found.descriptor == '{"kind":"text","max":3}'
    assert values == [b"", b"abc", b"a"]


def test_an_image_is_an_array_of_its_pixels() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8)
    image = T["sensor_msgs/msg/Image"](header("camera"), 2, 3, "bgr8", 0, 9, pixels)
    found, values = topic_of("sensor_msgs/msg/Image", image, image)
    assert found.descriptor == '{"kind":"array","dtype":"<u1","shape":[2,3,3]}'
    assert found.metadata == {"attributes": {"encoding": "bgr8", "frame_id": "camera"}}
    assert [bytes(value) for value in values] == [pixels.tobytes()] * 2


def test_rows_of_an_image_may_be_padded_and_its_pixels_big_endian() -> None:
    padded = np.zeros((2, 10), np.uint8)
    padded[:, :6] = np.array([[1, 2, 3], [4, 5, 6]], ">u2").view(np.uint8).reshape(2, 6)
    image = T["sensor_msgs/msg/Image"](header(""), 2, 3, "mono16", 1, 10, padded.reshape(-1))
    found, values = topic_of("sensor_msgs/msg/Image", image)
    assert found.descriptor == '{"kind":"array","dtype":"<u2","shape":[2,3]}'
    assert np.frombuffer(values[0], "<u2").tolist() == [1, 2, 3, 4, 5, 6]


def test_images_of_several_sizes_are_no_topic() -> None:
    image = T["sensor_msgs/msg/Image"]
    one = image(header(), 2, 3, "mono8", 0, 3, np.zeros(6, np.uint8))
    other = image(header(), 3, 2, "mono8", 0, 2, np.zeros(6, np.uint8))
    with pytest.raises(ValueError, match=r"mono8 of 2 x 3 and mono8 of 3 x 2; expected one"):
        topic_of("sensor_msgs/msg/Image", one, other)


@pytest.mark.parametrize(
    ("encoding", "height", "step", "size", "why"),
    [
        ("nv21", 2, 3, 6, "nv21"),
        ("mono8", 0, 3, 0, "descriptor"),
        ("mono8", 2, 2, 6, "rows of 3 bytes"),
        ("mono8", 2, 3, 5, "5 bytes for 2 rows"),
        ("mono8", 2, 3, 9, "9 bytes for 2 rows"),
    ],
)
def test_an_image_that_does_not_fit_is_refused(
    encoding: str, height: int, step: int, size: int, why: str
) -> None:
    image = T["sensor_msgs/msg/Image"](
        header(), height, 3, encoding, 0, step, np.zeros(size, np.uint8)
    )
    with pytest.raises(ValueError, match=why):
        topic_of("sensor_msgs/msg/Image", image)


def test_a_compressed_image_is_bytes() -> None:
    message = T["sensor_msgs/msg/CompressedImage"]
    found, values = topic_of(
        "sensor_msgs/msg/CompressedImage",
        message(header(), "jpeg", np.arange(9, dtype=np.uint8)),
        message(header(), "jpeg", np.arange(4, dtype=np.uint8)),
    )
    assert found.descriptor == '{"kind":"bytes","max":9}'
    assert found.metadata == {"attributes": {"format": "jpeg", "frame_id": "map"}}
    assert [bytes(value) for value in values] == [bytes(range(9)), bytes(range(4))]


def cloud(points: Any, fields: list[tuple[str, int, int, int]], **changes: Any) -> Any:
    field = T["sensor_msgs/msg/PointField"]
    parts = {
        "height": 1,
        "width": len(points),
        "row_step": points.nbytes,
        "data": points.view(np.uint8).reshape(-1),
        **changes,
    }
    return T["sensor_msgs/msg/PointCloud2"](
        header("lidar"),
        parts["height"],
        parts["width"],
        [field(*each) for each in fields],
        False,
        points.itemsize,
        parts["row_step"],
        parts["data"],
        True,
    )


XYZ = [("x", 0, 7, 1), ("y", 4, 7, 1), ("z", 8, 7, 1)]


def test_a_point_cloud_is_a_structured_array() -> None:
    kind = np.dtype(
        {
            "names": ["x", "y", "z", "ring", "normal"],
            "formats": ["f4", "f4", "f4", "u2", ("f4", 3)],
            "offsets": [0, 4, 8, 16, 20],
            "itemsize": 40,
        }
    )
    points = np.zeros(5, kind)
    points["x"], points["ring"], points["normal"] = 1.5, 7, (1, 2, 3)
    fields = [*XYZ, ("normal", 20, 7, 3), ("ring", 16, 4, 1)]
    found, values = topic_of(
        "sensor_msgs/msg/PointCloud2", cloud(points, fields), cloud(points[:2], fields)
    )
    assert found.descriptor == (
        '{"kind":"array","dtype":{"kind":"record","size":40,"fields":[["x","<f4",0],["y","<f4",4],'
        '["z","<f4",8],["ring","<u2",16],["normal",{"kind":"array","dtype":"<f4","shape":[3]},20]]}'
        ',"shape":[null],"max":5}'
    )
    assert found.metadata == {"attributes": {"frame_id": "lidar"}}
    assert [bytes(value) for value in values] == [points.tobytes(), points[:2].tobytes()]


def test_an_organized_cloud_is_its_points_row_by_row() -> None:
    points = np.arange(18, dtype="f4").view([("x", "f4"), ("y", "f4"), ("z", "f4")])
    rows = np.zeros((2, 40), np.uint8)
    rows[:, :36] = points.view(np.uint8).reshape(2, 36)
    message = cloud(points, XYZ, height=2, width=3, row_step=40, data=rows.reshape(-1))
    found, values = topic_of("sensor_msgs/msg/PointCloud2", message)
    assert found.descriptor.endswith('"max":6}')
    assert bytes(values[0]) == points.tobytes()


def test_fields_of_a_point_that_are_in_one_another_are_left_out() -> None:
    points = np.zeros(2, [("x", "f4"), ("y", "f4"), ("z", "f4")])
    fields = [*XYZ, ("packed", 8, 6, 1), ("x", 0, 7, 1), ("far", 12, 7, 1), ("odd", 0, 99, 1)]
    found, _ = topic_of("sensor_msgs/msg/PointCloud2", cloud(points, fields))
    assert found.descriptor.count("<f4") == 3
    assert "packed" not in found.descriptor


def test_clouds_of_several_kinds_are_no_topic() -> None:
    three = np.zeros(2, [("x", "f4"), ("y", "f4"), ("z", "f4")])
    four = np.zeros(2, [("x", "f4"), ("y", "f4"), ("z", "f4"), ("i", "f4")])
    with pytest.raises(ValueError, match="found points of several kinds"):
        topic_of(
            "sensor_msgs/msg/PointCloud2", cloud(three, XYZ), cloud(four, [*XYZ, ("i", 12, 7, 1)])
        )


def test_a_joint_state_is_a_record_with_room_for_the_longest() -> None:
    message = T["sensor_msgs/msg/JointState"]
    empty = np.zeros(0)
    found, values = topic_of(
        "sensor_msgs/msg/JointState",
        message(header("base"), ["elbow", "w"], np.array([1.5, 2.5]), empty, empty),
        message(header("b"), [], empty, np.array([3.5]), empty),
    )
    assert found.descriptor == (
        '{"kind":"record","name":"JointState","size":120,"fields":[["header",{"kind":"record",'
        '"name":"Header","size":24,"fields":[["stamp",{"kind":"record","name":"Time","size":8,'
        '"fields":[["sec","<i4",0],["nanosec","<u4",4]]},0],["frame_id",{"kind":"text","max":4},8]]}'
        ',0],["name",{"kind":"list","dtype":{"kind":"record","size":16,"fields":[["data",{"kind":'
        '"text","max":5},0]]},"max":2},24],["position",{"kind":"array","dtype":"<f8","shape":[null]'
        ',"max":2},64],["velocity",{"kind":"array","dtype":"<f8","shape":[null],"max":1},88],'
        '["effort",{"kind":"array","dtype":"<f8","shape":[null],"max":1},104]]}'
    )
    first, second = map(bytes, values)
    assert first[:8] == struct.pack("<iI", 5, 6)
    assert first[8:20] == struct.pack("<Q4s", 4, b"base")
    assert first[24:57] == struct.pack("<QQ8sQ1s", 2, 5, b"elbow", 1, b"w")
    assert struct.unpack_from("<Q2d", first, 64) == (2, 1.5, 2.5)
    assert struct.unpack_from("<Qd", second, 88) == (1, 3.5)


def test_a_record_of_fixed_size_needs_no_messages() -> None:
    vector = T["geometry_msgs/msg/Vector3"](1.0, 2.0, 3.0)
    twist = T["geometry_msgs/msg/Twist"](vector, vector)
    name = "geometry_msgs/msg/Twist"
    assert isinstance(message_from({}, name, "ros2msg", text_of(name), "cdr"), Found)
    _, values = topic_of(name, twist)
    assert bytes(values[0]) == struct.pack("<6d", 1, 2, 3, 1, 2, 3)


def test_a_message_without_fields_has_the_byte_that_ros_adds() -> None:
    found = message_from({}, "std_srvs/msg/Empty", "ros2msg", b"", "cdr")
    assert isinstance(found, Found)
    assert found.message.decode(memoryview(b"\0\1\0\0\0")) == b"\0"


SCALARS = {
    "bool": lambda r: r.random() < 0.5,
    "byte": lambda r: r.randrange(128),  # which rosbags takes for signed
    "string": lambda r: "".join(r.choices("aé漢", k=r.randrange(5))),
    "float32": lambda r: float(np.float32(r.random())),
    "float64": lambda r: r.random(),
}


def random_number(kind: str, random: Random) -> Any:
    if kind in SCALARS:
        return SCALARS[kind](random)
    limits = np.iinfo({"char": "uint8"}.get(kind, kind))
    return random.randint(int(limits.min), int(limits.max))


def random_message(name: str, random: Random) -> Any:
    """Return a message of ROS with random fields."""
    return T[name](*(random_field(field, random) for _, field in STORE.fielddefs[name][1]))


def random_field(field: Any, random: Random) -> Any:
    kind, about = field
    if kind == Nodetype.BASE:
        return random_number(about[0], random)
    if kind == Nodetype.NAME:
        return random_message(about, random)
    of, length = about
    count = length if kind == Nodetype.ARRAY else random.randrange(4)
    found = [random_field(of, random) for _ in range(count)]
    if of[0] != Nodetype.BASE or of[1][0] == "string":
        return found
    dtype = {"bool": "bool_", "byte": "uint8", "char": "uint8"}.get(of[1][0], of[1][0])
    return np.array(found, dtype)


NOT_BY_FIELDS = ("Image", "CompressedImage", "PointCloud2")
"""Messages whose topics are not records of the same fields."""
OTHERS = sorted(
    name
    for name, (_, fields) in STORE.fielddefs.items()
    if name.rpartition("/")[2] not in NOT_BY_FIELDS and fields
)


@pytest.mark.parametrize("name", OTHERS)
def test_a_value_has_all_that_a_message_has(name: str) -> None:
    random = Random(name)
    messages = [random_message(name, random) for _ in range(3)]
    found, values = topic_of(name, *messages)
    for message, value in zip(messages, values, strict=True):
        expected = comparable(leaves(message))
        if found.descriptor in ("bool", "int", "float"):
            assert [value] == expected
        else:
            assert comparable(read(loads(found.descriptor), bytes(value))) == expected
