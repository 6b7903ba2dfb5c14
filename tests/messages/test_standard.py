"""ROS's own messages, for topics that they fit: as rosbags and mcap_ros2 read them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from mcap_ros2._dynamic import generate_dynamic
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from shm_pub_sub._messages import Message, message_of
from support.types import descriptor

STORE = get_typestore(Stores.ROS2_HUMBLE)
TIME = 1_700_000_000_123_456_789


def read_by_both(message: Message, data: bytes) -> Any:
    """Return the message as rosbags reads it with its own definition; mcap_ros2 finds the same."""
    name = message.schema_name
    own = get_types_from_msg(message.schema.decode(), name)
    for part, definition in own.items():
        assert definition[1] == STORE.fielddefs[part][1], part
    found = STORE.deserialize_cdr(data, name)
    assert bytes(STORE.serialize_cdr(found, name)) == data
    other = generate_dynamic(name, message.schema.decode())[name](data)
    assert bytes(other.data) == found.data.tobytes()
    assert (other.header.stamp.sec, other.header.stamp.nanosec) == divmod(TIME, 10**9)
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == divmod(TIME, 10**9)
    assert other.header.frame_id == found.header.frame_id
    return found


@pytest.mark.parametrize("frame", ["", "c", "camera", "kamera_üß"])
@pytest.mark.parametrize(
    ("dtype", "shape", "encoding"),
    [
        ("<u1", [16, 17, 3], None),
        ("<u1", [16, 17, 3], "bgr8"),
        ("<u1", [16, 17], None),
        ("<u2", [3, 5], "16UC1"),
        ("<f4", [3, 5], "32FC1"),
        ("<u1", [3, 5], "bayer_grbg8"),
    ],
)
def test_a_picture_is_an_image(
    dtype: str, shape: list[int], encoding: str | None, frame: str
) -> None:
    attributes = {"frame_id": frame, **({"encoding": encoding} if encoding else {})}
    message = message_of(
        descriptor({"kind": "array", "dtype": dtype, "shape": shape}), {"attributes": attributes}
    )
    pixels = np.random.default_rng(5).integers(0, 255, np.dtype(dtype).itemsize * np.prod(shape))
    raw = pixels.astype(np.uint8).tobytes()
    data = b"".join(message.encode(raw, TIME))
    found = read_by_both(message, data)
    assert found.data.tobytes() == raw
    assert (found.height, found.width, found.is_bigendian) == (*shape[:2], 0)
    assert (
        found.encoding == encoding
        or (len(shape) == 3 and found.encoding == "rgb8")
        or (found.encoding == "mono8")
    )
    assert found.step == len(raw) // shape[0]
    assert found.header.frame_id == frame
    assert bytes(message.decode(memoryview(data))) == raw  # type: ignore[arg-type]


def test_bytes_of_a_format_are_a_compressed_image() -> None:
    message = message_of('{"kind":"bytes","max":9}', {"attributes": {"format": "jpeg"}})
    for raw in (b"", b"\xff\xd8abc", bytes(9)):
        data = b"".join(message.encode(raw, TIME))
        found = read_by_both(message, data)
        assert (found.format, found.data.tobytes()) == ("jpeg", raw)
        assert bytes(message.decode(memoryview(data))) == raw  # type: ignore[arg-type]


POINT = {
    "kind": "record",
    "size": 40,
    "fields": [
        ["x", "<f4", 0],
        ["y", "<f4", 4],
        ["z", "<f4", 8],
        ["ring", "<u2", 12],
        ["time", "<i8", 16],
        ["normal", {"kind": "array", "dtype": "<f4", "shape": [3]}, 24],
    ],
}


@pytest.mark.parametrize(
    ("topic", "names", "count", "expected", "step"),
    [
        (
            {"kind": "array", "dtype": POINT, "shape": [None], "max": 9},
            None,
            [0, 1, 9],
            [("x", 0, 7, 1), ("y", 4, 7, 1), ("z", 8, 7, 1), ("ring", 12, 4, 1)],
            40,
        ),
        (
            {"kind": "array", "dtype": POINT, "shape": [4]},
            None,
            [4],
            [("x", 0, 7, 1), ("y", 4, 7, 1), ("z", 8, 7, 1), ("ring", 12, 4, 1)],
            40,
        ),
        (
            {"kind": "array", "dtype": "<f8", "shape": [None, 4], "max": 9},
            ["x", "y", "z", "intensity"],
            [0, 3],
            [("x", 0, 8, 1), ("y", 8, 8, 1), ("z", 16, 8, 1), ("intensity", 24, 8, 1)],
            32,
        ),
    ],
)
def test_points_are_a_point_cloud(
    topic: Any, names: list[str] | None, count: list[int], expected: list[Any], step: int
) -> None:
    attributes: dict[str, Any] = {"frame_id": "lidar", **({"names": names} if names else {})}
    message = message_of(descriptor(topic), {"attributes": attributes})
    for n in count:
        raw = bytes(range(1, step + 1)) * n
        data = b"".join(message.encode(raw, TIME))
        found = read_by_both(message, data)
        fields = [(f.name, f.offset, f.datatype, f.count) for f in found.fields]
        assert fields == expected
        assert (found.height, found.width, found.point_step) == (1, n, step)
        assert (found.row_step, found.is_dense, found.is_bigendian) == (n * step, False, False)
        assert found.data.tobytes() == raw
        assert bytes(message.decode(memoryview(data))) == raw  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("topic", "value", "name", "text", "content"),
    [
        ("bool", True, "Bool", "bool", b"\x01"),
        ("int", -2, "Int64", "int64", struct.pack("<q", -2)),
        ("float", 1.5, "Float64", "float64", struct.pack("<d", 1.5)),
        ('{"kind":"scalar","dtype":"<i2"}', b"\x01\x02", "Int16", "int16", b"\x01\x02"),
        ('{"kind":"scalar","dtype":"<f2"}', b"\x00\x3c", "Float32", "float32", b"\0\0\x80?"),
        ('{"kind":"text","max":9}', b"abc", "String", "string", b"\x04\0\0\0abc\0"),
    ],
)
def test_numbers_and_text_are_std_msgs(
    topic: str, value: Any, name: str, text: str, content: bytes
) -> None:
    message = message_of(topic, {"unit": "m", "description": "# x\nint32 y"})
    assert (message.schema_name, message.schema) == (
        f"std_msgs/msg/{name}",
        f"{text} data\n".encode(),
    )
    data = b"".join(message.encode(value, TIME))
    assert data == b"\x00\x01\x00\x00" + content
    back = message.decode(memoryview(data))
    assert type(back) is type(value) or isinstance(back, memoryview)
    assert back == value
