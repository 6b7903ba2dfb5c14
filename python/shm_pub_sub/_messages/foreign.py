"""Topics of other programs' channels: ROS 2 messages of which the file has definitions.

Most messages vary in size, and topics do not, so that all messages have to be looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .._described import spec_of_descriptor
from .._pictures import Compressed, Picture, pixel_of
from .._records import MAX_DEPTH, MAX_FIELDS, Field, RecordSpec, laid_out
from .._records_place import is_name
from .._spec import Spec
from . import message_of
from .cdr import Reader
from .definitions import COMPRESSED_IMAGE, IMAGE, POINT_CLOUD, POINT_FIELD, joined, message_name
from .elements import elements_of, steps_of, varies
from .ros2msg import SEQUENCE, SINGLE, is_same, members_of, parse
from .stamped import (
    POINT_TYPES,
    CloudParts,
    CompressedImage,
    Image,
    PointCloud,
    PointField,
    cloud_parts,
    compressed_parts,
    image_parts,
)

if TYPE_CHECKING:
    from typing import Final

    from . import Decoder
    from .ros2msg import Definitions, Member


class Scan(Protocol):
    """What the messages of a channel have in common."""

    def scan(self, data: memoryview) -> None:
        """Look at a message. Raises ValueError if it is none of that type."""

    def found(self) -> Type:
        """Return the topic, once all messages are scanned.

        Raises ValueError if they are not of one type.
        """


_NUMBERS: Final = {"b1": "bool", "i8": "int", "f8": "float"}
_DTYPES: Final = {number: dtype for dtype, number in POINT_TYPES.items()}
_EMPTY: Final = "structure_needs_at_least_one_member"  # a byte, which rosidl adds


class Type(NamedTuple):
    """A topic's type and metadata, and how the channel's messages are read."""

    descriptor: str
    metadata: dict[str, Any]
    message: Decoder


def type_of(name: str, definition: bytes) -> Type | Scan:
    """Return the topic of a message, or what finds it.

    Raises ValueError if no topic can have such values.
    """
    own, parts = parse(name, definition)
    for known, fields, scan in _KNOWN:
        if own == known and is_same(own, parts, *parse(known, joined(fields, POINT_FIELD))):
            return scan()
    members = members_of(parts, own)
    expander = _Expander(parts)
    if len(members) == 1 and members[0].name == "data" and members[0].length <= 0:
        spec = expander.spec(members[0], 0)
        if spec.kind == "scalar":
            number = _NUMBERS.get(spec.dtype)
            return _type(number or spec.descriptor)
        if own == "shm_pub_sub/Bytes" and spec.dtype == "u1":
            spec = Spec("bytes", bytes, None, most=0)
    else:
        record = expander.record(own, message_name(own.partition("/")[2]), 1)
        spec = Spec("record", tuple, None, record=record)
    if spec.kind == "record" and not varies(spec.record):
        return _type(spec.descriptor)
    return _Measured(spec)


def _type(descriptor: str) -> Type:
    return Type(descriptor, {}, message_of(descriptor, {}))


class _Expander:
    """Makes types of definitions, whose lengths that vary are 0 so far."""

    def __init__(self, parts: Definitions) -> None:
        self._parts = parts
        self._fields = 0

    def record(self, message: str, name: str, depth: int) -> RecordSpec:
        """Return the record that a message is."""
        members = members_of(self._parts, message)
        fields = [Field(member.name, self.spec(member, depth)) for member in members]
        return self._made(name, fields or [Field(_EMPTY, _number("u1"))], depth)

    def spec(self, member: Member, depth: int) -> Spec:
        """Return the type of a field; depth is that of the record that it is in."""
        if "/" in member.type:
            name = message_name(member.type.partition("/")[2])
            return _several(member, self._nested(member.type, name, depth + 1))
        if member.type != "string":
            if member.length == SINGLE:
                return _number(member.type)
            shape, most = ((None,), 0) if member.length == SEQUENCE else ((member.length,), None)
            return Spec("array", list, None, dtype=member.type, shape=shape, most=most)
        text = Spec("text", str, None, most=0)
        if member.length == SINGLE:
            return text
        return _several(member, self._made("", [Field("data", text)], depth + 1))

    def _nested(self, message: str, name: str, depth: int) -> RecordSpec:
        if depth > MAX_DEPTH:
            raise ValueError(f"found messages nested deeper than {MAX_DEPTH}; expected fewer")
        return self.record(message, name, depth)

    def _made(self, name: str, fields: list[Field], depth: int) -> RecordSpec:
        self._fields += len(fields)
        if self._fields > MAX_FIELDS or depth > MAX_DEPTH:
            raise ValueError(
                f"found more than {MAX_FIELDS} fields in all, or messages nested deeper than "
                f"{MAX_DEPTH}; expected fewer"
            )
        return laid_out(name, tuple, "tuple", fields)


def _number(dtype: str) -> Spec:
    return Spec("scalar", float, None, dtype=dtype)


def _several(member: Member, record: RecordSpec) -> Spec:
    if member.length == SINGLE:
        return Spec("record", tuple, None, record=record)
    if member.length == SEQUENCE:
        return Spec("list", list, None, most=0, record=record)
    return Spec("array", list, None, shape=(member.length,), record=record)


class _Measured:
    """Messages whose texts and sequences vary in length: a topic needs the greatest of each."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._steps = steps_of(spec.record) if spec.kind == "record" else None
        self._elements = None if spec.kind == "record" else elements_of(spec)

    def scan(self, data: memoryview) -> None:
        found, spec = Reader(data), self._spec
        if self._steps is not None:
            for step in self._steps:
                step.measure(found)
        elif spec.kind == "text":
            spec.max = max(spec.max or 0, len(found.text()))
        elif self._elements is not None:
            count = found.count(self._elements.least)
            spec.max = max(spec.max or 0, count)
            self._elements.measure(found, count)
        found.finish()

    def found(self) -> Type:
        return _type(_sized(self._spec).descriptor)


