"""The records of a topic of any type: NamedTuples, made from its descriptor."""

from __future__ import annotations

from json import loads
from keyword import iskeyword
from unicodedata import normalize

from . import _hot
from ._errors import TopicValueError
from ._numpy import imported_numpy
from ._records import Field, RecordSpec
from ._spec import Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, Final


_MOST: Final = 1000  # texts and classes that are kept
_known: dict[str, _hot.Record] = {}
_classes: dict[tuple[str, ...], Any] = {}


def record_of(descriptor: str) -> _hot.Record:
    """Return what C knows of the record that a descriptor has.

    It has been checked by Go. Structured arrays need numpy; without it they are lists.
    """
    found = _known.get(descriptor)
    if found is None:
        if len(_known) >= _MOST:  # of publishers that restart with other types
            _known.clear()
        found = _known[descriptor] = _made(descriptor)
    return found


def spec_of(descriptor: str, cls: type) -> Spec:
    """Return the type that a descriptor describes; cls is that of its values.

    It has been checked by Go.
    """
    form = loads(descriptor)
    if form["kind"] == "record":
        return Spec("record", cls, None, record=_tuple(form))
    made = _type(form, structured=False)
    return Spec(
        *(made.kind, cls, None),
        dtype=made.dtype,
        shape=made.shape,
        most=made.max,
        record=made.record,
    )


def _made(descriptor: str) -> _hot.Record:
    form = loads(descriptor)
    if form["kind"] == "record":
        return _tuple(form).codec
    in_array = form["kind"] == "array" and _has_dtype(form["dtype"])
    return (_structured if in_array else _tuple)(form["dtype"]).codec


def _has_dtype(form: Any) -> bool:
    """Report whether numpy has a dtype for elements: nothing in them varies in length."""
    has_numpy = imported_numpy() is not None
    if not has_numpy or isinstance(form, str):
        return has_numpy
    if form["kind"] == "record":
        return all(_has_dtype(kind) for _, kind, _ in form["fields"])
    return form["kind"] == "array" and "max" not in form and _has_dtype(form["dtype"])


def _tuple(form: dict[str, Any]) -> RecordSpec:
    """Return the record whose values are NamedTuples; dicts, if a name can be no attribute."""
    fields = tuple(
        Field(name, _type(kind, structured=False), offset) for name, kind, offset in form["fields"]
    )
    name = form.get("name", "")
    cls = _class(name, tuple(field.name for field in fields))
    how: _hot._How = "dict" if cls is dict else "tuple"
    return RecordSpec(name, cls, how, fields, form["size"], 1)


def _structured(form: dict[str, Any]) -> RecordSpec:
    """Return the record whose values are elements of structured arrays."""
    numpy = imported_numpy()
    fields = tuple(
        Field(name, _type(kind, structured=True), offset) for name, kind, offset in form["fields"]
    )
    try:
        dtype = numpy.dtype(
            {
                "names": [field.name for field in fields],
                "formats": [_format(field.spec) for field in fields],
                "offsets": [field.offset for field in fields],
                "itemsize": form["size"],
            }
        )
    except ValueError:  # of any of its fields
        raise TopicValueError(
            f"found records of {form['size']} bytes; expected less than 2 GiB, numpy's limit"
        ) from None
    return RecordSpec(form.get("name", ""), numpy.void, "numpy", fields, form["size"], 1, dtype)


def _format(spec: Spec) -> Any:
    base = spec.dtype if spec.record is None else spec.record.dtype
    return (base, spec.shape) if spec.kind == "array" else base


def _type(form: str | dict[str, Any], structured: bool) -> Spec:
    if isinstance(form, str):
        return Spec("scalar", float, None, dtype=form[1:])
    kind, most = form["kind"], form.get("max")
    if kind == "record":
        return Spec("record", tuple, None, record=_record(form, structured))
    if kind in ("text", "bytes"):
        return Spec(kind, str, None, most=most)
    element = form["dtype"]
    is_record = isinstance(element, dict)
    in_array = kind == "array" and _has_dtype(element)
    record = _record(element, structured or in_array) if is_record else None
    return Spec(
        *(kind, list, None),
        dtype="" if is_record else element[1:],
        shape=tuple(form.get("shape", ())),
        most=most,
        record=record,
    )


def _record(form: dict[str, Any], structured: bool) -> RecordSpec:
    return _structured(form) if structured else _tuple(form)


def _class(name: str, fields: tuple[str, ...]) -> Any:
    """Return the NamedTuple of that name: the same for the same names."""
    key = (name, *fields)
    found = _classes.get(key)
    if found is None:
        if len(_classes) >= _MOST:
            _classes.clear()
        found = _classes[key] = _new_class(name, fields)
    return found


def _new_class(name: str, fields: tuple[str, ...]) -> Any:
    from collections import namedtuple

    if not all(field.isidentifier() and not _taken(field) for field in fields):
        return dict
    name = name if name.isidentifier() and not iskeyword(name) else "Record"
    return namedtuple(name, fields, module=__name__)


def _taken(name: str) -> bool:
    same = name.isascii() or normalize("NFKC", name) == name  # as Python reads it in a program
    return iskeyword(name) or name.startswith("_") or not same
