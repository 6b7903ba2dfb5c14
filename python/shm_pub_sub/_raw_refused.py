"""Why bytes are those of no value of a topic's type."""

from __future__ import annotations

from ._arguments import kind_of
from ._errors import TopicTypeError, TopicValueError
from ._raw_values import nbytes_of
from ._records import LENGTH, is_variable, size_of
from ._text import counted

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._errors import ShmError
    from ._records import RecordSpec
    from ._spec import Spec


def refused(what: str, value: Any, spec: Spec) -> ShmError:
    """Return the error for a value that C has refused; what names it."""
    try:
        data = bytes(memoryview(value).cast("B"))
    except (TypeError, ValueError, BufferError):
        return TopicTypeError(
            f"{what}: found {kind_of(value)}; expected the bytes of a value of {spec}, side by side"
        )
    return TopicValueError(f"{what}: {_fault(spec, data)}")


def _fault(spec: Spec, data: bytes) -> str:
    found = f"found {counted(len(data), 'byte')}"
    if not is_variable(spec):
        size = size_of(spec)
        if len(data) != size:
            return f"{found}; expected {size}, a value of {spec}"
    else:
        row = nbytes_of(spec)
        most = (spec.max or 0) * row
        if len(data) > most or len(data) % row:
            unit = "" if row == 1 else f"a multiple of {row}, "
            return f"{found}; expected {unit}{most} at most, a value of {spec}"
    return _inside(spec, data, "") or "found bytes that another thread has changed meanwhile"


def _inside(spec: Spec, data: bytes, path: str) -> str:
    """Return what is wrong with a value whose size is right; or "" if it is sound."""
    if spec.kind == "text":
        try:
            data.decode()
        except UnicodeDecodeError as error:
            return f"{path}found bytes that are not UTF-8 at {error.start}; expected text"
    if spec.record is None:
        return ""
    size = spec.record.size
    for at in range(0, len(data), size):
        place = path if spec.kind == "record" else f"{path}element {at // size}, "
        if fault := _in_record(spec.record, data[at : at + size], place):
            return fault
    return ""


def _in_record(record: RecordSpec, data: bytes, path: str) -> str:
    for field in record.fields:
        at, place = field.offset, f"{path}field {field.name}: "
        own = data[at : field.end]
        if is_variable(field.spec):
            length, most = int.from_bytes(own[:LENGTH], "little"), field.spec.max or 0
            if length > most:
                return f"{place}found the length {length}; expected {most} at most"
            own = own[LENGTH : LENGTH + length * nbytes_of(field.spec)]
        if fault := _inside(field.spec, own, place):
            return fault
    return ""
