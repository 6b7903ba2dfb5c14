"""Records: where their fields are, by the C ABI, and what a program has for them."""

from __future__ import annotations

from math import prod

from . import _hot
from ._spec import Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum
    from typing import Any, Final

MAX_BYTES: Final = 2**40
MAX_FIELDS: Final = 1000  # in all: MaxFields in internal/descriptor/record.go
MAX_DEPTH: Final = 8  # records in one another: MaxDepth there
MAX_NAMES: Final = 8192  # characters of the names of enums' members in metadata
LENGTH: Final = 8  # bytes before the room of a field that varies


class Field:
    """A field of a record: its type, and where it begins."""

    __slots__ = ("enum", "init", "name", "offset", "spec", "unit")

    def __init__(
        self,
        name: str,
        spec: Spec,
        offset: int = 0,
        *,
        enum: type[Enum] | None = None,
        init: bool = True,
        unit: str = "",
    ) -> None:
        self.name = name
        self.spec = spec
        self.offset = offset
        self.enum = enum
        """The Enum of which its values are members."""
        self.init = init
        """Whether its class takes it as an argument."""
        self.unit = unit

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.offset + size_of(self.spec)


class RecordSpec:
    """A record's type: immutable.

    how is how C makes its values ("how" in hot/record.h); cls is their class, dtype numpy's.
    """

    __slots__ = ("_codec", "align", "cls", "dtype", "fields", "gaps", "how", "name", "size")

    def __init__(
        self,
        name: str,
        cls: type,
        how: _hot._How,
        fields: tuple[Field, ...],
        size: int,
        align: int,
        dtype: Any = None,
    ) -> None:
        self.name = name
        self.cls = cls
        self.how: _hot._How = how
        self.fields = fields
        self.size = size
        self.align = align
        self.dtype = dtype
        self.gaps = tuple(_gaps(self))
        self._codec: _hot.Record | None = None

    @property
    def codec(self) -> _hot.Record:
        """What C knows of it."""
        if self._codec is None:
            fields = tuple(map(_for_c, self.fields))
            with_class = self.how not in ("dict", "numpy")
            cls = self.cls if with_class else None
            self._codec = _hot.Record(self.how, cls, self.size, fields, self.gaps, dtype=self.dtype)
        return self._codec

    @property
    def descriptor(self) -> str:
        """The descriptor in canonical JSON. Names need no escapes in it."""
        name = f'"name":"{self.name}",' if self.name else ""
        fields = ",".join(
            f'["{field.name}",{_descriptor(field.spec)},{field.offset}]' for field in self.fields
        )
        return f'{{"kind":"record",{name}"size":{self.size},"fields":[{fields}]}}'

    @property
    def count(self) -> int:
        """The number of fields, with those of the records in it."""
        parts: Iterable[RecordSpec | None] = (field.spec.record for field in self.fields)
        return len(self.fields) + sum(part.count for part in parts if part is not None)

    def about(self) -> dict[str, Any]:
        """Return the metadata of fields that have units or are enums, and of records in it."""
        return self._about([MAX_NAMES])

    def _about(self, room: list[int]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field in self.fields:
            inner = {} if field.spec.record is None else field.spec.record._about(room)
            names = _names_of(field, room)
            values = {"values": names} if names else {}
            own: dict[str, Any] = {"unit": field.unit, "attributes": values, "fields": inner}
            own = {key: value for key, value in own.items() if value}
            if own:
                found[field.name] = own
        return found

    def value_of(self, value: Any, name: str) -> Any:
        """Return a field of a value."""
        return value[name] if self.how in ("dict", "numpy") else getattr(value, name)

    def copied(self, value: Any) -> Any:
        """Return a copy of a value, as it is read: of exactly the class, and its fields as well."""
        if self.how == "numpy":
            return value.copy()
        cls: Any = self.cls
        if self.how == "raw":
            return cls.from_buffer_copy(value)
        fields = {}
        for field in self.fields:
            own = self.value_of(value, field.name)
            if hasattr(own, "__metadata__"):  # Annotated, in the default of a dict
                own = field.spec.default
            fields[field.name] = own if field.enum is not None else field.spec.exact(own)
        if self.how == "dict":
            return fields
        if self.how == "tuple":
            return tuple.__new__(cls, fields.values())
        if self.how == "direct":
            made, late = object.__new__(cls), fields
        else:
            made = cls(**{f.name: fields[f.name] for f in self.fields if f.init})
            late = {f.name: fields[f.name] for f in self.fields if not f.init}
        for name, own in late.items():
            object.__setattr__(made, name, own)
        return made

    def __str__(self) -> str:
        fields = ", ".join(f"{shown_name(field.name)}: {field.spec}" for field in self.fields)
        return f"{shown_name(self.name)}{{{fields}}}"


def shown_name(name: str) -> str:
    """Return a name as a type's text has it: in quotes if it could be taken for more than that."""
    return f'"{name}"' if set(":,{}[]<") & {*name} or name.strip() != name else name


def _names_of(field: Field, room: list[int]) -> dict[str, int]:
    """Return the numbers of an enum's members by name; {} if there is no room left for them."""
    members = () if field.enum is None else field.enum.__members__.items()
    names = {name: int(each.value) for name, each in members if type(each.value) is int}
    size = sum(map(len, names))
    if size > room[0]:
        return {}
    room[0] -= size
    return names


def laid_out(name: str, cls: type, how: _hot._How, fields: Iterable[Field]) -> RecordSpec:
    """Return the record of these fields, each behind the one before, as C has it."""
    end, align = 0, 1
    placed = []
    for field in fields:
        own = align_of(field.spec)
        align = max(align, own)
        field.offset = up(end, own)
        end = field.end
        placed.append(field)
    return RecordSpec(name, cls, how, tuple(placed), up(end, align), align)


def up(number: int, multiple: int) -> int:
    """Return the least multiple that is not less than number."""
    return -(-number // multiple) * multiple


def is_variable(spec: Spec) -> bool:
    """Report whether a field of the type begins with its length."""
    return spec.kind in ("text", "bytes", "list") or None in spec.shape


def size_of(spec: Spec) -> int:
    """Return the bytes that a field of the type takes."""
    element = spec.record.size if spec.record is not None else int(spec.dtype[1:] or 1)
    if not is_variable(spec):
        return element * prod(n or 0 for n in spec.shape)
    rows = (spec.max or 0) * prod(n or 0 for n in spec.shape[1:])
    return LENGTH + up(element * rows, 8)


def align_of(spec: Spec) -> int:
    """Return the multiple at which a field of the type begins."""
    if is_variable(spec):
        return LENGTH
    if spec.record is not None:
        align: int = spec.record.align
        return align
    size = int(spec.dtype[1:])
    return size // 2 if spec.dtype[0] == "c" else size


def _descriptor(spec: Spec) -> str:
    return f'"<{spec.dtype}"' if spec.kind == "scalar" else spec.descriptor


def _gaps(record: RecordSpec) -> list[tuple[int, int]]:
    """Return what no field has: offset and size.

    Where C copies the bytes of a record, also that of the records in it; elsewhere those are
    cleared with what they are in.
    """
    whole = record.how in ("raw", "numpy")
    gaps: list[tuple[int, int]] = []
    end = 0
    for field in record.fields:
        gaps.append((end, field.offset - end))
        end = field.end
        part = field.spec.record
        if whole and part is not None and part.gaps:
            for start in range(field.offset, end, part.size):
                gaps.extend((start + offset, size) for offset, size in part.gaps)
    gaps.append((end, record.size - end))
    return [gap for gap in gaps if gap[1]]


def _for_c(field: Field) -> Any:
    spec = field.spec
    part = spec.make if spec.record is None else spec.record.codec
    shape, most = spec.shape, spec.max or 0
    return (
        *(field.name, field.offset, spec.kind, spec.dtype, shape, most, part),
        *(field.enum, field.init),
    )
