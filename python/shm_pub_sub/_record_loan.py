"""What a loan of a record gives, and takes back when its block ends.

A Record's fields say which of them C has made writable arrays in the loan's memory for: those that
are numpy's, also in nested records, in order. All others begin as the default's.
"""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace

from . import _hot

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, TypeVar

    from ._hot import Record
    from ._records import RecordSpec

    _T = TypeVar("_T")


def is_numpys(kind: str, part: Any) -> bool:
    """Report whether a field is an array of numpy's."""
    return kind == "array" and (part is None or getattr(part, "dtype", None) is not None)


def is_open(kind: str, part: Any) -> bool:
    """Report whether a field is a record whose fields are objects of their own."""
    return kind == "record" and part.how not in ("raw", "numpy")


_MOST: Final = 32  # records whose results are kept
_codecs: dict[Record, Record] = {}


def kept(known: dict[Record, _T], record: Record, make: Callable[[Record], _T]) -> _T:
    """Return what make() makes of the record, or made of it before."""
    found = known.get(record)
    if found is None:
        if len(known) >= _MOST:
            known.clear()
        found = known[record] = make(record)
    return found


def codec_of(record: Record) -> Record:
    """Return what reads the fields of a loan's object, whatever its class, when its block ends."""
    return kept(_codecs, record, _codec)


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


def begin(record: RecordSpec, default: Any, arrays: Iterator[Any]) -> Any:
    """Return the object to fill."""
    if record.how in ("raw", "numpy"):
        return record.copied(default)
    values = {}
    for field in record.fields:
        spec = field.spec
        if is_numpys(spec.kind, spec.make if spec.record is None else spec.record):
            values[field.name] = next(arrays)
            continue
        value = record.value_of(default, field.name)
        if is_open(spec.kind, spec.record):
            values[field.name] = begin(spec.record, value, arrays)
        else:
            values[field.name] = value if field.enum is not None else spec.exact(value)
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
