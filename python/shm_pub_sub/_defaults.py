"""Defaults that no topic has: what to write instead."""

from __future__ import annotations

import sys

from ._arguments import conversion, kind_of, short_repr
from ._errors import TopicTypeError, TopicValueError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

_EXPECTED = (
    "a bool, an int, a float, a str, bytes, a list of one of the first three, an array of numbers, "
    "or a record such as a dataclass or a dict: its type is the topic's type"
)
# What classes of records have: dataclasses, NamedTuples, attrs', msgspec's and ctypes'.
_CLASSES = ("__dataclass_fields__", "_asdict", "__attrs_attrs__", "__struct_fields__", "_fields_")
_KNOWN = {bool: "False", int: "0", float: "0.0", str: "''", bytes: "b''"}
_ELEMENTS = "bool, int8 to int64, uint8 to uint64, float16 to float64, complex64 or complex128"


def refuse_default(what: str, default: Any) -> TopicTypeError:
    """Return the error for a default that gives no type."""
    found, expected, hint = words(default)
    text = f"{what}: found a default of {found}; expected {expected}"
    return TopicTypeError(f"{text}; {hint}" if hint else text)


def refuse_size(what: str, found: str, most: int) -> TopicValueError:
    """Return the error for a default that is longer than the topic's values."""
    return TopicValueError(
        f"{what}: found {found}; expected max_size {most} at most; pass a larger "
        "max_size= or a shorter default"
    )


def words(default: Any) -> tuple[str, str, str]:
    """Return what was found, what was expected, and what to write."""
    found = kind_of(default)
    if default is None:
        return (
            found,
            _EXPECTED,
            "write one of the values, such as 0.0 or np.zeros(3); only a Subscriber takes None",
        )
    if isinstance(default, type) or hasattr(default, "__origin__"):
        return f"the type {short_repr(default)}", _EXPECTED, f"write {example_of(default)}"
    if isinstance(default, list):
        return _words_of_list(default)
    if isinstance(default, (tuple, set, frozenset)):
        return found, _EXPECTED, "write list(x)" if default else "write [0.0], [0] or [False]"
    if isinstance(default, bytearray):
        return found, _EXPECTED, "write bytes(x), or memoryview(x) for an array of uint8"
    if hasattr(default, "isnative"):
        return f"the dtype {default}", _EXPECTED, f"write np.zeros(shape, {str(default)!r})"
    dtype = getattr(default, "dtype", None)
    if hasattr(dtype, "isnative"):
        return _words_of_numpy(default, dtype)
    if isinstance(default, memoryview) or hasattr(type(default), "_type_"):
        view = memoryview(default)
        if view.format[:1] in ">!":
            hint = "write it in this machine's byte order"
        else:
            hint = "write b'' for raw bytes" if view.format in ("c", "<c") else ""
        return f"{found} of format {view.format!r}", f"elements of {_ELEMENTS}", hint
    if hasattr(default, "typecode"):
        return f"{found} of typecode {default.typecode!r}", f"elements of {_ELEMENTS}", "write ''"
    for method, hint in (("model_dump", "x.model_dump()"), ("keys", "dict(x)")):
        if hasattr(type(default), method):
            return found, _EXPECTED, f"write {hint}"
    if type(default).__name__ == "SimpleNamespace":
        return found, _EXPECTED, "write vars(x)"
    if hasattr(type(default), "__array__"):
        return found, _EXPECTED, "write np.asarray(x)"
    hint = conversion(default).removeprefix("; ")
    if not hint and getattr(default, "__dict__", None) and not hasattr(default, "__float__"):
        hint = "make its class a dataclass"
    return found, _EXPECTED, hint


def _words_of_list(default: list[Any]) -> tuple[str, str, str]:
    expected = "elements that are all bool, all int or all float"
    if not default:
        return (
            "an empty list, which has no type of elements",
            expected,
            "write [0.0], [0] or [False], of records [Detection()], and max_size= for the greatest "
            "length",
        )
    kinds = list(dict.fromkeys(map(kind_of, default)))
    hint = ""
    if set(map(type, default)) <= {bool, int, float}:
        hint = "write [float(v) for v in x]"
    elif all(isinstance(v, str) for v in default):
        hint = (
            "write a list of records with a field Annotated[str, 32]; names that stay are metadata"
        )
    elif all(isinstance(v, type) for v in default):
        return f"a list of {kinds[0]}", "a list with one value", f"write [{example_of(default[0])}]"
    elif any(isinstance(v, (list, tuple)) for v in default):
        hint = "write np.asarray(x) for an array"
    elif all(hasattr(v, "item") for v in default):
        hint = "write [v.item() for v in x]"
    return f"a list of {', '.join(kinds[:4])}", expected, hint


def _words_of_numpy(default: Any, dtype: Any) -> tuple[str, str, str]:
    array = "an array of" if getattr(default, "ndim", 0) else "a numpy"
    found = f"{array} {dtype}"
    ma = getattr(sys.modules.get("numpy.ma"), "MaskedArray", None)
    if isinstance(ma, type) and isinstance(default, ma):
        return f"a masked array of {dtype}", "an array without a mask", "write x.filled()"
    if not dtype.isnative:
        hint = f"write x.astype(np.{dtype.newbyteorder('=')})"
    elif dtype.kind in "SU":
        hint = "write str(x)" if dtype.kind == "U" else "write bytes(x)"
        hint = hint if array == "a numpy" else "use a text topic: write ''"
    elif dtype.kind in "mM":
        hint = "write x.astype(np.int64)"
    elif dtype.kind == "O":
        hint = "write x.astype(np.float64), or the type that its elements have"
    elif not getattr(default, "ndim", 0):  # long double
        hint = f"write {'complex' if dtype.kind == 'c' else 'float'}(x)"
    else:
        hint = f"write x.astype(np.{'complex128' if dtype.kind == 'c' else 'float64'})"
    return found, f"elements of {_ELEMENTS}", hint


def example_of(cls: Any) -> str:
    """Return a default of the type that somebody passed itself."""
    text = getattr(cls, "__name__", "") or str(cls)
    if cls in _KNOWN:
        return _KNOWN[cls]
    if getattr(cls, "__origin__", None) is list or cls is list:
        return "[0.0], [0] or [False]"
    if cls.__module__ == "numpy":
        return "np.zeros(shape)" if text == "ndarray" else f"np.{text}(0)"
    if cls is dict or getattr(cls, "__origin__", None) is dict:
        return "{'stamp': 0.0}"
    if any(hasattr(cls, name) for name in _CLASSES):
        return f"{text}({_required(cls)})"
    return "a value of it, such as 0.0"


def _required(cls: Any) -> str:
    """Return arguments without which a record's class cannot be called."""
    from inspect import signature

    from ._annotations import annotations_of

    try:
        parameters = signature(cls).parameters.values()
    except (TypeError, ValueError):  # it has none to ask
        return ""
    types = {name: note.type for name, note in annotations_of(cls).items()}
    found = []
    for each in parameters:
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            wanted = types.get(each.name)
            value = next((text for known, text in _KNOWN.items() if known is wanted), "...")
            found.append(f"{each.name}={value}" if each.kind == each.KEYWORD_ONLY else value)
    text = ", ".join(found)
    return text if len(text) <= 60 else "..."
