"""What a loan of a record gives, and takes back when its block ends.

A Record's fields say which of them C has made writable arrays in the loan's memory for: those that
are numpy's, also in nested records, in order. All others begin as the default's.
"""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from types import SimpleNamespace

from . import _hot
from ._spec import copied

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

    from ._hot import Record


def is_numpys(kind: str, part: Any) -> bool:
    """Report whether a field is an array of numpy's."""
    return kind == "array" and (part is None or getattr(part, "dtype", None) is not None)


def is_open(kind: str, part: Any) -> bool:
    """Report whether a field is a record whose fields are objects of their own."""
    return kind == "record" and part.how not in ("raw", "numpy")


_IMMUTABLE = frozenset((bool, int, float, complex, str, bytes))


def own(value: Any) -> Any:
    """Return a copy of a value, in which no view of shared memory is."""
    return value if type(value) in _IMMUTABLE else deepcopy(value)


MOST: Final = 32  # records whose results are kept
_codecs: dict[Record, Record] = {}


def codec_of(record: Record) -> Record:
    """Return what reads the fields of a loan's object, whatever its class, when its block ends."""
    found = _codecs.get(record)
    if found is None:
        if len(_codecs) >= MOST:
            _codecs.clear()
        found = _codecs[record] = _codec(record)
    return found


def _codec(record: Record) -> Record:
    if record.how in ("raw", "numpy"):
        return record
    fields = tuple(
        (*field[:6], codec_of(field[6]), *field[7:]) if is_open(field[2], field[6]) else field
        for field in record.fields
    )
    if record.how == "dict":
        return _hot.Record("dict", None, record.size, fields, record.gaps)
    return _hot.Record("direct", object, record.size, fields, record.gaps)


def begin(record: Record, default: Any, arrays: Iterator[Any]) -> Any:
    """Return the object to fill."""
    if record.how in ("raw", "numpy"):
        return deepcopy(default)
    values = {}
    for name, _, kind, _, _, _, part, *_ in record.fields:
        if is_numpys(kind, part):
            values[name] = next(arrays)
            continue
        value = default[name] if record.how == "dict" else getattr(default, name)
        if is_open(kind, part):
            values[name] = begin(part, value, arrays)
        elif kind == "array":
            values[name] = copied(memoryview(value), part)
        else:
            values[name] = own(value)
    return values if record.how == "dict" else SimpleNamespace(**values)


def end(record: Record, filled: Any, arrays: Iterator[Any]) -> None:
    """Let the object have the loan's own arrays, which are read-only from now on.

    A slice of one, which said how long the value is, could write to what is published.
    """
    for name, _, kind, _, _, _, part, *_ in record.fields:
        if is_numpys(kind, part):
            array = next(arrays)
            if record.how == "dict":
                filled[name] = array
                continue
            with suppress(AttributeError, TypeError):  # an immutable object of the program's own
                setattr(filled, name, array)
        elif is_open(kind, part):
            end(part, filled[name] if record.how == "dict" else getattr(filled, name), arrays)
