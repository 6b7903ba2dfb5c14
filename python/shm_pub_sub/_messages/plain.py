"""Messages of numbers, text, arrays, lists and records."""

from __future__ import annotations

import struct
from math import prod
from typing import TYPE_CHECKING

from .cdr import HEADER, MOST_ELEMENTS, Reader, Writer, content
from .elements import Numbers, Run, elements_of, fitting, rows, steps_of
from .layout import Copy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    from .._spec import Spec
    from .layout import Layout

MOST_ROOM: Final = 1 << 28
"""Bytes that a value that is read may have above its message's: room, and padding."""

_NUMBERS: Final = {
    "bool": struct.Struct("<4s?"),
    "int": struct.Struct("<4sq"),
    "float": struct.Struct("<4sd"),
}
NUMBER_DTYPES: Final = {"bool": "b1", "int": "i8", "float": "f8"}
_short = struct.Struct("<4sI")  # header and count
_long = struct.Struct("<4sI4x")  # and padding before elements of 8 bytes


class Number:
    """A bool, int or float.

    plain, of each class: what every message begins with, and the bytes that follow, which are the
    value's first ones, the others being 0; None if messages are otherwise.
    """

    def __init__(self, kind: str, name: str, schema: bytes) -> None:
        self.schema_name = name
        self.schema = schema
        self._struct = _NUMBERS[kind]
        self._pack = self._struct.pack
        self._kind = kind
        self.plain = HEADER, self._struct.size - len(HEADER)

    def encode(self, value: Any, time_ns: int) -> Sequence[bytes | memoryview]:
        return (self._pack(HEADER, value),)

    def decode(self, data: memoryview) -> bool | int | float:
        if len(data) == self._struct.size and self._kind != "bool":
            header, number = self._struct.unpack(data)
            if header == HEADER:
                return number  # type: ignore[no-any-return]
        return self._decode(Reader(data))

    def _decode(self, found: Reader) -> bool | int | float:
        """Read a message that others may have padded, or damaged."""
        size = self._struct.size - len(HEADER)
        number = found.take(size)
        found.finish()
        if self._kind == "bool" and number[0] > 1:
            raise ValueError(f"found {number[0]} for a bool; expected 0 or 1")
        return self._struct.unpack(b"".join((HEADER, number)))[1]  # type: ignore[no-any-return]


class Text:
    """Text: bytes of UTF-8."""

    schema_name = "std_msgs/msg/String"
    schema = b"string data\n"

    def __init__(self, spec: Spec) -> None:
        self._most = spec.max or 0

    def encode(self, value: bytes | memoryview, time_ns: int) -> Sequence[bytes | memoryview]:
        return (_short.pack(HEADER, len(value) + 1), value, b"\0")

    def decode(self, data: memoryview) -> memoryview:
        found = Reader(data)
        text = found.text()
        found.finish()
        fitting(len(text), self._most, "a text of {} bytes")
        try:
            str(text, "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"found text that is not UTF-8 ({error.reason}); expected it"
            ) from None
        return text


class Array:
    """An array, a list or bytes: a sequence."""

    def __init__(self, spec: Spec, name: str, schema: bytes) -> None:
        self.schema_name = name
        self.schema = schema
        self._elements = elements_of(spec)
        axes = spec.shape if spec.kind == "array" else (None,)
        fixed = None not in axes
        self._row = prod(n or 1 for n in (axes if fixed else axes[1:]))
        self._most = 1 if fixed else spec.max or 0
        self._fixed = fixed
        size = self._row * self._most
        if size > MOST_ELEMENTS:
            raise ValueError(f"found {size} elements; expected {MOST_ELEMENTS} at most")
        # Numbers are their own bytes.
        numbers = isinstance(self._elements, Numbers) and spec.dtype != "f2"
        eight = numbers and spec.dtype in ("i8", "u8", "f8", "c16")
        self._prefix = (_long if eight else _short) if numbers else None
        self.plain: tuple[bytes, int] | None = None
        if self._prefix is not None and fixed:
            self.plain = self._prefix.pack(HEADER, size), size * self._elements.size

    def encode(self, value: bytes | memoryview, time_ns: int) -> Sequence[bytes | memoryview]:
        count = len(value) // self._elements.size
        if self._prefix is not None and count:
            return (self._prefix.pack(HEADER, count), value)
        out = Writer()
        out.count(count)
        self._elements.write(out, memoryview(value), 0, count)
        return out.parts()

    def decode(self, data: memoryview) -> memoryview:
        found = Reader(data)
        count = found.count(self._elements.least)
        if rows(count, self._row, self._most) != self._most and self._fixed:
            raise ValueError(f"found {count} elements; expected {self._row}")
        if self._prefix is not None:
            if count:
                found.align(self._prefix.size - len(HEADER))
            value = found.take(count * self._elements.size)
        else:
            value = _zeros(count * self._elements.size, data)
            self._elements.read(found, value, 0, count)
        found.finish()
        return value.toreadonly()


class Record:
    """A record, or one number that is no bool, int or float."""

    def __init__(self, spec: Spec, name: str, schema: bytes) -> None:
        self.schema_name = name
        self.schema = schema
        is_record = spec.record is not None
        self._size = spec.record.size if is_record else int(spec.dtype[1:])
        self._steps = steps_of(spec.record) if is_record else [Run([(spec, 0)])]
        self._layout: Layout | None = None
        self._copied = 0  # bytes, if it is one copy
        if len(self._steps) == 1 and isinstance(self._steps[0], Run):
            self._layout = layout = self._steps[0].layout(0)
            if len(layout.parts) == 1 and layout.parts[0] == Copy(0, layout.end, 0):
                self._copied = layout.end
        self.plain = (HEADER, self._copied) if self._copied else None

    def encode(self, value: bytes | memoryview, time_ns: int) -> Sequence[bytes | memoryview]:
        copied = self._copied
        if copied:
            return (HEADER, value if copied == len(value) else memoryview(value)[:copied])
        out, memory = Writer(), memoryview(value)
        for step in self._steps:
            step.write(out, memory, 0)
        return out.parts()

    def decode(self, data: memoryview) -> bytes | memoryview:
        if self._copied == self._size == len(data) - len(HEADER):
            return content(data)
        found = Reader(data)
        if self._copied == self._size:  # padded, or damaged
            value = found.take(self._size)
            found.finish()
            return value
        memory = _zeros(self._size, data)
        for step in self._steps:
            step.read(found, memory, 0)
        found.finish()
        return memory.toreadonly()


def _zeros(size: int, data: memoryview) -> memoryview:
    """Return memory for a message's value. A stranger's type may have room for a terabyte."""
    fitting(size - len(data), MOST_ROOM, "a value with {} bytes more than its message")
    return memoryview(bytearray(size))
