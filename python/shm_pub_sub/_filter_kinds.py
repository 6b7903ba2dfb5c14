"""The kinds of results that parts of a filter have, so that what cannot be is refused at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ._paths import PathError, part_spec
from ._patterns import Step
from ._spec import Spec

_PLURALS = {
    "number": "numbers",
    "complex": "complex numbers",
    "text": "texts",
    "bytes": "bytes",
    "record": "records",
}


class NotOfKinds(Exception):
    """An operator or a function is not for such operands."""


class Kind(NamedTuple):
    """A kind of result: a number (a bool is one), complex, text, bytes or a record."""

    name: str
    is_many: bool = False
    """Whether it is an array or a list of these."""
    spec: Spec | None = None
    """The type, if it is a part of the value."""

    def __str__(self) -> str:
        if self.spec is not None:
            return self.spec.name
        if self.is_many:
            return _PLURALS[self.name]
        return {"number": "a number", "record": "a record"}.get(self.name, self.name)

    def part(self, steps: Sequence[Step]) -> Kind:
        """Return the kind of a part; raises PathError if there is none."""
        if self.spec is None:
            raise PathError(f"found {self}, which has no parts")
        return kind_of_spec(part_spec(self.spec, steps))


def kind_of_spec(spec: Spec) -> Kind:
    """Return the kind of a type's values."""
    is_many = spec.kind in ("array", "list") and (spec.kind == "list" or bool(spec.shape))
    if spec.record is not None:
        return Kind("record", is_many, spec)
    if spec.kind in ("text", "bytes"):
        return Kind(spec.kind, False, spec)
    return Kind("complex" if spec.dtype.startswith("c") else "number", is_many, spec)


def field_kind(spec: Spec, name: str) -> Kind:
    """Return the kind of a field, or of the value itself."""
    has_fields = spec.record is not None and spec.kind != "list"
    if name == "value" and not (has_fields and name in [f.name for f in spec.record.fields]):
        return kind_of_spec(spec)
    if not has_fields:
        raise PathError(f"found no field {name!r} in {spec.name}; expected `value` for the value")
    return kind_of_spec(part_spec(spec, (name,)))


def operated(left: Kind, symbol: str, right: Kind) -> Kind:
    """Return the kind of left + right, for any of the operators."""
    for each in (left, right):
        if each.name not in ("number", "complex"):
            raise NotOfKinds(f"found {each} with {symbol}; expected numbers")
    name = "complex" if "complex" in (left.name, right.name) else "number"
    if name == "complex" and symbol in ("//", "%"):
        raise NotOfKinds(f"found complex numbers with {symbol}; expected real numbers")
    return Kind(name, left.is_many or right.is_many)


def compared(operands: Sequence[Kind], symbols: Sequence[str]) -> Kind:
    """Return the kind of a chain of comparisons."""
    is_many = False
    for left, symbol, right in zip(operands, symbols, operands[1:], strict=False):
        is_in = symbol.endswith("in")
        found = {left.name, right.name}
        if is_in:
            fits = left.name == right.name and not left.is_many
            fits &= left.name == "text" or (left.name == "number" and right.is_many)
            expected = "text in a text, or a number in an array or list"
        elif symbol in ("==", "!="):
            fits = found in ({"text"}, {"number"}, {"complex"}, {"number", "complex"})
            expected = "two numbers, or two texts"
        else:
            fits = found in ({"text"}, {"number"})
            expected = "two numbers, or two texts"
        if not fits:
            raise NotOfKinds(f"found {left} {symbol} {right}; expected {expected}")
        is_many |= not is_in and (left.is_many or right.is_many)
    return Kind("number", is_many)


def called(name: str, arguments: Sequence[Kind]) -> Kind:
    """Return the kind of a function's result."""
    found = ", ".join(map(str, arguments)) or "nothing"
    first = arguments[0] if arguments else None
    alone = first if len(arguments) == 1 else None
    if name == "abs":
        if alone is not None and alone.name in ("number", "complex"):
            return Kind("number", alone.is_many)
        raise NotOfKinds(f"found abs({found}); expected a number, or an array of them")
    if name == "len":
        if alone is not None and (alone.is_many or alone.name in ("text", "bytes")):
            return Kind("number")
        raise NotOfKinds(f"found len({found}); expected an array, a list, text or bytes")
    if alone is not None and alone.is_many and alone.name == "number":
        return Kind("number")
    if name in ("any", "all"):
        raise NotOfKinds(f"found {name}({found}); expected an array or list of numbers")
    if len(arguments) > 1 and all(a.name == "number" and not a.is_many for a in arguments):
        return Kind("number")
    raise NotOfKinds(f"found {name}({found}); expected an array or list of numbers, or two numbers")