def _sized(spec: Spec) -> Spec:
    """Return a type with the lengths that were found, where its fields are then."""
    record = spec.record
    if record is not None:
        fields = [Field(field.name, _sized(field.spec)) for field in record.fields]
        record = laid_out(record.name, record.cls, record.how, fields)
    most = spec.max if spec.max is None else max(1, spec.max)
    return Spec(
        *(spec.kind, spec.type, None), dtype=spec.dtype, shape=spec.shape, most=most, record=record
    )


class _Images:
    """Images: all of one encoding and size."""

    def __init__(self) -> None:
        self._first: tuple[str, int, int] | None = None
        self._frame = ""
        self._other: tuple[str, int, int] | None = None

    def scan(self, data: memoryview) -> None:
        parts = image_parts(data)
        image = parts.encoding, parts.height, parts.width
        if self._first is None:
            self._first, self._frame = image, parts.frame
        elif image != self._first:
            self._other = image

    def found(self) -> Type:
        encoding, height, width = _only(self._first, self._other, "images")
        pixel = pixel_of(encoding)
        if pixel is None:
            raise ValueError(f"found images in {encoding[:40]!r}; expected an encoding of ROS")
        dtype, channels = pixel
        shape = (height, width) if channels == 1 else (height, width, channels)
        spec = Spec("array", list, None, dtype=dtype, shape=shape)
        metadata = _attributes(self._frame, encoding=encoding)
        picture = Picture(encoding, height, width, channels, dtype)
        return _checked(spec, metadata, Image(picture, metadata["attributes"]))


class _Compressed:
    """Compressed images."""

    def __init__(self) -> None:
        self._format: str | None = None
        self._frame = ""
        self._most = 1

    def scan(self, data: memoryview) -> None:
        frame, kind, value = compressed_parts(data)
        if self._format is None:
            self._format, self._frame = kind, frame
        self._most = max(self._most, len(value))

    def found(self) -> Type:
        kind = _only(self._format, None, "images")
        spec = Spec("bytes", bytes, None, most=self._most)
        metadata = _attributes(self._frame, format=kind)
        message = CompressedImage(Compressed(kind), self._most, metadata["attributes"])
        return _checked(spec, metadata, message)


class _Clouds:
    """Point clouds: all of one kind of points."""

    def __init__(self) -> None:
        self._first: CloudParts | None = None
        self._other: CloudParts | None = None
        self._most = 1

    def scan(self, data: memoryview) -> None:
        parts = cloud_parts(data)
        if parts.is_bigendian:
            raise ValueError("found big-endian points; expected little-endian ones")
        self._most = max(self._most, parts.height * parts.width)
        parts = parts._replace(data=memoryview(b""))  # which may be a large chunk's
        if self._first is None:
            self._first = parts
        elif (parts.fields, parts.step) != (self._first.fields, self._first.step):
            self._other = parts

    def found(self) -> Type:
        first = _only(self._first, self._other, "points")
        record = RecordSpec("", tuple, "tuple", _point(first.fields, first.step), first.step, 1)
        spec = Spec("array", list, None, shape=(None,), most=self._most, record=record)
        metadata = _attributes(first.frame)
        attributes = metadata.get("attributes", {})
        return _checked(spec, metadata, PointCloud(spec, first.fields, first.step, attributes))


def _point(fields: tuple[PointField, ...], step: int) -> tuple[Field, ...]:
    """Return the fields of a point; without those that are in one another, or unknown."""
    made: list[Field] = []
    end = 0
    for field in sorted(fields, key=lambda field: field.offset):
        dtype = _DTYPES.get(field.datatype)
        taken = any(field.name == other.name for other in made)
        if dtype is None or taken or not is_name(field.name) or field.offset < end:
            continue
        numbers = max(1, field.numbers)
        if field.offset + numbers * int(dtype[1:]) > step:
            continue
        spec = _number(dtype)
        if numbers > 1:
            spec = Spec("array", list, None, dtype=dtype, shape=(numbers,))
        made.append(Field(field.name, spec, field.offset))
        end = field.offset + numbers * int(dtype[1:])
    if not made:
        raise ValueError("found points without a field that fits; expected x, y and z")
    return tuple(made)


def _only(first: Any, other: Any, what: str) -> Any:
    """Return what all messages have in common."""
    if first is None:
        raise ValueError(f"found no {what}; expected one, as their size is not in the definition")
    if other is not None:
        raise ValueError(
            f"found {what} of several kinds, {_brief(first)} and {_brief(other)}; expected one, as "
            "a topic has one type"
        )
    return first


def _brief(kind: Any) -> str:
    if isinstance(kind, CloudParts):
        return f"of {kind.step} bytes with {len(kind.fields)} fields"
    encoding, height, width = kind
    return f"{encoding[:40]} of {height} x {width}"


def _attributes(frame: str, **others: str) -> dict[str, Any]:
    attributes = {**others, "frame_id": frame} if frame else others
    # Longer ones are no names, and there is a limit for all metadata.
    return {"attributes": {key: text[:255] for key, text in attributes.items()}}


def _checked(spec: Spec, metadata: dict[str, Any], message: Decoder) -> Type:
    spec_of_descriptor(spec.descriptor)
    return Type(spec.descriptor, metadata, message)


_KNOWN: Final = (
    ("sensor_msgs/Image", IMAGE, _Images),
    ("sensor_msgs/CompressedImage", COMPRESSED_IMAGE, _Compressed),
    ("sensor_msgs/PointCloud2", POINT_CLOUD, _Clouds),
)
