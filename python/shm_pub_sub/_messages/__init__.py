"""Topics' values as ROS 2 messages, in CDR, and back: every bit, whatever the type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .._clouds import cloud_of
from .._described import spec_of_descriptor
from .._pictures import compressed_of, picture_of
from .definitions import Definition, Names
from .plain import NUMBER_DTYPES, Array, Number, Record, Text
from .stamped import CompressedImage, Image, PointCloud, point_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from .._spec import Spec

SCHEMA_ENCODING: Final = "ros2msg"
MESSAGE_ENCODING: Final = "cdr"


class Decoder(Protocol):
    """How the values of a channel are read."""

    def decode(self, data: memoryview) -> bool | int | float | bytes | memoryview | None:
        """Return a message's value, which may be a part of data; None if it has none.

        Raises ValueError, with what was found and expected, for anything that is no such
        message.
        """


class Message(Decoder, Protocol):
    """How the values of a topic are written, and read again. One for each channel."""

    @property
    def schema_name(self) -> str:
        """The message's name, such as std_msgs/msg/Float64."""

    @property
    def schema(self) -> bytes:
        """Its definition, with those of the messages in it."""

    def encode(self, value: Any, time_ns: int) -> Sequence[bytes | memoryview]:
        """Return a value, a number or raw, as parts. Large parts are the value's own memory.

        time_ns is since the epoch, for headers. Raises ValueError if the value is garbage.
        """


def message_of(descriptor: str, metadata: Mapping[str, Any], names: Names | None = None) -> Message:
    """Return the message of a topic's type.

    names are those in the file so far, by which equal names of different types get numbers.
    Raises ValueError if values can be too large for a message.
    """
    spec = spec_of_descriptor(descriptor, metadata)
    attributes = metadata.get("attributes", {})
    definition = Definition(names or Names(), metadata)
    if spec.is_number:
        return Number(spec.kind, *definition.of_number(NUMBER_DTYPES[spec.kind]))
    if spec.kind == "scalar":
        return Record(spec, *definition.of_number(spec.dtype))
    if spec.kind == "record":
        return Record(spec, *definition.of_record(spec.record))
    if spec.kind == "text":
        return Text(spec)
    known = _known(descriptor, spec, attributes)
    return known or Array(spec, *definition.of_elements(spec))


def _known(descriptor: str, spec: Spec, attributes: Mapping[str, Any]) -> Message | None:
    """Return the message of a picture or point cloud."""
    compressed = compressed_of(spec.kind, attributes)
    if compressed is not None:
        return CompressedImage(compressed, spec.max or 0, attributes)
    if spec.kind != "array":
        return None
    picture = picture_of(spec.dtype, spec.shape, attributes) if spec.record is None else None
    if picture is not None:
        return Image(picture, attributes)
    cloud = cloud_of(descriptor, attributes)
    if cloud is not None:
        return PointCloud(spec, point_fields(cloud), cloud.step, attributes)
    return None
