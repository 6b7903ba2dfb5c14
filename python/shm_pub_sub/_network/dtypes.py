"""Numbers as shared memory has them, little-endian, and as CBOR has them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .cbor import BYTES, FALSE, KINDS, NEGATIVE, SIMPLE, TAG, TRUE, UINT, head
from .codec import Codec
from .lanes import Constant, Flag, Plain, Signed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    from .cbor import Buffer, Reader
    from .lanes import Lane

TAGS: Final = {
    **{"b1": 64, "u1": 64, "u2": 69, "u4": 70, "u8": 71, "i1": 72, "i2": 77, "i4": 78, "i8": 79},
    **{"f2": 84, "f4": 85, "f8": 86, "c8": 85, "c16": 86},
}
"""The tags of RFC 8746 for arrays of each dtype. There is none of bools: a byte each, 0 or 1.
Complex numbers are two floats each."""

_ARGUMENT: Final = {1: 24, 2: 25, 4: 26, 8: 27}
"""What the first byte of an item says of the bytes behind it."""
_FLOATS: Final = {2: "e", 4: "f", 8: "d"}
INVERTED: Final = bytes(255 - n for n in range(256))


def scalar_of(dtype: str) -> Codec:
    """Return the codec of one number."""
    if dtype == "b1":
        return _Bool(dtype)
    return {"c": _Complex, "f": _Float, "i": _Int, "u": _Int}[dtype[0]](dtype)


def read_float(found: Reader, size: int) -> bytes:
    """Return the bytes of a float that has so many, little-endian. A narrower one is widened."""
    at = found.at
    major, _ = found.head()
    own = found.at - at - 1
    if major != SIMPLE or own not in _FLOATS or own > size:
        found.at = at
        found.wrong(f"a float of {8 * size} bits")
    data = found.data[at + 1 : found.at]
    if own == size:
        return bytes(data)[::-1]
    (value,) = struct.unpack(f">{_FLOATS[own]}", data)
    return struct.pack(f"<{_FLOATS[size]}", value)


class _Scalar(Codec):
    def __init__(self, dtype: str) -> None:
        super().__init__(dtype, int(dtype[1:]))
        self._tag = head(TAG, TAGS[dtype])

    def write_many(self, parts: list[Buffer], raws: Sequence[Any]) -> None:
        data = b"".join(raws)
        if len(data) != len(raws) * self.most:
            for raw in raws:
                self.check(raw)
        parts += (self._tag, head(BYTES, len(data)), data)

    def read_many(self, found: Reader, count: int, most: int) -> list[Any]:
        size = self.most
        found.tag(TAGS[self.what])
        data = found.bytes()
        if len(data) != count * size:
            found.wrong(f"{count * size} bytes, of {count} values", f"{len(data)}")
        return [data[at : at + size] for at in range(0, len(data), size)]


class _Bool(_Scalar):
    def lanes(self, at: int) -> list[Lane] | None:
        return [Flag(at)]

    def write(self, parts: list[Buffer], raw: Any) -> None:
        self.check(raw)
        parts.append(bytes((TRUE if raw[0] else FALSE,)))

    def read(self, found: Reader) -> Any:
        return b"\1" if found.boolean() else b"\0"


class _Float(_Scalar):
    def __init__(self, dtype: str) -> None:
        super().__init__(dtype)
        self._head = bytes((SIMPLE << 5 | _ARGUMENT[self.most],))

    def lanes(self, at: int) -> list[Lane] | None:
        return [Constant(self._head), Plain(at + self.most - 1, self.most, -1)]

    def write(self, parts: list[Buffer], raw: Any) -> None:
        self.check(raw)
        parts.append(self._head + bytes(raw)[::-1])

    def read(self, found: Reader) -> Any:
        return read_float(found, self.most)


class _Int(_Scalar):
    def __init__(self, dtype: str) -> None:
        super().__init__(dtype)
        argument = _ARGUMENT[self.most]
        self._head, self._negative = bytes((argument,)), bytes((NEGATIVE << 5 | argument,))
        self._signed = dtype[0] == "i"
        self._bits = 8 * self.most - self._signed

    def lanes(self, at: int) -> list[Lane] | None:
        if self._signed:
            return [Signed(at, self.most, self._head[0])]
        return [Constant(self._head), Plain(at + self.most - 1, self.most, -1)]

    def write(self, parts: list[Buffer], raw: Any) -> None:
        self.check(raw)
        data = bytes(raw)[::-1]
        if self._signed and data[0] & 0x80:
            parts.append(self._negative + data.translate(INVERTED))
        else:
            parts.append(self._head + data)

    def read(self, found: Reader) -> Any:
        major, number = found.head()
        if major == UINT or (major == NEGATIVE and self._signed):
            if number >> self._bits:
                found.wrong(f"an int of {self._bits} bits", f"{number}")
            data = number.to_bytes(self.most, "little")
            return data if major == UINT else data.translate(INVERTED)
        return found.wrong("int" if self._signed else "int that is not negative", KINDS[major])


class _Complex(_Scalar):
    """An array of two floats."""

    def __init__(self, dtype: str) -> None:
        super().__init__(dtype)
        self._head = self._tag + head(BYTES, self.most)

    def lanes(self, at: int) -> list[Lane] | None:
        return [Constant(self._head), Plain(at, self.most)]

    def write(self, parts: list[Buffer], raw: Any) -> None:
        self.check(raw)
        parts += (self._head, raw)

    def read(self, found: Reader) -> Any:
        found.tag(TAGS[self.what])
        data = found.bytes()
        if len(data) != self.most:
            found.wrong(f"{self.most} bytes, two floats", f"{len(data)}")
        return data
