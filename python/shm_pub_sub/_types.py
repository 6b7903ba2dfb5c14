"""The type of a topic's values, as its default gives it."""

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

_MAX_TEXT: Final = 4096
_MAX_BYTES: Final = 2**40
_MAX_AXES: Final = 32

# Format characters of buffers; their item size says the rest.
_FORMATS: Final = {
    "?": "b",
    **dict.fromkeys("bhilqn", "i"),
    **dict.fromkeys("BHILQN", "u"),
    **dict.fromkeys("fd", "f"),
}

# What memoryview can make; and half floats not everywhere.
_NATIVE: Final = {
    **{f"i{n}": c for n, c in ((1, "b"), (2, "h"), (4, "i"), (8, "q"))},
    **{f"u{n}": c for n, c in ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))},
    "b1": "?",
    "f4": "f",
    "f8": "d",
}


def spec_of(name: str, default: Any, max_size: object = None, *, reads: bool = False) -> Spec:
    """Return the type of a topic by the default that a publisher, or if reads a subscriber, has.

    What a subscriber reads has no greatest length, and its array without rows stands for one of any
    number of rows.
    """
    spec = _scalar(name, default)
    if spec is not None:
        if max_size is not None:
            raise TopicTypeError(
                f"topic {short_repr(name)}: found max_size= for a topic of {spec}; expected it for "
                "text, bytes, a list, or an array of which the first axis varies"
            )
        return spec
    cls = type(default)
    if issubclass(cls, (str, bytes)):
        return _text(name, default, max_size, reads, str if issubclass(cls, str) else bytes)
    if issubclass(cls, list):
        return _list(name, default, max_size, reads)
    return _array(name, default, max_size, reads)


def _scalar(name: str, default: Any) -> Spec | None:
    cls = type(default)
    if issubclass(cls, tuple(TYPE_TAGS)):
        kind, exact = exact_number(name, default)
        return Spec(kind.__name__, kind, exact)
    if issubclass(cls, complex):
        return Spec("scalar", complex, complex(default), dtype="c16")
    if _is_of(default, "numpy", "generic"):
        found = default.dtype
        dtype = _dtype(found.kind, found.itemsize)
        if dtype is None or issubclass(cls, (str, bytes)):
            return None
        value = default.item()
    elif _is_of(default, "_ctypes", "_SimpleCData"):
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


def _text(name: str, default: str | bytes, max_size: object, reads: bool, cls: Any) -> Spec:
    exact: Any = cls.__getitem__(default, slice(None))  # exactly one, whatever a subclass makes
    try:
        size = len(exact.encode() if cls is str else exact)
    except UnicodeEncodeError as error:
        raise TopicValueError(
            f"topic {short_repr(name)}: found a default with a lone surrogate at character "
            f"{error.start}; expected text that UTF-8 can encode"
        ) from None
    most = None
    if not reads:
        most = _most(name, max_size, 1, "bytes") or _MAX_TEXT
        if size > most:
            raise refuse_size(name, f"a default of {size} bytes", most)
    return Spec("text" if cls is str else "bytes", cls, exact, most=most)


def _list(name: str, default: list[Any], max_size: object, reads: bool) -> Spec:
    found = {type(x) for x in default}
    cls = found.pop() if len(found) == 1 else object
    if cls not in LISTS:
        raise refuse_default(name, default)
    exact = list(default)
    if cls is int:
        for number in exact:
            exact_number(name, number)  # 64 bits
    most = None
    if not reads:
        most = _most(name, max_size, 8, "elements") or len(exact)
        if len(exact) > most:
            raise refuse_size(name, f"a default of {len(exact)} elements", most)
    return Spec("list", list, exact, dtype=LISTS[cls], most=most)


