"""The type of a number, or of an array of them, as its default gives it."""

from __future__ import annotations

import sys
from math import prod

from ._arguments import TYPE_TAGS, exact_number, integer, really_is, short_repr
from ._defaults import refuse_default, refuse_size
from ._errors import TopicTypeError, TopicValueError
from ._spec import DTYPES, LISTS, Spec, copied

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from ._records import RecordSpec

_MAX_BYTES: Final = 2**40
_MAX_AXES: Final = 32

# Formats of buffers; their item size says the rest. Complex numbers of ctypes are F and D in Python
# 3.14, and as numpy has them from 3.15 on, which brings array.array of "e", "Zf" and "Zd".
_FORMATS: Final = {
    "?": "b",
    **dict.fromkeys("bhilqn", "i"),
    **dict.fromkeys("BHILQN", "u"),
    **dict.fromkeys("efd", "f"),
    **dict.fromkeys(("F", "D", "Zf", "Zd"), "c"),
}

# What memoryview can make; and half floats not everywhere.
_NATIVE: Final = {
    **{f"i{n}": c for n, c in ((1, "b"), (2, "h"), (4, "i"), (8, "q"))},
    **{f"u{n}": c for n, c in ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))},
    "b1": "?",
    "f4": "f",
    "f8": "d",
}


def scalar(what: str, default: Any) -> Spec | None:
    """Return the type of a single number, or None."""
    cls = type(default)
    if issubclass(cls, tuple(TYPE_TAGS)):
        kind, exact = exact_number(what, default)
        return Spec(kind.__name__, kind, exact)
    if issubclass(cls, complex):
        return Spec("scalar", complex, complex(default), dtype="c16")
    if is_of(default, "numpy", "generic"):
        found = default.dtype
        dtype = _dtype(found.kind, found.itemsize)
        if dtype is None or issubclass(cls, (str, bytes)):
            return None
        value = default.item()
    elif is_of(default, "_ctypes", "_SimpleCData"):
        view = memoryview(default)
        dtype = _dtype_of(view)
        if dtype is None:
            return None
        value = default.value
    else:
        return None
    for kind, own in LISTS.items():
        if own == dtype:
            return Spec(kind.__name__, kind, kind(value))
    return Spec("scalar", type(value), value, dtype=dtype)


def shape_of(default: Any) -> tuple[int, ...] | None:
    """Return an array's shape; None for anything else."""
    if is_of(default, "numpy", "ndarray"):
        found: tuple[int, ...] = default.shape
        return found
    if (
        isinstance(default, memoryview)
        or is_of(default, "array", "array")
        or is_of(default, "_ctypes", "Array")
    ):
        return memoryview(default).shape
    return None


def array(
    what: str,
    default: Any,
    max_size: object = None,
    reads: bool = False,
    record: RecordSpec | None = None,
) -> Spec:
    """Return the type of an array; what begins the text of an error.

    record is what the elements of a structured array of numpy are.
    """
    shape: Any = shape_of(default)
    if shape is None:
        raise refuse_default(what, default)
    numpy = is_of(default, "numpy", "ndarray")
    if numpy:
        # A mask would get lost.
        masked = is_of(default, "numpy.ma", "MaskedArray")
        found = default.dtype
        dtype = None if masked or not found.isnative else _dtype(found.kind, found.itemsize)
        if record is not None and not masked:
            dtype = ""
    else:
        view = memoryview(default)
        dtype = _dtype_of(view)
        if type(default) is memoryview and dtype not in _NATIVE:
            dtype = None
    if dtype is None:
        raise refuse_default(what, default)
    if len(shape) > _MAX_AXES:
        raise TopicTypeError(
            f"{what}: found an array of {len(shape)} axes; expected {_MAX_AXES} at most"
        )
    axes: tuple[int | None, ...] = shape
    row = prod(shape[1:]) * (int(dtype[1:]) if record is None else record.size)
    least = row * (shape[0] if shape and max_size is None else 1)
    if least > _MAX_BYTES:
        raise TopicValueError(
            f"{what}: found an array of shape {list(shape)}, whose values have "
            f"{least} bytes or more; expected {_MAX_BYTES} at most"
        )
    most = None
    if max_size is not None:
        if not shape:
            raise TopicTypeError(
                f"{what}: found max_size= for an array without axes; expected an "
                "array of one axis or more: the first one varies"
            )
        most = longest(what, max_size, row, "elements of the first axis")
        if most is not None and shape[0] > most:
            raise refuse_size(what, f"a default of shape {list(shape)}", most)
    if max_size is not None or (reads and shape and shape[0] == 0):
        axes = (None, *shape[1:])
    if row == 0 or 0 in axes:
        raise TopicTypeError(
            f"{what}: found an array of shape {list(shape)}, without elements; "
            "expected 1 or more along each axis; pass max_size= for a first axis that varies"
        )
    if numpy:
        np = sys.modules["numpy"]
        own = None if record is None else record.dtype
        exact = np.array(default, own, order="C", subok=False)
        exact.flags.writeable = False
        return Spec("array", np.ndarray, exact, dtype=dtype, shape=axes, most=most, record=record)
    make = _maker(default, view, dtype)
    exact = copied(view, make)
    return Spec("array", type(default), exact, dtype=dtype, shape=axes, most=most, make=make)


def _maker(default: Any, view: memoryview, dtype: str) -> Callable[[int], Any]:
    """Return what makes arrays of n along the first axis of default's kind."""
    cls: Any = type(default)
    shape: Any = view.shape
    row = prod(shape[1:]) * view.itemsize
    if is_of(default, "array", "array"):
        array, letter = sys.modules["array"].array, default.typecode
        return lambda n: array(letter, bytes(n * row))
    if is_of(default, "_ctypes", "Array"):
        item, length = cls._type_, cls._length_
        return lambda n: cls() if n == length else (item * n)()
    code: Any = _NATIVE[dtype]

    def make(n: int) -> Any:
        if not shape:
            return memoryview(bytearray(row)).cast(code, ())
        # cast() refuses a shape with a 0.
        whole = memoryview(bytearray(max(n, 1) * row)).cast(code, (max(n, 1), *shape[1:]))
        return whole[:n]

    return make


def longest(what: str, max_size: object, unit: int, units: str) -> int | None:
    """Return max_size= as an int: how many units of so many bytes; None for None."""
    if max_size is None:
        return None
    number = integer(f"{what}: max_size", max_size, "an int such as 4096")
    limit = _MAX_BYTES // max(unit, 1)
    if not 1 <= number <= limit:
        raise TopicValueError(
            f"{what}: found max_size {short_repr(number)}; expected 1 to {limit} {units}"
        )
    return number


def _dtype_of(view: memoryview) -> str | None:
    return dtype_of_code(view.format, view.itemsize)


def dtype_of_code(code: str, size: int) -> str | None:
    """Return the dtype of a buffer's elements."""
    if code[:1] in "@=<":  # this machine's order: little-endian
        code = code[1:]
    return _dtype(_FORMATS.get(code, "O"), size)


def _dtype(kind: str, itemsize: int) -> str | None:
    dtype = f"{kind}{itemsize}"
    return dtype if dtype in DTYPES else None


def is_of(value: object, module: str, name: str) -> bool:
    """Report whether value is of a class of a module that need not be imported."""
    cls = getattr(sys.modules.get(module), name, None)
    return isinstance(cls, type) and really_is(value, cls)
