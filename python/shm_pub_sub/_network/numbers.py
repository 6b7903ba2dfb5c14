"""Topics of bool, int and float: most values are these, so whole messages are packed at once."""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Any

from .cbor import BYTES, DOUBLE, FALSE, NEGATIVE, TAG, TRUE, UINT, WireError, head
from .codec import Codec
from .dtypes import TAGS, read_float

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from .cbor import Buffer, Reader

_N, _T, _I = b"an\x1b", b"at\x1b", b"ai\x1b"
_BOOL = struct.Struct(">3sB3sQ3sQ3sQ")
_INT = struct.Struct(">4sQ3sQ3sQ3sQ")
_FLOAT = struct.Struct(">4sd3sQ3sQ3sQ")
_DOUBLE = struct.Struct(">Bd")

_V: Final = b"\xa4av"
_V_UINT: Final = b"\xa4av\x1b"
_V_NEGATIVE: Final = b"\xa4av\x3b"
_V_FLOAT: Final = b"\xa4av\xfb"


def _pack_bool(raw: Any, number: int, time_ns: int, incarnation: int) -> bytes:
    return _BOOL.pack(_V, TRUE if raw else FALSE, _N, number, _T, time_ns, _I, incarnation)


def _pack_int(raw: Any, number: int, time_ns: int, incarnation: int) -> bytes:
    if raw < 0:
        return _INT.pack(_V_NEGATIVE, ~raw, _N, number, _T, time_ns, _I, incarnation)
    return _INT.pack(_V_UINT, raw, _N, number, _T, time_ns, _I, incarnation)


def _pack_float(raw: Any, number: int, time_ns: int, incarnation: int) -> bytes:
    return _FLOAT.pack(_V_FLOAT, raw, _N, number, _T, time_ns, _I, incarnation)


def _unpack_bool(message: Buffer) -> tuple[Any, int, int, int] | None:
    if len(message) == _BOOL.size:
        v, value, n, number, t, time_ns, i, incarnation = _BOOL.unpack(message)
        if v == _V and n == _N and t == _T and i == _I and value in (FALSE, TRUE):
            return value == TRUE, number, time_ns, incarnation
    return None


def _unpack_int(message: Buffer) -> tuple[Any, int, int, int] | None:
    if len(message) == _INT.size:
        v, value, n, number, t, time_ns, i, incarnation = _INT.unpack(message)
        if n == _N and t == _T and i == _I and value < 1 << 63:
            if v == _V_UINT:
                return value, number, time_ns, incarnation
            if v == _V_NEGATIVE:
                return ~value, number, time_ns, incarnation
    return None


def _unpack_float(message: Buffer) -> tuple[Any, int, int, int] | None:
    if len(message) == _FLOAT.size:
        v, value, n, number, t, time_ns, i, incarnation = _FLOAT.unpack(message)
        if v == _V_FLOAT and n == _N and t == _T and i == _I:
            return value, number, time_ns, incarnation
    return None


class _Number(Codec):
    _dtype: str

    def _write_array(self, parts: list[Buffer], data: bytes) -> None:
        parts += (head(TAG, TAGS[self._dtype]), head(BYTES, len(data)), data)

    def _read_array(self, found: Reader, count: int) -> memoryview:
        found.tag(TAGS[self._dtype])
        data = found.bytes()
        if len(data) != count * self.most:
            found.wrong(f"{count * self.most} bytes, of {count} values", f"{len(data)}")
        return data


class Bool(_Number):
    """Of bool topics."""

    _dtype = "b1"

    def __init__(self) -> None:
        super().__init__("bool", 1)
        self.message, self.unpack = _pack_bool, _unpack_bool

    def write(self, parts: list[Buffer], raw: Any) -> None:
        parts.append(bytes((TRUE if raw else FALSE,)))

    def read(self, found: Reader) -> Any:
        return found.boolean()

    def write_many(self, parts: list[Buffer], raws: Sequence[Any]) -> None:
        self._write_array(parts, bytes(map(bool, raws)))

    def read_many(self, found: Reader, count: int, most: int) -> list[Any]:
        data = self._read_array(found, count)
        return [*map(bool, data)]


class Int(_Number):
    """Of int topics."""

    _dtype = "i8"

    def __init__(self) -> None:
        super().__init__("int", 8)
        self.message, self.unpack = _pack_int, _unpack_int

    def write(self, parts: list[Buffer], raw: Any) -> None:
        parts.append(head(UINT, raw) if raw >= 0 else head(NEGATIVE, ~raw))

    def read(self, found: Reader) -> Any:
        value = found.integer()
        if not -(1 << 63) <= value < 1 << 63:
            found.wrong("an int of 64 bits", f"{value}")
        return value

    def write_many(self, parts: list[Buffer], raws: Sequence[Any]) -> None:
        try:
            self._write_array(parts, array("q", raws).tobytes())
        except (TypeError, OverflowError) as error:
            raise WireError(f"found values that are no ints of 64 bits: {error}") from None

    def read_many(self, found: Reader, count: int, most: int) -> list[Any]:
        return self._read_array(found, count).cast("q").tolist()


class Float(_Number):
    """Of float topics."""

    _dtype = "f8"

    def __init__(self) -> None:
        super().__init__("float", 8)
        self.message, self.unpack = _pack_float, _unpack_float

    def write(self, parts: list[Buffer], raw: Any) -> None:
        parts.append(_DOUBLE.pack(DOUBLE, raw))

    def read(self, found: Reader) -> Any:
        return struct.unpack("<d", read_float(found, 8))[0]

    def write_many(self, parts: list[Buffer], raws: Sequence[Any]) -> None:
        try:
            self._write_array(parts, array("d", raws).tobytes())
        except TypeError as error:
            raise WireError(f"found values that are no floats: {error}") from None

    def read_many(self, found: Reader, count: int, most: int) -> list[Any]:
        return self._read_array(found, count).cast("d").tolist()
