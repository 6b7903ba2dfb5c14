"""Types from their text, as `list -t` prints it: `Imu{ax: float64}`, `float32[<=1000,3]`."""

from __future__ import annotations

import re

from ._described import spec_of_descriptor
from ._errors import TopicValueError
from ._records import MAX_DEPTH, Field, laid_out
from ._spec import DTYPES, LISTS, Spec, dtype_name

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Final, NoReturn

MAX_TEXT: Final = 4096
"""Bytes of text and bytes without a bound, as of a Publisher."""

EXPECTED: Final = (
    "expected float, int, bool, float32, uint8[480,640,3], float32[<=1000,3], str <= 200, "
    "bytes <= 4096, list[float] <= 7, or a record such as Imu{stamp: int64, ax: float64}"
)

_ALIASES: Final = {"int": "i8", "float": "f8"}  # as people write them in records
_DTYPES: Final = {dtype_name(dtype): dtype for dtype in sorted(DTYPES)} | _ALIASES
_NUMBERS: Final = {dtype: cls for cls, dtype in LISTS.items()}


def spec_of_text(text: str) -> Spec:
    """Return the type that a text describes. Records are laid out as C does.

    Text and bytes without a bound have up to 4096 bytes; int and float stand for int64 and float64
    in records, and the other way round elsewhere.

    Raises TopicValueError for anything else, or if it is too large (a ValueError).
    """
    reader = _Reader(text)
    spec = reader.type(0)
    if reader.at < len(text):
        reader.refuse("")
    if spec.kind == "scalar" and spec.dtype in _NUMBERS:
        return spec_of_descriptor(_NUMBERS[spec.dtype].__name__)
    try:
        return spec_of_descriptor(spec.descriptor)
    except TopicValueError:
        raise TopicValueError(
            f"type {text!r}: found no type that a topic can have: it is too large, or has no "
            "elements, too many fields, or two of one name"
        ) from None


class _Reader:
    """Reads a text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self._skip_spaces()

    def type(self, depth: int) -> Spec:
        begin = self.at
        quoted, name = self._name()
        if self._takes("{"):
            return self._array(self._record(name, depth))
        if quoted:
            self.refuse("'{' and fields after a name in quotes")
        if name == "list" and self._takes("["):
            return self._list(depth)
        if name in ("str", "bytes"):
            kind = "text" if name == "str" else "bytes"
            return Spec(kind, str, None, most=self._bound() or MAX_TEXT)
        if name not in _DTYPES:
            self.at = begin
            self.refuse("")
        return self._array(Spec("scalar", float, None, dtype=_DTYPES[name]))

    def _record(self, name: str, depth: int) -> Spec:
        if depth == MAX_DEPTH:
            self.refuse(f"records nested at most {MAX_DEPTH} deep")
        fields: list[Field] = []
        while not self._takes("}"):
            if fields and not self._takes(","):
                self.refuse("',' or '}'")
            quoted, field = self._name()
            if not (field or quoted) or not self._takes(":"):
                self.refuse("a field such as ax: float64")
            fields.append(Field(field, self.type(depth + 1)))
        return Spec("record", tuple, None, record=laid_out(name, tuple, "tuple", fields))

    def _list(self, depth: int) -> Spec:
        element = self.type(depth)
        is_number = element.kind == "scalar" and element.dtype in _NUMBERS
        if not is_number and element.kind != "record":
            self.refuse("a list of bool, int, float or records; others are arrays: float32[<=16]")
        if not self._takes("]"):
            self.refuse("']'")
        most = self._bound()
        if most is None:
            self.refuse("a maximum length: list[float] <= 16")
        return Spec("list", list, None, dtype=element.dtype, most=most, record=element.record)

    def _array(self, element: Spec) -> Spec:
        if not self._takes("["):
            return element
        axes: list[int | None] = []
        most = None
        while not self._takes("]"):
            if axes and not self._takes(","):
                self.refuse("',' or ']'")
            if not axes and self._takes("<="):
                most = self._number()
                axes.append(None)
            else:
                axes.append(self._number())
        return Spec(
            *("array", list, None),
            dtype=element.dtype,
            shape=tuple(axes),
            most=most,
            record=element.record,
        )

    def _bound(self) -> int | None:
        return self._number() if self._takes("<=") else None

    def _number(self) -> int:
        found = re.compile(r"\d{1,18}(?!\d)").match(self._text, self.at)
        if found is None:
            self.refuse("a number")
        self._move_to(found.end())
        return int(found[0])

    def _name(self) -> tuple[bool, str]:
        """Return a name, "" if there is none, and before it whether it is in quotes."""
        quoted = re.compile('"([^"]*)"').match(self._text, self.at)
        if quoted is not None:
            self._move_to(quoted.end())
            return True, quoted[1]
        found = re.compile(r'[^:,{}\[\]<"]*').match(self._text, self.at)
        assert found is not None
        self._move_to(found.end())
        return False, found[0].rstrip(" ")

    def _takes(self, text: str) -> bool:
        if not self._text.startswith(text, self.at):
            return False
        self._move_to(self.at + len(text))
        return True

    def _move_to(self, at: int) -> None:
        self.at = at
        self._skip_spaces()

    def _skip_spaces(self) -> None:
        while self._text.startswith(" ", self.at):
            self.at += 1

    def refuse(self, expected: str) -> NoReturn:
        found = repr(self._text[self.at :][:20]) if self.at < len(self._text) else "its end"
        what = f"expected {expected}" if expected else EXPECTED
        raise TopicValueError(
            f"type {self._text!r}: found {found} at character {self.at + 1}; {what}"
        )
