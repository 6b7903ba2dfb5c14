"""Values that are written in JSON, as bytes in shared memory."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from shm_pub_sub._arguments import short_repr
from shm_pub_sub._paths import no_field
from shm_pub_sub._records import LENGTH, RecordSpec, is_variable, size_of
from shm_pub_sub._spec import Spec, dtype_name

from .values import NotAValue

_INTEGERS = {1: "b", 2: "h", 4: "i", 8: "q"}
_FLOATS = {2: "e", 4: "f", 8: "d"}
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encoded(spec: Spec, value: Any, before: bytes | None = None) -> bytes:
    """Return the bytes of a value, of any type but bool, int and float.

    Args:
        spec: The type.
        value: As json.loads() returns it: of a record an object, of arrays and lists arrays, of
            bytes text such as "0x00ff". Numbers that JSON lacks are text: "NaN", "Infinity".
        before: The bytes of a record, of which fields are kept that value leaves out. None: they
            are zero, or empty.

    Raises NotAValue for a value that is none of the type.
    """
    if is_variable(spec):
        return _steps(spec, value, "")[1]
    room = bytearray(before if before is not None else bytes(size_of(spec)))
    _put(spec, value, room, 0, "")
    return bytes(room)


def loaded(text: str, where: str = "") -> Any:
    """Return what JSON text stands for. Raises NotAValue, whose text begins with where."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAValue(f"{where}found {short_repr(text)}, which is not JSON: {error}") from None


def _put(spec: Spec, value: Any, room: bytearray, at: int, where: str) -> None:
    """Put a value of a type into the room that it has."""
    if is_variable(spec):
        count, data = _steps(spec, value, where)
        size = size_of(spec)
        room[at : at + size] = struct.pack("<Q", count) + data.ljust(size - LENGTH, b"\0")
    elif spec.kind == "array":
        elements = [value]
        for n in spec.shape:
            elements = [each for row in elements for each in _list(row, n or 0, where)]
        data = _elements(spec, elements, where)
        room[at : at + len(data)] = data
    elif spec.record is not None:
        _put_fields(spec.record, value, room, at, where)
    else:
        data = _elements(spec, [value], where)
        room[at : at + len(data)] = data


def _put_fields(record: RecordSpec, value: Any, room: bytearray, at: int, where: str) -> None:
    fields = {field.name: field for field in record.fields}
    if not isinstance(value, dict):
        example = json.dumps({record.fields[0].name: 0})
        raise NotAValue(f"{_at(where)}found {_shown(value)}; expected an object such as {example}")
    for name, each in value.items():
        if name not in fields:
            what = record.name or "the record"
            raise NotAValue(f"{_at(where)}{no_field(name, what, [*fields])}")
        field = fields[name]
        _put(field.spec, each, room, at + field.offset, f"{where}.{name}" if where else name)


def _steps(spec: Spec, value: Any, where: str) -> tuple[int, bytes]:
    """Return the length of a value that varies in it, as it is counted, and its bytes."""
    most = spec.max if spec.max is not None else 2**40
    if spec.kind == "text":
        data = _text(value, where)
    elif spec.kind == "bytes":
        data = from_hex(value, where)
    else:
        elements = _list(value, None, where)
        if len(elements) > most:
            raise NotAValue(f"{_at(where)}found {len(elements)} elements; expected {most} at most")
        count = len(elements)
        for n in spec.shape[1:]:
            elements = [each for row in elements for each in _list(row, n or 0, where)]
        return count, _elements(spec, elements, where)
    if len(data) > most:
        raise NotAValue(f"{_at(where)}found {len(data)} bytes; expected {most} at most")
    return len(data), data


def _text(value: Any, where: str) -> bytes:
    if not isinstance(value, str):
        raise NotAValue(f"{_at(where)}found {_shown(value)}; expected text, as in JSON")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise NotAValue(f"{_at(where)}found text that UTF-8 cannot encode") from None


def from_hex(value: Any, where: str = "") -> bytes:
    """Return bytes of text such as 0x00ff."""
    if isinstance(value, str) and value[:2].lower() == "0x":
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise NotAValue(
        f"{_at(where)}found {_shown(value)}; expected bytes in hexadecimal digits, such as 0x00ff"
    )


def _list(value: Any, count: int | None, where: str) -> list[Any]:
    if not isinstance(value, list):
        many = "elements" if count is None else f"{count} elements"
        raise NotAValue(f"{_at(where)}found {_shown(value)}; expected an array of {many}, [...]")
    if count is not None and len(value) != count:
        raise NotAValue(f"{_at(where)}found {len(value)} elements; expected {count}")
    return value


def _elements(spec: Spec, elements: list[Any], where: str) -> bytes:
    """Return the bytes of elements, one after the other."""
    if spec.record is not None:
        size = spec.record.size
        room = bytearray(size * len(elements))
        for n, each in enumerate(elements):
            _put_fields(spec.record, each, room, n * size, f"{where}[{n}]")
        return bytes(room)
    kind, size = spec.dtype[0], int(spec.dtype[1:])
    check = {"b": _bool, "i": _integer, "u": _integer, "f": _float, "c": _complex}[kind]
    numbers = [check(each, spec.dtype, where) for each in elements]
    if kind == "c":
        numbers = [part for number in numbers for part in (number.real, number.imag)]
        size //= 2
    letter = _FLOATS[size] if kind in "fc" else "?" if kind == "b" else _INTEGERS[size]
    letter = letter.upper() if kind == "u" else letter
    try:
        return struct.pack(f"<{len(numbers)}{letter}", *numbers)
    except (struct.error, OverflowError):
        name = dtype_name(spec.dtype)
        raise NotAValue(f"{_at(where)}found a number that is too large for {name}") from None


def _bool(value: Any, dtype: str, where: str) -> bool:
    if value is True or value is False:
        return bool(value)
    raise NotAValue(f"{_at(where)}found {_shown(value)}; expected true or false")


def _integer(value: Any, dtype: str, where: str) -> int:
    bits = 8 * int(dtype[1:])
    least, most = (0, 2**bits - 1) if dtype[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise NotAValue(
        f"{_at(where)}found {_shown(value)}; expected an integer from {least} to {most}, as it is "
        f"{dtype_name(dtype)}"
    )


def _float(value: Any, dtype: str, where: str) -> float:
    if isinstance(value, str):
        value = _SPECIAL.get(value, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise NotAValue(f"{_at(where)}found {_shown(value)}; expected a number")


def _complex(value: Any, dtype: str, where: str) -> complex:
    if isinstance(value, dict) and value.keys() == {"real", "imag"}:
        return complex(*(_float(value[part], dtype, where) for part in ("real", "imag")))
    try:
        return complex(_float(value, dtype, where))
    except NotAValue:
        expected = 'a number, or {"real": 1, "imag": 2}'
        raise NotAValue(f"{_at(where)}found {_shown(value)}; expected {expected}") from None


def _shown(value: Any) -> str:
    """Return a value as JSON has it."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _at(where: str) -> str:
    return f"{where}: " if where else ""
