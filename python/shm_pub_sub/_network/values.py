"""Codecs of all types of topics."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .._described import spec_of_descriptor
from .._raw_values import nbytes_of
from .cbor import ARRAY, BYTES, TAG, TEXT, WireError, head
from .codec import Codec
from .dtypes import TAGS, scalar_of
from .lanes import WIDEST, Constant, Plain, width_of
from .numbers import Bool, Float, Int
from .records import Record

if TYPE_CHECKING:
    from typing import Final

    from .._records import RecordSpec
    from .._spec import Spec
    from .cbor import Buffer, Reader
    from .lanes import Lane

__all__ = ["Codec", "codec_of"]

SHAPED: Final = 40
"""The tag of an array of several axes, in C order: its shape, and its elements (RFC 8746)."""


def codec_of(descriptor: str) -> Codec:
    """Return the codec of a type, cached.

    Args:
        descriptor: As inspect_typed() returns it.

    Raises:
        TopicValueError: It is no descriptor.
    """
    return _cached(descriptor)


def _read(descriptor: str) -> Codec:
    return _codec_of(spec_of_descriptor(descriptor))


_cached = lru_cache(128)(_read)


def _codec_of(spec: Spec) -> Codec:
    if spec.is_number:
        return {"bool": Bool, "int": Int, "float": Float}[spec.kind]()
    if spec.kind == "scalar":
        return scalar_of(spec.dtype)
    if spec.kind == "text":
        return _Text(spec.kind, spec.max or 0, 1)
    if spec.kind == "bytes":
        return _Bytes(spec.kind, spec.max or 0, 1)
    if spec.kind == "record":
        return _record_of(spec.record)
    return _Array(spec) if spec.record is None else _Records(spec, _record_of(spec.record))


def _record_of(record: RecordSpec) -> Record:
    return Record(record, [_codec_of(field.spec) for field in record.fields])


class _Bytes(Codec):
    _major = BYTES

    def write(self, parts: list[Buffer], raw: Any) -> None:
        parts += (head(self._major, self.check(raw)), raw)

    def read(self, found: Reader) -> Any:
        size = found.expect(self._major)
        data = found.take(size)
        if size > self.most:
            found.wrong(f"{self.most} at most, of {self.what}", f"{size} bytes")
        return data


class _Text(_Bytes):
    _major = TEXT

    def write(self, parts: list[Buffer], raw: Any) -> None:
        try:
            str(raw, "utf-8")
        except UnicodeDecodeError:
            raise WireError("found bytes that are not UTF-8; expected text") from None
        super().write(parts, raw)

    def read(self, found: Reader) -> Any:
        data = super().read(found)
        try:
            str(data, "utf-8")
        except UnicodeDecodeError:
            found.wrong("text in UTF-8", "bytes that are not UTF-8")
        return data


def _axes_of(spec: Spec) -> tuple[int | None, ...]:
    axes = (None,) if spec.kind == "list" else spec.shape
    if not spec.dtype.startswith("c"):
        return axes
    last = axes[-1] if axes else 1
    return (*axes[:-1], None if last is None else 2 * last)


class _Shaped(Codec):
    """Elements along axes: one item, and the shape before it unless there is one axis."""

    def __init__(self, spec: Spec, step: int, axes: tuple[int | None, ...]) -> None:
        varies = not spec.is_fixed
        most = step * (spec.max or 0) if varies else step
        super().__init__(str(spec), most, step if varies else 0)
        self._axes = axes

    def _shape(self, size: int) -> bytes:
        """Return what is before the elements of a value of so many bytes."""
        if len(self._axes) == 1:
            return b""
        axes = [size // self.row if n is None else n for n in self._axes]
        sizes = b"".join([head(0, n) for n in axes])
        return head(TAG, SHAPED) + b"\x82" + head(ARRAY, len(axes)) + sizes

    def _read_shape(self, found: Reader) -> int | None:
        """Pass over it, and return the length of an axis that varies, if it says that."""
        at = found.at
        if len(self._axes) == 1 and found.head() != (TAG, SHAPED):
            found.at = at
            return None
        found.at = at
        found.tag(SHAPED)
        if (count := found.expect(ARRAY)) != 2:
            found.wrong("shape and elements", f"{count} elements")
        if (count := found.expect(ARRAY)) != len(self._axes):
            found.wrong(f"{len(self._axes)} axes, of {self.what}", f"{count}")
        steps = None
        for axis in self._axes:
            n = found.unsigned()
            if axis is None:
                steps = n
            elif n != axis:
                found.wrong(f"{axis}, of {self.what}", f"an axis of {n}")
        return steps


class _Array(_Shaped):
    """Numbers: a typed array."""

    def __init__(self, spec: Spec) -> None:
        axes = _axes_of(spec)
        super().__init__(spec, nbytes_of(spec), axes)
        self._number = TAGS[spec.dtype]
        self._tag = head(TAG, self._number)
        self._doubled = spec.dtype[0] == "c" and axes == (None,)
        self._before = b"" if self.row else self._shape(0) + self._tag + head(BYTES, self.most)

    def lanes(self, at: int) -> list[Lane] | None:
        return None if self.row else [Constant(self._before), Plain(at, self.most)]

    def write(self, parts: list[Buffer], raw: Any) -> None:
        size = self.check(raw)
        before = self._before or self._shape(size) + self._tag + head(BYTES, size)
        parts += (before, raw)

    def read(self, found: Reader) -> Any:
        steps = self._read_shape(found)
        found.tag(self._number)
        data = found.bytes()
        try:
            size = self.check(data)
        except WireError as error:
            found.wrong("a value of the type", str(error))
        if steps is not None and steps * self.row != size << self._doubled:
            found.wrong(f"{size} bytes of {self.what}", f"{steps} steps")
        return data


class _Records(_Shaped):
    """Records: an array of maps."""

    def __init__(self, spec: Spec, record: Record) -> None:
        step = nbytes_of(spec)
        super().__init__(spec, step, _axes_of(spec))
        self._record = record
        self._each = record.most
        self._steps = step // record.most

    def lanes(self, at: int) -> list[Lane] | None:
        places = range(at, at + self.most, self._each)
        first = None if self.row else self._record.lanes(at)
        if first is None or width_of(first) * len(places) > WIDEST:
            return None
        found: list[Lane] = [Constant(self._shape(0) + head(ARRAY, len(places)))]
        for place in places:
            found += self._record.lanes(place) or ()
        return found

    def write(self, parts: list[Buffer], raw: Any) -> None:
        size = self.check(raw)
        count = size // self._each
        parts.append(self._shape(size) + head(ARRAY, count))
        self._record.write_all(parts, raw, count)

    def read(self, found: Reader) -> Any:
        steps = self._read_shape(found)
        count = found.count(ARRAY, self.most // self._each)
        expected = self._steps if not self.row else count if steps is None else steps * self._steps
        if count != expected:
            found.wrong(f"those of {self.what}", f"{count} elements")
        return self._record.read_all(found, count)
