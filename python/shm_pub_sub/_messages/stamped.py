"""ROS's messages with a header: Image, CompressedImage, PointCloud2. Their data are not copied."""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, NamedTuple

from .cdr import HEADER, MOST_ELEMENTS, Reader, Writer
from .definitions import COMPRESSED_IMAGE, HEADER_PARTS, IMAGE, POINT_CLOUD, POINT_FIELD, joined
from .elements import fitting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

    from .._clouds import Cloud
    from .._pictures import Compressed, Picture
    from .._spec import Spec

_stamp = struct.Struct("<4sII")  # header of CDR, seconds, which are signed, and nanoseconds
_u32 = struct.Struct("<I")
_two = struct.Struct("<II")
_WORDS: Final = {2: "H", 4: "I", 8: "Q"}

POINT_TYPES: Final = {
    **{"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 8},
}
"""Numbers of a PointField. It has no 64-bit integers: those are in the data, without a field."""


class PointField(NamedTuple):
    """sensor_msgs/PointField."""

    name: str
    offset: int
    datatype: int
    numbers: int


class ImageParts(NamedTuple):
    """What a sensor_msgs/Image says."""

    frame: str
    height: int
    width: int
    encoding: str
    is_bigendian: bool
    step: int
    data: memoryview


class CloudParts(NamedTuple):
    """What a sensor_msgs/PointCloud2 says."""

    frame: str
    height: int
    width: int
    fields: tuple[PointField, ...]
    is_bigendian: bool
    step: int
    row_step: int
    data: memoryview


def _begin(attributes: Mapping[str, Any]) -> Writer:
    frame = attributes.get("frame_id")
    out = Writer()
    out.tail += bytes(_two.size)  # the stamp, which _start() writes
    out.text(memoryview((frame if isinstance(frame, str) else "").encode()))
    return out


def _start(time_ns: int) -> bytes:
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return _stamp.pack(HEADER, seconds & 0xFFFFFFFF, nanoseconds)


class Image:
    """A picture. Its pixels are the last field."""

    schema_name = "sensor_msgs/msg/Image"
    schema = joined(IMAGE, HEADER_PARTS)

    def __init__(self, picture: Picture, attributes: Mapping[str, Any]) -> None:
        self._picture = picture
        self._size = fitting(picture.height * picture.step, MOST_ELEMENTS, "an image of {} bytes")
        out = _begin(attributes)
        out.count(picture.height)
        out.count(picture.width)
        out.text(memoryview(picture.encoding.encode()))
        out.tail += b"\0"  # little-endian
        out.count(picture.step)
        out.count(self._size)
        self._prefix = bytes(out.tail)[_two.size :]

    def encode(self, value: bytes | memoryview, time_ns: int) -> Sequence[bytes | memoryview]:
        return (_start(time_ns) + self._prefix, value)

    def decode(self, data: memoryview) -> bytes | memoryview:
        parts, picture = image_parts(data), self._picture
        found = (parts.encoding, parts.height, parts.width)
        if found != picture[:3]:
            raise ValueError(
                f"found an image {_image(*found)}; expected {_image(*picture[:3])}, as before"
            )
        value = _packed(parts.data, parts.step, picture.step, picture.height)
        size = int(picture.dtype[1:])
        return _swapped(value, size) if parts.is_bigendian and size > 1 else value


def _image(encoding: str, height: int, width: int) -> str:
    return f"{encoding} of {height} x {width}"


def image_parts(data: memoryview) -> ImageParts:
    """Read an Image."""
    found = Reader(data)
    frame = _read_header(found)
    height, width = _read_u32(found), _read_u32(found)
    encoding = _read_text(found)
    is_bigendian = bool(found.take(1)[0])
    step = _read_u32(found)
    pixels = found.take(found.count())
    found.finish()
    return ImageParts(frame, height, width, encoding, is_bigendian, step, pixels)


class CompressedImage:
    """A compressed picture."""

    schema_name = "sensor_msgs/msg/CompressedImage"
    schema = joined(COMPRESSED_IMAGE, HEADER_PARTS)

    def __init__(self, found: Compressed, most: int, attributes: Mapping[str, Any]) -> None:
        self._most = most
        out = _begin(attributes)
        out.text(memoryview(found.format.encode()))
        out.align(4)
        self._prefix = bytes(out.tail)[_two.size :]

    def encode(self, value: bytes | memoryview, time_ns: int) -> Sequence[bytes | memoryview]:
        count = fitting(len(value), MOST_ELEMENTS, "a picture of {} bytes")
        return (_start(time_ns) + self._prefix + _u32.pack(count), value)

    def decode(self, data: memoryview) -> memoryview:
        _, _, value = compressed_parts(data)
        fitting(len(value), self._most, "a picture of {} bytes")
        return value


def compressed_parts(data: memoryview) -> tuple[str, str, memoryview]:
    """Read a CompressedImage: its frame_id, format and data."""
    found = Reader(data)
    frame, kind = _read_header(found), _read_text(found)
    value = found.take(found.count())
    found.finish()
    return frame, kind, value


class PointCloud:
    """Points, one behind another. spec is the topic's array."""

    schema_name = "sensor_msgs/msg/PointCloud2"
    schema = joined(POINT_CLOUD, {**HEADER_PARTS, **POINT_FIELD})

    def __init__(
        self, spec: Spec, fields: Sequence[PointField], step: int, attributes: Mapping[str, Any]
    ) -> None:
        self._step = step
        self._fields = tuple(fields)
        self._fixed = spec.shape[0]
        self._most = spec.max if self._fixed is None else self._fixed
        out = _begin(attributes)
        out.count(1)  # height
        before = len(out.tail)
        out.count(0)  # width, which encode() writes
        out.count(len(fields))
        for field in fields:
            out.text(memoryview(field.name.encode()))
            out.count(field.offset)
            out.tail.append(field.datatype)
            out.count(field.numbers)
        out.tail += b"\0"  # little-endian
        out.count(step)
        self._prefix = bytes(out.tail[_two.size : before])
        self._fields_in_cdr = bytes(out.tail[before + 4 :])

    def encode(self, value: bytes | memoryview, time_ns: int) -> Sequence[bytes | memoryview]:
        size = fitting(len(value), MOST_ELEMENTS, "a point cloud of {} bytes")
        width = _u32.pack(size // self._step)
        start = _start(time_ns) + self._prefix + width + self._fields_in_cdr
        return (start + _two.pack(size, size), value, b"\0")  # is_dense: nobody has looked for NaN

    def decode(self, data: memoryview) -> bytes | memoryview:
        parts = cloud_parts(data)
        if (parts.fields, parts.step, parts.is_bigendian) != (self._fields, self._step, False):
            raise ValueError(
                f"found points of other fields, {_point(parts.fields, parts.step)}; expected "
                f"{_point(self._fields, self._step)}, as before"
            )
        count = parts.height * parts.width
        if self._fixed not in (None, count):
            raise ValueError(f"found {count} points; expected {self._fixed}")
        fitting(count, self._most or 0, "{} points")
        return _packed(parts.data, parts.row_step, parts.width * self._step, parts.height)


def _point(fields: Sequence[PointField], step: int) -> str:
    names = ", ".join(field.name[:30] for field in fields[:8])
    return f"{names} in {step} bytes"


def point_fields(cloud: Cloud) -> list[PointField]:
    """Return the fields that a PointField can describe."""
    return [
        PointField(name, offset, POINT_TYPES[dtype], 1)
        for name, dtype, offset in cloud.fields
        if dtype in POINT_TYPES
    ]


def cloud_parts(data: memoryview) -> CloudParts:
    """Read a PointCloud2."""
    found = Reader(data)
    frame = _read_header(found)
    height, width = _read_u32(found), _read_u32(found)
    fields = []
    for _ in range(found.count(16)):
        name = _read_text(found)
        offset = _read_u32(found)
        (datatype,) = found.take(1)
        fields.append(PointField(name, offset, datatype, _read_u32(found)))
    is_bigendian = bool(found.take(1)[0])
    step, row_step = _read_u32(found), _read_u32(found)
    points = found.take(found.count())
    found.take(1)
    found.finish()
    return CloudParts(frame, height, width, tuple(fields), is_bigendian, step, row_step, points)


def _packed(data: memoryview, step: int, row: int, height: int) -> bytes | memoryview:
    """Return rows without what is between them. The last one may end with its pixels."""
    size = (height - 1) * step + row if height and row else 0
    if step < row or len(data) < size or len(data) >= size + max(step, 1):
        raise ValueError(
            f"found {len(data)} bytes for {height} rows, one each {step} bytes; expected rows of "
            f"{row} bytes"
        )
    if step == row:
        return data[:size]
    return b"".join([data[n * step : n * step + row] for n in range(height)])


def _swapped(data: bytes | memoryview, size: int) -> bytes:
    words = array(_WORDS[size], bytes(data))
    words.byteswap()
    return words.tobytes()


def _read_u32(found: Reader) -> int:
    found.align(4)
    (number,) = _u32.unpack(found.take(4))
    return int(number)


def _read_text(found: Reader) -> str:
    try:
        return str(found.text(), "utf-8")
    except UnicodeDecodeError:
        raise ValueError("found text that is not UTF-8; expected names in UTF-8") from None


def _read_header(found: Reader) -> str:
    found.take(_two.size)
    return _read_text(found)
