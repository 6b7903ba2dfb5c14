"""A type of values, as Go, C and people have it."""

from __future__ import annotations

import sys

from ._arguments import TYPE_TAGS

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

# The header's tags.
TAGS: Final[dict[str, int]] = {cls.__name__: tag for cls, tag in TYPE_TAGS.items()}
TAGS.update({"array": 4, "record": 5, "bytes": 6, "text": 7, "list": 8, "scalar": 9})

_KINDS: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_BYTES: Final = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}

# Names of element types, without their byte order: numpy's.
DTYPES: Final = frozenset(f"{kind}{size}" for kind, sizes in _BYTES.items() for size in sizes)
LISTS: Final = {bool: "b1", int: "i8", float: "f8"}  # bool, int and float topics have these too


class Spec:
    """A type: immutable.

    shape is an array's; None is a first axis of any length up to max (None: any). make(n) returns
    an array of n along the first axis in the default's kind of array; None for numpy's.
    record is the RecordSpec of the value or of each element; then there is no dtype.
    """

    __slots__ = ("default", "dtype", "kind", "make", "max", "record", "shape", "tag", "type")

    def __init__(
        self,
        kind: str,
        cls: type,
        default: Any,
        *,
        dtype: str = "",
        shape: tuple[int | None, ...] = (),
        most: int | None = None,
        make: Callable[[int], Any] | None = None,
        record: Any = None,
    ) -> None:
        self.tag = TAGS[kind]
        self.kind = kind
        self.type = cls
        self.default = default
        self.dtype = dtype
        self.shape = shape
        self.max = most
        self.make = make
        self.record = record

    @property
    def is_number(self) -> bool:
        """Whether it is bool, int or float, which topics had before they had descriptors."""
        return self.tag <= 3

    @property
    def codec(self) -> Any:
        """What C knows of the record."""
        return None if self.record is None else self.record.codec

    @property
    def descriptor(self) -> str:
        """The file's descriptor, or bool, int or float for a topic that has none."""
        if self.is_number:
            return self.kind
        if self.record is not None and self.kind == "record":
            return str(self.record.descriptor)
        parts = [f'"kind":"{self.kind}"']
        if self.record is not None:
            parts.append(f'"dtype":{self.record.descriptor}')
        elif self.dtype:
            parts.append(f'"dtype":"<{self.dtype}"')
        if self.kind == "array":
            axes = ("null" if n is None else str(n) for n in self.shape)
            parts.append(f'"shape":[{",".join(axes)}]')
        if self.max is not None:
            parts.append(f'"max":{self.max}')
        return "{" + ",".join(parts) + "}"

    def own_default(self) -> Any:
        """Return the default, which the program may change: a copy, unless it is immutable."""
        if self.make is not None:
            return copied(memoryview(self.default), self.make)
        return self.exact(self.default) if self.kind in ("list", "record") else self.default

    def exact(self, value: Any) -> Any:
        """Return a copy of a value of the type, as it is read; itself, if it is immutable."""
        if self.kind == "array":
            if self.make is not None:
                return copied(memoryview(value), self.make)
            numpy = sys.modules["numpy"]
            return numpy.array(value, order="C", subok=False)
        if self.record is not None:
            own = self.record.copied
            return own(value) if self.kind == "record" else [own(each) for each in value]
        if self.kind == "list":
            return list(value)
        if self.kind in ("text", "bytes"):
            kind: Any = str if self.kind == "text" else bytes
            return kind.__getitem__(value, slice(None))
        plain = value.value if hasattr(value, "_b_base_") else value  # ctypes'
        return self.type(plain)

    @property
    def is_fixed(self) -> bool:
        """Whether all its values have one size."""
        if self.kind == "array":
            return None not in self.shape
        return self.is_number or self.kind in ("scalar", "record")

    @property
    def name(self) -> str:
        """The type in short: a record without its fields."""
        if self.record is None or self.kind == "array":
            return str(self)
        name = self.record.name or "record"
        return name if self.kind == "record" else f"list[{name}]"

    def __str__(self) -> str:
        bound = "" if self.max is None else f" <= {self.max}"
        if self.kind == "record":
            return str(self.record)
        if self.kind == "list":
            return f"list[{self._element_name()}]{bound}"
        if self.kind in ("text", "bytes"):
            return f"{'str' if self.kind == 'text' else 'bytes'}{bound}"
        if self.kind == "array":
            first = ":" if self.max is None else f"<={self.max}"
            axes = (first if n is None else str(n) for n in self.shape)
            return f"{self._element_name()}[{','.join(axes)}]"
        return self.kind if self.is_number else dtype_name(self.dtype)

    def _element_name(self) -> str:
        if self.record is not None:
            return str(self.record)
        if self.kind == "array":
            return dtype_name(self.dtype)
        return next(cls.__name__ for cls, dtype in LISTS.items() if dtype == self.dtype)


def copied(view: memoryview, make: Callable[[int], Any]) -> Any:
    """Return a copy of an array in the kind of array that make makes."""
    copy = make(view.shape[0] if view.shape else 1)
    if view.nbytes:
        memoryview(copy).cast("B")[:] = view.tobytes()
    return copy


def dtype_name(dtype: str) -> str:
    """Return numpy's name of a dtype such as f4."""
    return "bool" if dtype == "b1" else f"{_KINDS[dtype[0]]}{8 * int(dtype[1:])}"
