"""Records: maps by the names of their fields."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from .._records import LENGTH, is_variable
from .cbor import ARRAY, MAP, WireError, head, text
from .codec import Codec
from .lanes import WIDEST, Constant, Lanes, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from .._records import RecordSpec
    from .cbor import Buffer, Reader
    from .lanes import Lane

MOST_LANES: Final = 1024
"""Bytes of the largest record whose lanes are copied one by one."""

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

        self._least = len(self._head) + sum(len(field.key) + 1 for field in self._fields.values())
        lanes = self.lanes(0) if record.size <= MOST_LANES else None
        self._lanes = None if lanes is None else Lanes(record.size, lanes)

    def lanes(self, at: int) -> list[Lane] | None:
        found: list[Lane] = [Constant(self._head)]
        for field in self._fields.values():
            own = None if field.row else field.codec.lanes(at + field.at)
            if own is None:
                return None
            found += (Constant(field.key), *own)
        return found if width_of(found) <= WIDEST else None

    def write(self, parts: list[Buffer], raw: Any) -> None:
        self.check(raw)
        view = memoryview(raw)
        parts.append(self._head)
        for key, codec, at, end, row in self._fields.values():
            parts.append(key)
            codec.write(parts, _varying(view, at, codec.most, row) if row else view[at:end])

    def read(self, found: Reader) -> Any:
        memory = zeros(found, self.most)
        self.read_into(found, memory, 0)
        return memory

    def write_many(self, parts: list[Buffer], raws: Sequence[Any]) -> None:
        for raw in raws:
            self.check(raw)
        parts.append(head(ARRAY, len(raws)))
        self.write_all(parts, b"".join(raws), len(raws))

    def write_all(self, parts: list[Buffer], raw: Buffer, count: int) -> None:
        """Append records that are side by side, without the head of the array."""
        if self._lanes is not None and self._lanes.pay(count):
            parts += self._lanes.write(raw, count)
            return
        view, size = memoryview(raw), self.most
        for at in range(0, count * size, size):
            self.write(parts, view[at : at + size])

    def read_many(self, found: Reader, count: int, most: int) -> list[Any]:
        if (elements := found.count(ARRAY, most // self.most)) != count:
            found.wrong(f"{count} values", f"{elements}")
        whole, size = memoryview(self.read_all(found, count)), self.most
        return [whole[at : at + size] for at in range(0, len(whole), size)]

    def read_all(self, found: Reader, count: int) -> bytearray:
        """Return so many records, side by side."""
        if count * self._least > found.end - found.at:
            found.wrong(f"{count} records", f"{found.end - found.at} bytes")
        memory, lanes = zeros(found, count * self.most), self._lanes
        if lanes is not None and lanes.pay(count) and lanes.width * count <= found.end - found.at:
            at = found.at
            if lanes.read(found.data[at : at + lanes.width * count], memory, count):
                found.at = at + lanes.width * count
                return memory
            memory = zeros(found, count * self.most)
        for base in range(0, count * self.most, self.most):
            self.read_into(found, memory, base)
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


def zeros(found: Reader, size: int) -> bytearray:
    """Return memory for a value; the kernel gives it when it is written to."""
    try:
        return bytearray(size)
    except (MemoryError, OverflowError):
        return found.wrong("a value that there is memory for", f"one of {size} bytes")


def _varying(view: memoryview, at: int, most: int, row: int) -> memoryview:
    """Return the bytes of a field that begins with its length."""
    (steps,) = _length.unpack_from(view, at)
    if steps * row > most:
        raise WireError(f"found the length {steps} in a record; expected {most // row} at most")
    at += LENGTH
    return view[at : at + steps * row]
