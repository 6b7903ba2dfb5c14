"""A value in a few words: what `echo`, `top` and cards show of a frame or a text."""

from __future__ import annotations

import math
import sys

from ._arguments import short_repr
from ._records_kinds import fields_of
from ._text import counted, printable

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

FIRST_BYTES = 16
"""Bytes of a bytes value that are shown."""

FEW = 8
"""Elements up to which a list, or an array of one axis, is shown in full."""

_CODES = {"?": "bool", "f": "float32", "d": "float64", "e": "float16"}


class Brief:
    """What is shown of a value that is no bool, int or float."""

    __slots__ = ("json", "kind", "text")

    def __init__(self, kind: str, text: str, json: object) -> None:
        self.kind = kind
        """Its type and shape, such as float32[1200,4]; "" if the text says it all."""
        self.text = text
        """On one line."""
        self.json = json
        """For JSON; floats may be NaN or infinite."""

    def __str__(self) -> str:
        return f"{self.kind}, {self.text}" if self.kind else self.text


def brief(value: Any) -> Any:
    """Return a bool, an int or a float as it is, and a Brief of anything else.

    Of an array it has the shape, the least, the greatest and the mean element; the first two leave
    out NaN, which makes the mean NaN. A short one of one axis, such as joint angles, is shown in
    full. Without numpy it has the shape and the size.
    """
    if type(value) in (bool, int, float):
        return value
    if type(value) is str:
        return Brief("", printable(value), value)
    if type(value) is complex:
        return Brief("", f"{value:.6g}", _json(value))
    if type(value) is list:
        return Brief("", _list(value), [*map(_json, value)])
    fields = _fields(value)
    if fields is not None:
        return _record(fields)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _array(value, numpy)
    if isinstance(value, memoryview) and (value.format, value.ndim) != ("B", 1):
        shape, dtype = value.shape or (), _dtype(value)
        kind = _kind(dtype, shape)
        json = {"dtype": dtype, "shape": [*shape], "bytes": value.nbytes}
        return Brief(kind, counted(value.nbytes, "byte"), json)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes(value)
    shown = short_repr(value)
    return Brief("", shown, shown)


def _list(value: list[Any]) -> str:
    shown = ", ".join(map(_element, value[:FEW]))
    return f"[{shown}]" if len(value) <= FEW else f"[{shown}, ...], {len(value)} elements"


def _fields(value: Any) -> dict[str, Any] | None:
    """Return the fields of a record."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        found: dict[str, Any] = value._asdict()
        return found
    if isinstance(value, dict):
        return value
    names = fields_of(type(value))
    return None if names is None else {name: getattr(value, name) for name in names}


def _record(fields: dict[str, Any]) -> Brief:
    shown = (f"{name}={_element(value)}" for name, value in fields.items())
    return Brief("", ", ".join(shown), {name: _json(value) for name, value in fields.items()})


def _element(value: Any) -> str:
    """Return a part of a list or record."""
    if type(value) is str:
        return f"'{printable(value)}'"
    if _fields(value) is not None:
        return f"({brief(value)})"
    found = brief(value)
    if not isinstance(found, Brief):
        return _number(value)
    return f"{found.kind} ({found.text})" if found.kind else found.text


def _bytes(value: Any) -> Brief:
    """Return the size and the first of them, of bytes or a memoryview."""
    size, first = len(value), bytes(value[:FIRST_BYTES])
    shown = f": {first.hex(' ')}" if size else ""
    text = f"{counted(size, 'byte')}{shown}{' ...' if size > len(first) else ''}"
    return Brief("", text, {"bytes": size, "first": first.hex()})


def _array(value: Any, numpy: Any) -> Brief:
    if value.dtype.names:
        return _structured(value)
    kind = _kind(value.dtype.name, value.shape)
    json: dict[str, object] = {"dtype": value.dtype.name, "shape": [*value.shape]}
    if not value.size:
        return Brief(kind, "empty", json)
    with numpy.errstate(all="ignore"):  # infinities have no mean
        wide = complex if value.dtype.kind == "c" else float
        figures = {"mean": value.mean(dtype=wide).item()}
        if value.dtype.kind != "c":  # complex numbers have no order
            least, most = numpy.fmin, numpy.fmax
            if value.dtype.kind == "b":
                least, most = numpy.logical_and, numpy.logical_or
            figures = {"min": least.reduce(value, axis=None).item()} | {
                "max": most.reduce(value, axis=None).item(),
                **figures,
            }
    text = ", ".join(f"{name} {_number(figure)}" for name, figure in figures.items())
    if value.ndim == 1 and value.size <= FEW:
        text = _list(value.tolist())
        json["values"] = [*map(_json, value.tolist())]
    json |= {name: _json(figure) for name, figure in figures.items()}
    return Brief(kind, text, json)


def _structured(value: Any) -> Brief:
    """Return the shape and the first element of an array of records."""
    names = value.dtype.names
    kind = _kind(f"{{{', '.join(names)}}}", value.shape)
    json: dict[str, object] = {"fields": [*names], "shape": [*value.shape]}
    if not value.size:
        return Brief(kind, "empty", json)
    first = _unpacked(value.flat[0])
    return Brief(kind, f"the first {_element(first)}", json | {"first": _json(first)})


def _unpacked(value: Any) -> Any:
    """Return an element of a structured array as Python has it."""
    if getattr(value.dtype, "names", None) and not value.shape:
        return {name: _unpacked(value[name]) for name in value.dtype.names}
    return value.item() if not value.shape else value


def _kind(dtype: str, shape: tuple[int, ...]) -> str:
    return f"{dtype}[{','.join(map(str, shape))}]"


def _dtype(view: memoryview) -> str:
    """Return the name that numpy has for a memoryview's elements."""
    code = view.format.lstrip("@=<")
    if code in _CODES:
        return _CODES[code]
    if code.startswith("Z"):
        return f"complex{8 * view.itemsize}"
    return f"{'int' if code.islower() else 'uint'}{8 * view.itemsize}"


def _json(value: Any) -> object:
    if type(value) is complex:
        return {"real": value.real, "imag": value.imag}
    found = brief(value)
    return found.json if isinstance(found, Brief) else found


def _number(value: Any) -> str:
    if type(value) is float and math.isfinite(value):
        return f"{value:.6g}"
    return f"{value:.6g}" if type(value) is complex else str(value)
