"""A type of values, as Go, C and people have it."""

from __future__ import annotations

from ._arguments import TYPE_TAGS

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

# The header's tags.
TAGS: Final[dict[str, int]] = {cls.__name__: tag for cls, tag in TYPE_TAGS.items()}
TAGS.update({"array": 4, "bytes": 6, "text": 7, "list": 8, "scalar": 9})

_KINDS: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_BYTES: Final = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}

# Names of element types, without their byte order: numpy's.
DTYPES: Final = frozenset(f"{kind}{size}" for kind, sizes in _BYTES.items() for size in sizes)
LISTS: Final = {bool: "b1", int: "i8", float: "f8"}  # bool, int and float topics have these too


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
        shape: tuple[int | None, ...] = (),
        most: int | None = None,
        make: Callable[[int], Any] | None = None,
    ) -> None:
        self.tag = TAGS[kind]
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

    def own_default(self) -> Any:
        """Return the default, which the program may change: a copy, unless it is immutable."""
        if self.kind == "list":
            return self.default.copy()
        return self.default if self.make is None else copied(memoryview(self.default), self.make)

    @property
    def is_fixed(self) -> bool:
        """Whether all its values have one size."""
        return self.tag <= 3 or self.kind == "scalar" or (self.tag == 4 and None not in self.shape)

    def __str__(self) -> str:
        bound = "" if self.max is None else f" <= {self.max}"
        if self.kind == "list":
            return f"list[{self._element_name()}]{bound}"
        if self.kind in ("text", "bytes"):
            return f"{self.type.__name__}{bound}"
        if self.kind == "array":
            first = ":" if self.max is None else f"<={self.max}"
            axes = (first if n is None else str(n) for n in self.shape)
            return f"{dtype_name(self.dtype)}[{','.join(axes)}]"
        return self.kind if self.tag <= 3 else dtype_name(self.dtype)

    def _element_name(self) -> str:
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