def _array(name: str, default: Any, max_size: object, reads: bool) -> Spec:
    numpy = _is_of(default, "numpy", "ndarray")
    if numpy:
        # A mask would get lost.
        masked = _is_of(default, "numpy.ma", "MaskedArray")
        found = default.dtype
        dtype = None if masked or not found.isnative else _dtype(found.kind, found.itemsize)
    elif (
        isinstance(default, memoryview)
        or _is_of(default, "array", "array")
        or _is_of(default, "_ctypes", "Array")
    ):
        view = memoryview(default)
        dtype = _dtype_of(view)
        if type(default) is memoryview and dtype not in _NATIVE:
            dtype = None
    else:
        raise refuse_default(name, default)
    if dtype is None:
        raise refuse_default(name, default)
    shape: Any = default.shape if numpy else view.shape
    if len(shape) > _MAX_AXES:
        raise TopicTypeError(
            f"topic {short_repr(name)}: found an array of {len(shape)} axes; expected {_MAX_AXES} "
            "at most"
        )
    axes: tuple[int | None, ...] = shape
    row = prod(shape[1:]) * int(dtype[1:])
    least = row * (shape[0] if shape and max_size is None else 1)
    if least > _MAX_BYTES:
        raise TopicValueError(
            f"topic {short_repr(name)}: found an array of shape {list(shape)}, whose values have "
            f"{least} bytes or more; expected {_MAX_BYTES} at most"
        )
    most = None
    if max_size is not None:
        if not shape:
            raise TopicTypeError(
                f"topic {short_repr(name)}: found max_size= for an array without axes; expected an "
                "array of one axis or more: the first one varies"
            )
        most = _most(name, max_size, row, "elements of the first axis")
        if most is not None and shape[0] > most:
            raise refuse_size(name, f"a default of shape {list(shape)}", most)
    if max_size is not None or (reads and shape and shape[0] == 0):
        axes = (None, *shape[1:])
    if row == 0 or 0 in axes:
        raise TopicTypeError(
            f"topic {short_repr(name)}: found an array of shape {list(shape)}, without elements; "
            "expected 1 or more along each axis; pass max_size= for a first axis that varies"
        )
    if numpy:
        np = sys.modules["numpy"]
        exact = np.array(default, order="C", subok=False)
        exact.flags.writeable = False
        return Spec("array", np.ndarray, exact, dtype=dtype, shape=axes, most=most)
    make = _maker(default, view, dtype)
    exact = copied(view, make)
    return Spec("array", type(default), exact, dtype=dtype, shape=axes, most=most, make=make)


def _maker(default: Any, view: memoryview, dtype: str) -> Callable[[int], Any]:
    """Return what makes arrays of n along the first axis of default's kind."""
    cls: Any = type(default)
    shape: Any = view.shape
    row = prod(shape[1:]) * view.itemsize
    if _is_of(default, "array", "array"):
        array, letter = sys.modules["array"].array, default.typecode
        return lambda n: array(letter, bytes(n * row))
    if _is_of(default, "_ctypes", "Array"):
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


def _most(name: str, max_size: object, unit: int, what: str) -> int | None:
    if max_size is None:
        return None
    number = integer(f"topic {short_repr(name)}: max_size", max_size, "an int such as 4096")
    limit = _MAX_BYTES // max(unit, 1)
    if not 1 <= number <= limit:
        raise TopicValueError(
            f"topic {short_repr(name)}: found max_size {short_repr(number)}; expected 1 to {limit} "
            f"{what}"
        )
    return number


def _dtype_of(view: memoryview) -> str | None:
    code = view.format
    if code[:1] in "@=<":  # this machine's order: little-endian
        code = code[1:]
    return _dtype(_FORMATS.get(code, "O"), view.itemsize)


def _dtype(kind: str, itemsize: int) -> str | None:
    dtype = f"{kind}{itemsize}"
    return dtype if dtype in DTYPES else None


def _is_of(value: object, module: str, name: str) -> bool:
    """Report whether value is of a class of a module that need not be imported."""
    cls = getattr(sys.modules.get(module), name, None)
    return isinstance(cls, type) and really_is(value, cls)
