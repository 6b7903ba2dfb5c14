"""Whether C may make the objects of a class without calling it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, Final, Literal

    from ._records_place import Place

_AFTERWARDS: Final = ("__post_init__", "__attrs_post_init__", "__attrs_pre_init__")


def how_made(place: Place, cls: Any, names: dict[str, bool]) -> Literal["tuple", "direct", "call"]:
    """Return "tuple" or "direct" if it may, or "call".

    A class whose author wrote what happens when an object is made is called, with its fields. The
    methods that dataclass, NamedTuple and attrs write only assign them; msgspec's are in C.
    """
    if issubclass(cls, tuple):
        own = _find(cls, "__new__")
        if _is_generated(own, "<lambda>") and cls.__init__ is object.__init__:
            return "tuple"
    elif hasattr(cls, "__struct_fields__"):
        return "call"
    elif not _acts(cls) and not any(_is_property(_find(cls, name)) for name in names):
        return "direct"
    _check_call(place, cls, names)
    return "call"


def _acts(cls: Any) -> bool:
    """Report whether making an object, or setting an attribute, runs code of its author."""
    if cls.__new__ is not object.__new__ or type(cls).__call__ is not type.__call__:
        return True
    if any(hasattr(cls, name) for name in _AFTERWARDS):
        return True
    fields = getattr(cls, "__attrs_attrs__", ())
    if any(field.validator or field.converter for field in fields):
        return True
    return any(
        found is not None and not _is_generated(found, name)
        for name in ("__init__", "__setattr__")
        if (found := _find(cls, name)) is not getattr(object, name)
    )


def _find(cls: type, name: str) -> Any:
    """Return what the first class in the order of resolution has, without descriptors' calls."""
    for base in cls.__mro__:
        if name in vars(base):
            found = vars(base)[name]
            return found.__func__ if isinstance(found, staticmethod) else found
    return None


def _is_generated(function: Any, name: str) -> bool:
    """Report whether a library wrote the method, of that name in its code."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    attrs = getattr(sys.modules.get("attr"), "_make", None)
    if code.co_filename.startswith("<attrs generated"):
        return True
    if attrs is not None and function.__globals__ is vars(attrs):
        return True
    if code.co_filename != "<string>" or code.co_name != name:
        return False
    if name == "<lambda>":  # collections.namedtuple's
        return True
    # Code given to `python -c` has that file name, too.
    within: str | None = getattr(code, "co_qualname", None)  # from 3.11 on
    return code.co_firstlineno <= 2 if within is None else within.startswith("__create_fn__.")


def _is_property(found: Any) -> bool:
    """Report whether setting the attribute runs code; a slot's descriptor only stores it."""
    return hasattr(type(found), "__set__") and type(found).__name__ != "member_descriptor"


def _check_call(place: Place, cls: Any, names: dict[str, bool]) -> None:
    """Raise unless the class can be called with its fields by name."""
    from inspect import signature

    arguments = [name for name, init in names.items() if init]
    for field in getattr(cls, "__attrs_attrs__", ()):
        if field.init and field.alias != field.name:
            raise place.at(field.name).wrong(
                f"{cls.__qualname__}, whose __init__ names it {field.alias!r}",
                "the field's own name, as reading calls the class with its fields",
                f"write attrs.field(alias={field.name!r})",
            )
    try:
        signature(cls).bind(**dict.fromkeys(arguments))
    except TypeError as error:
        raise place.wrong(
            f"{cls.__module__}.{cls.__qualname__}, which cannot be called with its fields by name "
            f"({error})",
            f"{cls.__name__}({', '.join(f'{name}=...' for name in arguments)}) to work, as reading "
            "calls it so",
            "write a default for other arguments, or **_",
        ) from None
    except ValueError:
        pass  # it has no signature to ask
