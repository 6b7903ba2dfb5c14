"""What publish() refuses of a record: the field, what was found there, and what to write."""

from __future__ import annotations

import re

from ._arguments import kind_of, really_is, short_repr
from ._errors import TopicTypeError
from ._records import Field
from ._records_place import plain
from ._spec import LISTS, Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._records import RecordSpec


def field_at(spec: Spec, path: str) -> tuple[Field, Spec]:
    """Return the field at a path such as arm.joints[2].name, and the type of what is there."""
    field, rest = Field("", spec), path
    while rest:
        index = re.match(r"\[\d+\]", rest)
        if index:
            spec, rest = _element(spec), rest[index.end() :]
            continue
        rest = rest.removeprefix(".")
        fields = spec.record.fields if spec.record is not None else ()
        found = [f for f in fields if re.match(re.escape(f.name) + r"(?![^.\[])", rest)]
        if not found:
            break  # names may have dots and brackets, but not these
        field = max(found, key=lambda f: len(f.name))
        spec, rest = field.spec, rest[len(field.name) :]
    return field, spec


def _element(spec: Spec) -> Spec:
    if spec.record is not None:
        return Spec("record", spec.record.cls, None, record=spec.record)
    cls = next((cls for cls, dtype in LISTS.items() if dtype == spec.dtype), float)
    return Spec("scalar", cls, None, dtype=spec.dtype)


def refused(what: str, value: Any, spec: Spec) -> TopicTypeError:
    """Return the error for a value that is no such record, or no list of them."""
    record: RecordSpec = spec.record
    if spec.kind == "list":
        name = record.name or _kind(record)
        found, expected = plain(value), f"a list of {name}"
        hint = "write list(x)" if hasattr(type(value), "__iter__") else ""
        if really_is(value, record.cls) and record.how != "dict":
            hint = "write [x]"
        if really_is(value, dict):
            hint = "write [x]" if record.how == "dict" else "write list(x.values())"
    elif record.how == "dict":
        found, expected, hint = _of_dict(value, record)
    elif record.how in ("raw", "numpy"):
        found, expected, hint = _in_memory(value, record)
    else:
        found, expected, hint = _of_class(value, record)
    text = f"{what}: found {found}; expected {expected}"
    return TopicTypeError(f"{text}; {hint}" if hint else text)


def _kind(record: RecordSpec) -> str:
    return "dict" if record.how == "dict" else "structured scalars"


def _of_dict(value: Any, record: RecordSpec) -> tuple[str, str, str]:
    names = [field.name for field in record.fields]
    expected = f"a dict with the keys {_listed(names)}"
    if not really_is(value, dict):
        hint = ""
        if hasattr(type(value), "__dataclass_fields__"):
            hint = "write dataclasses.asdict(x)"
        elif hasattr(type(value), "_asdict"):
            hint = "write x._asdict()"
        elif hasattr(type(value), "keys"):
            hint = "write dict(x)"
        return plain(value), expected, hint
    for name in names:
        if name not in value:
            return f"a dict without {short_repr(name)}", expected, ""
    for key in value:
        if key not in names:
            return f"a dict with the key {short_repr(key)}", expected, "leave it out"
    return plain(value), expected, ""  # changed meanwhile


def _of_class(value: Any, record: RecordSpec) -> tuple[str, str, str]:
    cls: Any = record.cls
    expected: str = cls.__name__
    if really_is(value, cls):
        if record.how == "tuple" and len(value) != len(record.fields):
            return f"{cls.__name__} of {len(value)} fields", f"{len(record.fields)}", ""
        for field in record.fields:
            if not hasattr(value, field.name):
                return f"{cls.__name__} without {field.name}", "a value for each field", ""
        return plain(value), expected, ""
    if kind_of(value) == f"{cls.__module__}.{cls.__qualname__}":
        return (
            f"an object of another class {cls.__name__}, as there is after its definition ran "
            "again",
            "one of the class that the publisher was made with",
            "make both again: the publisher with replace=True",
        )
    if really_is(value, dict):
        return f"dict {short_repr(value)}", expected, f"write {cls.__name__}(**x)"
    if really_is(value, tuple) and record.how == "tuple":
        return plain(value), expected, f"write {cls.__name__}(*x)"
    if isinstance(value, type):
        return f"the class {value.__qualname__}", expected, f"write {value.__qualname__}(...)"
    return plain(value), expected, ""


def _in_memory(value: Any, record: RecordSpec) -> tuple[str, str, str]:
    if record.how == "raw":
        found, expected, hint = _of_class(value, record)
        return found, expected, "" if really_is(value, dict) else hint
    expected = f"a structured scalar of {record}"
    found = plain(value)
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "names", None) is not None:
        axes = getattr(value, "shape", ())
        return (
            f"{kind_of(value)} of {dtype} and shape {[*axes]}",
            expected,
            "write x[()]" if (dtype == record.dtype and not axes) else "",
        )
    hint = "write np.array(x, dtype)[()]" if really_is(value, tuple) else ""
    hint = "write np.array(tuple(x.values()), dtype)[()]" if really_is(value, dict) else hint
    return found, expected, hint


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(short_repr, names[:8]))
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
