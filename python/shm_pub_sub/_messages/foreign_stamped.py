"""Topics of other programs' images and point clouds, whose kind and size their messages say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .._described import spec_of_descriptor
from .._pictures import Compressed, Picture, pixel_of
from .._records import Field, RecordSpec
from .._records_place import is_name
from .._spec import Spec
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

_DTYPES: Final = {number: dtype for dtype, number in POINT_TYPES.items()}


class Type(NamedTuple):
    """A topic's type and metadata, and how the channel's messages are read."""

    descriptor: str
    metadata: dict[str, Any]
    message: Decoder


def number_spec(dtype: str) -> Spec:
    """Return the type of a number."""
    return Spec("scalar", float, None, dtype=dtype)


class Images:
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


class CompressedImages:
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


class Clouds:
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
        spec = number_spec(dtype)
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
