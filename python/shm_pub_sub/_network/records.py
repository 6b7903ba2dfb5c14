"""Records: maps by the names of their fields."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from .._records import LENGTH, is_variable
from .cbor import MAP, WireError, head, text
from .codec import Codec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._records import RecordSpec
    from .cbor import Buffer, Reader

_length = struct.Struct("<Q")


class _Field(NamedTuple):
    key: bytes
    codec: Codec
    at: int
    end: int
    row: int
    """Bytes of a step, if it begins with the number of them; otherwise 0."""


class Record(Codec):
    """One record."""

    def __init__(self, record: RecordSpec, codecs: Sequence[Codec]) -> None:
        super().__init__(str(record), record.size)
        self._head = head(MAP, len(codecs))
        self._fields = {
            field.name: _Field(
                text(field.name),
                codec,
                field.offset,
                field.end,
                (codec.row or codec.most) if is_variable(field.spec) else 0,
            )
            for field, codec in zip(record.fields, codecs, strict=True)
        }

    def write(self, parts: list[Buffer], raw: Any) -> None:
        self.check(raw)
        view = memoryview(raw)
        parts.append(self._head)
        for key, codec, at, end, row in self._fields.values():
            parts.append(key)
            codec.write(parts, _varying(view, at, codec.most, row) if row else view[at:end])

    def read(self, found: Reader) -> Any:
        memory = bytearray(self.most)
        self.read_into(found, memory, 0)
        return memory

    def read_into(self, found: Reader, memory: bytearray, base: int) -> None:
        """Read a record to a place that has zeros."""
        seen = set()
        for _ in range(found.count(MAP)):
            name = found.key()
            field = self._fields.get(name)
            if field is None:
                found.skip()
                continue
            if name in seen:
                found.wrong("each field once", f"{name!r} twice")
            seen.add(name)
            raw = field.codec.read(found)
            at = base + field.at
            if field.row:
                _length.pack_into(memory, at, len(raw) // field.row)
                at += LENGTH
            memory[at : at + len(raw)] = raw
        if len(seen) != len(self._fields):
            missing = next(name for name in self._fields if name not in seen)
            found.wrong(f"the fields of {self.what}", f"none named {missing!r}")


def _varying(view: memoryview, at: int, most: int, row: int) -> memoryview:
    """Return the bytes of a field that begins with its length."""
    (steps,) = _length.unpack_from(view, at)
    if steps * row > most:
        raise WireError(f"found the length {steps} in a record; expected {most // row} at most")
    at += LENGTH
    return view[at : at + steps * row]


class Elements:
    """Records side by side."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def write(self, parts: list[Buffer], raw: Buffer, count: int) -> None:
        """Append them, without the head of the array."""
        view, size = memoryview(raw), self._record.most
        for at in range(0, count * size, size):
            self._record.write(parts, view[at : at + size])

    def read(self, found: Reader, count: int) -> bytearray:
        """Return so many."""
        size = self._record.most
        memory = bytearray(count * size)
        for base in range(0, count * size, size):
            self._record.read_into(found, memory, base)
        return memory
