"""Which values make records, and which fields their classes have."""

from __future__ import annotations

import sys

from ._arguments import really_is

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any


def is_record(value: Any) -> bool:
    """Report whether a value is of a class that makes records."""
    return really_is(value, dict) or fields_of(type(value)) is not None or in_memory(value)


def in_memory(value: Any) -> bool:
    """Report whether a value is numpy's or ctypes', with a layout of its own."""
    ctypes = getattr(sys.modules.get("_ctypes"), "Structure", None)
    if ctypes is not None and really_is(value, ctypes):
        return True
    void = getattr(sys.modules.get("numpy"), "void", None)
    return void is not None and really_is(value, void) and value.dtype.names is not None


def fields_of(cls: Any) -> dict[str, bool] | None:
    """Return the names of a class's fields, and whether its __init__ takes them; or None."""
    if "__dataclass_fields__" in vars(cls) or hasattr(cls, "__dataclass_fields__"):
        return {field.name: field.init for field in sys.modules["dataclasses"].fields(cls)}
    if issubclass(cls, tuple):
        names = getattr(cls, "_fields", None)
        return dict.fromkeys(names, True) if isinstance(names, tuple) else None
    if hasattr(cls, "__attrs_attrs__"):
        return {field.name: field.init for field in cls.__attrs_attrs__}
    struct = getattr(sys.modules.get("msgspec"), "Struct", None)
    if isinstance(struct, type) and issubclass(cls, struct):
        return dict.fromkeys(cls.__struct_fields__, True)
    return None
