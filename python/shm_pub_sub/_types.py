"""The type of a topic's values, as its default gives it."""

from __future__ import annotations

import sys
from math import prod

from ._arguments import TYPE_TAGS, check_default, integer, really_is, short_repr
from ._defaults import refuse_default, refuse_size
from ._errors import TopicTypeError, TopicValueError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    Shape = tuple[int | None, ...]

# The header's tags; the first three are in TYPE_TAGS.
_TAGS: Final = {**{cls.__name__: tag for cls, tag in TYPE_TAGS.items()}}
_TAGS.update({"array": 4, "bytes": 6, "text": 7, "list": 8, "scalar": 9})

_KINDS: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
DTYPES: Final = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
_LISTS: Final = {bool: "b1", int: "i8", float: "f8"}
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


class Spec:
    """A type: immutable.

    shape is an array's; None is a first axis of any length up to max (None: any). make(n) returns
    an array of n along the first axis in the default's kind of array; None for numpy's.
    """

    __slots__ = ("default", "dtype", "kind", "make", "max", "shape", "tag", "type")

    def __init__(
        self,
        kind: str,
        cls: type,
        default: Any,
        *,
        dtype: str = "",
        shape: Shape = (),
        most: int | None = None,
        make: Callable[[int], Any] | None = None,
    ) -> None:
        self.tag = _TAGS[kind]
        self.kind = kind
        self.type = cls
        self.default = default
        self.dtype = dtype
        self.shape = shape
        self.max = most
        self.make = make

    @property
    def descriptor(self) -> str:
        """The file's descriptor, or bool, int or float for a topic that has none."""
        if self.tag <= 3:
            return self.kind
        parts = [f'"kind":"{self.kind}"']
        if self.dtype:
            parts.append(f'"dtype":"<{self.dtype}"')
        if self.kind == "array":
            axes = ("null" if n is None else str(n) for n in self.shape)
            parts.append(f'"shape":[{",".join(axes)}]')
        if self.max is not None:
            parts.append(f'"max":{self.max}')
        return "{" + ",".join(parts) + "}"

    @property
    def is_fixed(self) -> bool:
        """Whether all its values have one size."""
        return self.kind == "scalar" or self.tag <= 3 or (self.kind == "array" and self.max is None)

    def __str__(self) -> str:
        if self.kind == "list":
            return f"list[{self._default_name()}] <= {self.max}"
        if self.kind in ("text", "bytes"):
            return f"{self.type.__name__} <= {self.max}"
        if self.kind == "array":
            first = "null" if self.max is None else f"<={self.max}"
            axes = (first if n is None else str(n) for n in self.shape)
            return f"{dtype_name(self.dtype)}[{','.join(axes)}]"
        return self.kind if self.tag <= 3 else dtype_name(self.dtype)

    def _default_name(self) -> str:
        return next(cls.__name__ for cls, dtype in _LISTS.items() if dtype == self.dtype)


def dtype_name(dtype: str) -> str:
    """Return numpy's name of a dtype such as f4."""
    return "bool" if dtype == "b1" else f"{_KINDS[dtype[0]]}{8 * int(dtype[1:])}"


