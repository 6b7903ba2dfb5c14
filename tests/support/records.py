"""Random records, and how the library, ctypes, numpy and C each write the type of one."""

import ctypes
import random
from dataclasses import field, make_dataclass
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import numpy as np
from shm_pub_sub import MaxSize

C_TYPES = {
    "b1": ("_Bool", ctypes.c_bool),
    "i1": ("int8_t", ctypes.c_int8),
    "i2": ("int16_t", ctypes.c_int16),
    "i4": ("int32_t", ctypes.c_int32),
    "i8": ("int64_t", ctypes.c_int64),
    "u1": ("uint8_t", ctypes.c_uint8),
    "u2": ("uint16_t", ctypes.c_uint16),
    "u4": ("uint32_t", ctypes.c_uint32),
    "u8": ("uint64_t", ctypes.c_uint64),
    "f4": ("float", ctypes.c_float),
    "f8": ("double", ctypes.c_double),
    "c8": ("float _Complex", ctypes.c_float * 2),
    "c16": ("double _Complex", ctypes.c_double * 2),
}
"""What C and ctypes have for each dtype; ctypes has no complex numbers, but their layout."""

PYTHON = {"b1": False, "i8": 0, "f8": 0.0, "c16": 0j}
"""Defaults of Python's own types."""

DEEPEST = 3


class Part:
    """The type of a field: a kind, and what that kind needs.

    scalar, array and rows have a dtype; array and table a shape, rows that of one row; text,
    bytes, rows, list and records hold `most`; a record, the elements of records and of a table
    have parts, which are called f0, f1 and so on.
    """

    def __init__(self, kind: str, **details: Any) -> None:
        self.kind = kind
        self.how: str = details.get("how", "")
        self.dtype: str = details.get("dtype", "")
        self.shape: tuple[int, ...] = details.get("shape", ())
        self.most: int = details.get("most", 0)
        self.element: Part = details.get("element", self)
        self._parts: list[Part] = details.get("parts", [])

    @property
    def fields(self) -> list[tuple[str, "Part"]]:
        return [(f"f{number}", part) for number, part in enumerate(self.element._parts)]

    @property
    def varies(self) -> bool:
        return self.most > 0

    @cached_property
    def cls(self) -> Any:
        """The class of a record's values."""
        if self.how == "dict":
            return dict
        if self.how == "tuple":
            return NamedTuple("Tuple", [(name, part.annotation) for name, part in self.fields])
        defaults = [
            (name, part.annotation, field(default_factory=lambda part=part: part.default))
            for name, part in self.fields
        ]
        return make_dataclass("Data", defaults)

    @property
    def annotation(self) -> Any:
        inner = {"text": str, "bytes": bytes, "record": self.cls}.get(self.kind, Any)
        if self.kind in ("list", "records"):
            inner = list[Any]
        return Annotated[inner, MaxSize(self.most)] if self.varies else inner

    @property
    def default(self) -> Any:
        """The default of a class's field, which the annotation says more of; or of a topic."""
        if self.kind == "scalar":
            return PYTHON.get(self.dtype, np.dtype(self.dtype).type(0))
        if self.kind in ("text", "bytes"):
            return {"text": "", "bytes": b""}[self.kind]
        if self.kind == "list":
            return [PYTHON[self.dtype]]
        if self.kind == "records":
            return [self.element.default]
        if self.kind == "record":
            alone = self.how == "dict"
            return made(self, [p.alone if alone else p.default for _, p in self.fields])
        shape = (0, *self.shape) if self.kind == "rows" else self.shape
        return np.zeros(shape, self.dtype or self.element.numpy)

    @property
    def alone(self) -> Any:
        """The field's default if there is no annotation."""
        if self.kind in ("text", "bytes"):
            return self.annotation
        return self.default * self.most if self.kind in ("list", "records") else self.default

    @cached_property
    def numpy(self) -> np.dtype[Any]:
        if self.kind == "record":
            return np.dtype([(name, part.numpy) for name, part in self.fields], align=True)
        if not self.varies:
            base = self.dtype or self.element.numpy
            return np.dtype((base, self.shape)) if self.shape else np.dtype(base)
        base = self.element.numpy if self.kind == "records" else (self.dtype or "u1")
        room = np.dtype((base, (self.most, *self.shape)))
        return np.dtype([("length", "u8"), ("room", room)], align=True)

    @cached_property
    def ctypes(self) -> Any:
        if self.kind == "record":
            fields = [(name, part.ctypes) for name, part in self.fields]
            return type("Struct", (ctypes.Structure,), {"_fields_": fields})
        base = C_TYPES[self.dtype or "u1"][1] if self._flat else self.element.ctypes
        for count in reversed((self.most, *self.shape) if self.varies else self.shape):
            base *= count
        if not self.varies:
            return base
        parts = [("length", ctypes.c_uint64), ("room", base)]
        return type("Room", (ctypes.Structure,), {"_fields_": parts})

    @property
    def _flat(self) -> bool:
        return self.element is self

    def c(self, name: str, declared: list[str]) -> str:
        """Return the declaration of a field, and add those of the structs in it."""
        if self.kind == "record" or not self._flat:
            members = [part.c(f"f{number}", declared) for number, part in self._numbered()]
            declared.append(f"struct s{len(declared)} {{ {' '.join(members)} }};")
            base = f"struct s{len(declared) - 1}"
        else:
            base = C_TYPES[self.dtype or "u1"][0]
        sizes = "".join(f"[{count}]" for count in self.shape)
        if self.varies:
            return f"struct {{ uint64_t length; {base} room[{self.most}]{sizes}; }} {name};"
        return f"{base} {name}{sizes};"

    def _numbered(self) -> list[tuple[int, "Part"]]:
        return list(enumerate(self.element._parts))


def made(record: Part, values: list[Any]) -> Any:
    """Return a value of a record's class."""
    named = dict(zip((name for name, _ in record.fields), values, strict=True))
    return named if record.how == "dict" else record.cls(**named)


def random_record(dice: random.Random, depth: int = 0, *, fixed: bool = False) -> Part:
    """Return a record; a fixed one has only what numpy has."""
    parts = [_random_part(dice, depth, fixed=fixed) for _ in range(dice.randint(1, 6))]
    # A dict has no annotations, and so nothing to say how long an array may be.
    ways = ["dict", "tuple", "data"][any(part.kind == "rows" for part in parts) :]
    return Part("record", how=dice.choice(ways), parts=parts)


def _random_part(dice: random.Random, depth: int, *, fixed: bool) -> Part:
    kinds = ["scalar"] * 8 + ["array"] * 3
    if not fixed:
        kinds += ["text", "bytes", "rows", "list"]
    if depth < DEEPEST and not fixed:
        kinds += ["record", "record", "records", "table"]
    kind = dice.choice(kinds)
    most, sizes = dice.randint(1, 9), [dice.randint(1, 4) for _ in range(dice.randint(1, 3))]
    if kind == "record":
        return random_record(dice, depth + 1)
    if kind in ("records", "table"):
        element = random_record(dice, depth + 1, fixed=kind == "table")
        size = {"most": most} if kind == "records" else {"shape": (*sizes,)}
        return Part(kind, element=element, **size)
    if kind in ("text", "bytes"):
        return Part(kind, most=most)
    if kind == "list":
        return Part(kind, dtype=dice.choice(["b1", "i8", "f8"]), most=most)
    dtype = dice.choice([*C_TYPES])
    if kind == "rows":
        return Part(kind, dtype=dtype, shape=(*sizes[1:],), most=most)
    return Part(kind, dtype=dtype, shape=(*sizes,) if kind == "array" else ())
