"""Topics of other programs' channels: ROS 2 messages of which the file has definitions.

Most messages vary in size, and topics do not, so that all messages have to be looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .._records import MAX_DEPTH, MAX_FIELDS, Field, RecordSpec, laid_out
from .._spec import Spec
from . import message_of
from .cdr import Reader
from .definitions import COMPRESSED_IMAGE, IMAGE, POINT_CLOUD, POINT_FIELD, joined, message_name
from .elements import elements_of, steps_of, varies
from .foreign_stamped import Clouds, CompressedImages, Images, Type, number_spec
from .ros2msg import SEQUENCE, SINGLE, is_same, members_of, parse

if TYPE_CHECKING:
    from typing import Final

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
_EMPTY: Final = "structure_needs_at_least_one_member"  # a byte, which rosidl adds


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
        return self._made(name, fields or [Field(_EMPTY, number_spec("u1"))], depth)

    def spec(self, member: Member, depth: int) -> Spec:
        """Return the type of a field; depth is that of the record that it is in."""
        if "/" in member.type:
            name = message_name(member.type.partition("/")[2])
            return _several(member, self._nested(member.type, name, depth + 1))
        if member.type != "string":
            if member.length == SINGLE:
                return number_spec(member.type)
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


_KNOWN: Final = (
    ("sensor_msgs/Image", IMAGE, Images),
    ("sensor_msgs/CompressedImage", COMPRESSED_IMAGE, CompressedImages),
    ("sensor_msgs/PointCloud2", POINT_CLOUD, Clouds),
)