def spec_of(name: str, default: Any, max_size: object = None, *, reads: bool = False) -> Spec:
    """Return the type of a topic by the default that a publisher, or if reads a subscriber, has.

    A subscriber's array without rows stands for one of any number of rows.
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
        return _text(name, default, max_size, str if issubclass(cls, str) else bytes)
    if issubclass(cls, list):
        return _list(name, default, max_size)
    return _array(name, default, max_size, reads)


def _scalar(name: str, default: Any) -> Spec | None:
    cls = type(default)
    if issubclass(cls, tuple(TYPE_TAGS)):
        kind, exact = check_default(name, default)
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
    kind = {"b1": bool, "i8": int, "f8": float}.get(dtype)
    if kind is not None:
        return Spec(kind.__name__, kind, kind(value))
    return Spec("scalar", type(value), value, dtype=dtype)


def _text(name: str, default: str | bytes, max_size: object, cls: type) -> Spec:
    exact: Any = cls.__getitem__(default, slice(None))  # exactly one, whatever a subclass makes
    try:
        size = len(exact.encode() if cls is str else exact)
    except UnicodeEncodeError as error:
        raise TopicValueError(
            f"topic {short_repr(name)}: found a default with a lone surrogate at character "
            f"{error.start}; expected text that UTF-8 can encode"
        ) from None
    most = _most(name, max_size, 1, "bytes")
    if size > (_MAX_TEXT if most is None else most):
        raise refuse_size(name, f"a default of {size} bytes", most or _MAX_TEXT)
    return Spec("text" if cls is str else "bytes", cls, exact, most=most or _MAX_TEXT)


def _list(name: str, default: list[Any], max_size: object) -> Spec:
    found = {type(x) for x in default}
    cls = found.pop() if len(found) == 1 else None
    if cls not in _LISTS:
        raise refuse_default(name, default)
    exact = list(default)
    if cls is int:
        for number in exact:
            check_default(name, number)  # 64 bits
    most = _most(name, max_size, 8, "elements")
    if most is not None and len(exact) > most:
        raise refuse_size(name, f"a default of {len(exact)} elements", most)
    return Spec("list", list, exact, dtype=_LISTS[cls], most=most or len(exact))


def _array(name: str, default: Any, max_size: object, reads: bool) -> Spec:
    numpy = _is_of(default, "numpy", "ndarray")
    if numpy:
        # A mask would get lost.
        masked = _is_of(default, "numpy.ma", "MaskedArray")
        found = default.dtype
        dtype = None if masked or not found.isnative else _dtype(found.kind, found.itemsize)
    elif isinstance(default, memoryview) or _is_of(default, "array", "array") or _is_of(
        default, "_ctypes", "Array"
    ):
        view = memoryview(default)
        dtype = _dtype_of(view)
        if type(default) is memoryview and dtype not in _NATIVE:
            dtype = None
    else:
        raise refuse_default(name, default)
    if dtype is None:
        raise refuse_default(name, default)
    shape: tuple[int, ...] = default.shape if numpy else view.shape
    if len(shape) > _MAX_AXES:
        raise TopicTypeError(
            f"topic {short_repr(name)}: found an array of {len(shape)} axes; expected {_MAX_AXES} "
            "at most"
        )
    axes: Shape = shape
    row = prod(shape[1:]) * int(dtype[1:])
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
    if row * (axes[0] or 0 if axes else 1) > _MAX_BYTES:
        raise refuse_size(name, f"an array of shape {list(shape)}", _MAX_BYTES // row)
    if numpy:
        np = sys.modules["numpy"]
        exact = np.array(default, order="C", subok=False)
        exact.flags.writeable = False
        return Spec("array", np.ndarray, exact, dtype=dtype, shape=axes, most=most)
    make = _maker(default, view, dtype)
    exact = make(shape[0] if shape else 1)
    if view.nbytes:
        memoryview(exact).cast("B")[:] = view.tobytes()
    return Spec("array", type(default), exact, dtype=dtype, shape=axes, most=most, make=make)


def _maker(default: Any, view: memoryview, dtype: str) -> Callable[[int], Any]:
    """Return what makes arrays of n along the first axis of default's kind."""
    cls: Any = type(default)
    row = prod(view.shape[1:]) * view.itemsize
    if _is_of(default, "array", "array"):
        array, code = sys.modules["array"].array, default.typecode
        return lambda n: array(code, bytes(n * row))
    if _is_of(default, "_ctypes", "Array"):
        item, length = cls._type_, cls._length_
        return lambda n: cls() if n == length else (item * n)()
    code, shape = _NATIVE[dtype], view.shape

    def make(n: int) -> memoryview:
        if not shape:
            return memoryview(bytearray(row)).cast(code, ())
        # A shape with a 0 is refused.
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
