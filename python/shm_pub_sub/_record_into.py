"""into= of records: the program's own dict or object, whose arrays are filled."""

from __future__ import annotations

import sys
from copy import copy

from . import _hot
from ._arguments import kind_of
from ._arrays import dtype_of_code
from ._errors import TopicTypeError, TopicValueError
from ._record_loan import is_numpys, is_open, kept
from ._spec import dtype_name

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._hot import Record


_codecs: dict[Record, Record] = {}
_plans: dict[Record, _Plan] = {}


def codec_of(record: Record) -> Record:
    """Return what makes a dict of a record, and of those in it that are filled."""
    return kept(_codecs, record, _codec)


def _codec(record: Record) -> Record:
    if record.how == "raw":
        return record
    fields = tuple(
        (*field[:6], codec_of(field[6]), *field[7:]) if _is_filled(field[2], field[6]) else field
        for field in record.fields
    )
    return _hot.Record("dict", None, record.size, fields, record.gaps)


def fill(name: str, record: Record, into: Any, value: Any) -> Any:
    """Copy a record to `into`: value is what codec_of(record) reads, with views as its arrays.

    Return `into`; or, if arrays in it are longer than the value's, a shallow copy that has their
    first rows. Nothing is changed if something does not fit.
    """
    plan = _plan_of(record)
    _check(f"read {name!r} into", plan, into, value, "")
    return _fill(plan, into, value)


class _Plan:
    """What becomes of each field."""

    __slots__ = ("arrays", "by_key", "cls", "others", "parts", "raw", "refusal")

    def __init__(self, record: Record) -> None:
        cls: Any = record.cls
        self.by_key = record.how == "dict"
        self.cls: Any = dict if self.by_key else cls
        self.raw = record.how == "raw"
        self.refusal = ""
        if _is_fixed(record):
            self.refusal = f"a call without into=, as a {cls.__name__} cannot be changed"
        self.arrays: list[tuple[str, bool, bool]] = []  # name, whether it varies, and is numpy's
        self.parts: list[tuple[str, _Plan]] = []
        self.others: list[str] = []  # are assigned
        for name, _, kind, _, _, most, part, *_ in () if self.raw else record.fields:
            if kind == "array":
                self.arrays.append((name, most > 0, is_numpys(kind, part)))
            elif _is_filled(kind, part):
                self.parts.append((name, _plan_of(part)))
            else:
                self.others.append(name)

    def get(self, into: Any, name: str) -> Any:
        return into[name] if self.by_key else getattr(into, name)

    def set(self, into: Any, name: str, item: Any) -> None:
        if self.by_key:
            into[name] = item
        else:
            setattr(into, name, item)


def _plan_of(record: Record) -> _Plan:
    return kept(_plans, record, _Plan)


def _is_fixed(record: Record) -> bool:
    """Report whether the class's objects cannot be changed."""
    cls: Any = record.cls
    if cls is not None and issubclass(cls, tuple):
        return True
    for attribute in ("__dataclass_params__", "__struct_config__"):
        if getattr(getattr(cls, attribute, None), "frozen", False):
            return True
    return cls is not None and cls.__setattr__.__name__ == "_frozen_setattrs"  # of attrs


def _is_filled(kind: str, part: Any) -> bool:
    """Report whether a field is a record whose own arrays are filled."""
    return is_open(kind, part) and not _is_fixed(part)


def _check(what: str, plan: _Plan, into: Any, value: Any, path: str) -> None:
    """Raise unless value goes into it."""
    if plan.refusal or not isinstance(into, plan.cls):
        expected = "a dict with the arrays to fill" if plan.by_key else ""
        expected = expected or plan.refusal or f"an object of {plan.cls.__name__}"
        where = f" in {path[:-1]!r}" if path else ""
        raise TopicTypeError(f"{what}: found {_layout(into)}{where}; expected {expected}")
    name = ""
    try:
        for name, varies, numpy in plan.arrays:
            _check_array(what, plan.get(into, name), value[name], varies, numpy, path + name)
        for name, part in plan.parts:
            _check(what, part, plan.get(into, name), value[name], f"{path}{name}.")
    except (KeyError, AttributeError):
        raise TopicTypeError(
            f"{what}: found no {path + name!r}; expected what it is to be copied to"
        ) from None


def _check_array(what: str, target: Any, item: Any, varies: bool, numpy: bool, path: str) -> None:
    to, it = (_of_numpy if numpy else _of_buffer)(target), _of_numpy(item) or _of_buffer(item)
    assert it is not None
    if to is not None and to[:2] == it[:2] and to[2][varies:] == it[2][varies:] and to[3]:
        if to[2][:1] >= it[2][:1]:
            return
        raise TopicValueError(
            f"{what}: found {to[2][0]} rows in {path!r}; expected {it[2][0]} or more: the value "
            "has as many; nothing was taken"
        )
    wanted = ["n" if varies and not i else str(n) for i, n in enumerate(it[2])]
    shape = f"({', '.join(wanted)}{',' * (len(wanted) == 1)})"
    raise TopicTypeError(
        f"{what}: found {_layout(target)} in {path!r}; expected a writable array of "
        f"{it[0] if numpy else dtype_name(it[0])} of shape {shape}"
    )


def _fill(plan: _Plan, into: Any, value: Any) -> Any:
    """Copy what was checked, and return what fill() does."""
    if plan.raw:
        memoryview(into).cast("B")[:] = memoryview(value).cast("B")
        return into
    shorter = {}
    for name, varies, numpy in plan.arrays:
        target = plan.get(into, name)
        kept = _fill_array(target, value[name], numpy)
        if varies and kept is not target:
            shorter[name] = kept
    for name, part in plan.parts:
        target = plan.get(into, name)
        kept = _fill(part, target, value[name])
        if kept is not target:
            shorter[name] = kept
    for name in plan.others:
        plan.set(into, name, value[name])
    if not shorter:
        return into
    result = copy(into)
    for name, kept in shorter.items():
        plan.set(result, name, kept)
    return result


def _of_numpy(array: Any) -> tuple[Any, int, tuple[int, ...], bool] | None:
    """Return dtype, number of axes, shape and whether it can be written to; None for no array."""
    cls = getattr(sys.modules.get("numpy"), "ndarray", ())
    if not isinstance(array, cls):
        return None
    return array.dtype, array.ndim, array.shape, array.flags.writeable


def _of_buffer(array: Any) -> tuple[Any, int, tuple[int, ...], bool] | None:
    """The same of another kind of array."""
    try:
        with memoryview(array) as view:
            shape: Any = view.shape
            writable = not view.readonly and view.c_contiguous
            return dtype_of_code(view.format, view.itemsize), view.ndim, shape, writable
    except (TypeError, ValueError, BufferError):
        return None


def _fill_array(target: Any, item: Any, numpy: bool) -> Any:
    """Copy an array, and return target or the part of it that has the value."""
    if numpy:
        part = target if target.shape == item.shape else target[: len(item)]
        part[...] = item
        return part
    with memoryview(target) as to, memoryview(item) as it:
        if to.shape == it.shape:
            to.cast("B")[:] = it.cast("B")
            return target
        part = to[: len(it)]
        if it.nbytes:
            part.cast("B")[:] = it.cast("B")
        return memoryview(target)[: len(it)]


def _layout(value: object) -> str:
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is None:
        return kind_of(value)
    flags: Any = getattr(value, "flags", None)
    read_only = ", read-only" if not getattr(flags, "writeable", True) else ""
    return f"{kind_of(value)} of {dtype} of shape {shape}{read_only}"
