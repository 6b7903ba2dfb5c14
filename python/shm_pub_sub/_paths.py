"""Parts of values: `imu.ax`, `arm.position[3]`, `cloud[0,2]`, `scan.ranges[-1]`.

A part is a topic's name, then fields and indices. Names of topics may have dots and brackets too,
so a word may have several readings. The first of these that chooses a topic holds:

1. a topic of exactly that name,
2. a shell pattern of topics' names,
3. a part of a topic: of the longest name that is there, then of the longest pattern that matches.

A field whose name has a dot or a bracket is written `topic["name"]`.
"""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

from ._bare import element
from ._numpy import is_array
from ._patterns import Reading, Selection, Step, is_pattern
from ._records_kinds import fields_of
from ._spec import Spec
from ._text import listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP = re.compile(
    r'\.(?P<field>[^.\[\]"]+)|\["(?P<quoted>[^"]+)"\]'
    r"|\[(?P<indices>\s*-?\d{1,18}\s*(?:,\s*-?\d{1,18}\s*)*)\]"
)
_STEPS = re.compile(f"(?:{re.sub(r'[?]P<[a-z]+>', '?:', _STEP.pattern)})+")

_SCALARS = {"b": bool, "i": int, "u": int, "f": float, "c": complex}


class PathError(LookupError):
    """A value, or a type, has no such part."""


class Path(NamedTuple):
    """A topic, and the steps from its value to a part: none for the whole value."""

    topic: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """The word for it: imu.ax."""
        return self.topic + written(self.steps)


def written(steps: Sequence[Step], quoted: bool = True) -> str:
    """Return steps as in a word: `.position[3]`; quoted: names that have dots or brackets."""
    text, indices = "", False
    for step in steps:
        if isinstance(step, str):
            text += f'["{step}"]' if quoted and set('.[]"') & {*step} else f".{step}"
            indices = False
        else:
            text = f"{text[:-1]},{step}]" if indices else f"{text}[{step}]"
            indices = True
    return text


def candidates(word: str) -> list[Path]:
    """Return the word as a topic's name, then each reading of it as a part: longest topic first."""
    found = [Path(word)]
    for at in range(len(word) - 1, 0, -1):
        if word[at] in ".[" and _STEPS.fullmatch(word, at):
            found.append(Path(word[:at], _steps(word[at:])))
    return found


def _steps(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for match in _STEP.finditer(text):
        if match["indices"] is not None:
            steps += map(int, match["indices"].split(","))
        else:
            steps.append(match["field"] or match["quoted"])
    return tuple(steps)


class Selected(Selection):
    """A Selection whose words may be parts of values, too. The arguments are a Selection's."""

    def readings_of(self, word: str) -> tuple[Reading, ...]:
        name, *parts = candidates(word)
        whole = [Reading(name.topic, False), Reading(name.topic, True)]
        names = [Reading(topic, False, steps) for topic, steps in parts]
        patterns = [Reading(topic, True, steps) for topic, steps in parts if is_pattern(topic)]
        return (*whole[: 1 + is_pattern(word)], *names, *patterns)

    def expected_reading(self, word: str) -> Reading:
        """Return the word as a pattern, if it is nothing else, or as a name."""
        name, *others = self._readings[word]
        parts = [each for each in others if each.steps and not is_pattern(each.topic)]
        return others[0] if is_pattern(word) and not parts else name

    def paths(self, name: str) -> list[Path]:
        """Return what is selected of a topic that of() chose, in the order of the words."""
        if not self.words:
            return [Path(name)]
        readings = map(self.reading, self.words)
        found = dict.fromkeys(Path(name, each.steps) for each in readings if each.chooses(name))
        return [*found]


def part(value: Any, steps: Sequence[Step]) -> Any:
    """Return a part of a value, as an untyped Subscriber has it: itself, if there are no steps.

    Parts of arrays are views of them; a number of numpy's is returned as Python's, an element of
    a structured array as a dict. A field of an array of records is an array.

    Raises PathError if there is no such part.
    """
    for step in steps:
        value = _field(value, step) if isinstance(step, str) else _element(value, step)
    numpy = sys.modules.get("numpy")
    return _plain(value) if numpy is not None and isinstance(value, numpy.generic) else value


def _field(value: Any, name: str) -> Any:
    names = _names(value)
    if names is not None and name in names:
        return getattr(value, name) if fields_of(type(value)) is not None else value[name]
    if names is not None:
        raise PathError(no_field(name, kind_of(value), names))
    if type(value) is list and value and _names(value[0]) is not None:
        return [_field(each, name) for each in value]  # a structured array, without numpy
    raise PathError(f"found {kind_of(value)}, which has no field {name!r}")


def _names(value: Any) -> Sequence[str] | None:
    """Return the names of a record's fields, or None for anything else."""
    if isinstance(value, dict):
        return [*value]
    if (fields := fields_of(type(value))) is not None:
        return [*fields]
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.void)):
        return None
    found: Sequence[str] | None = value.dtype.names
    return found


def _element(value: Any, index: int) -> Any:
    try:
        if type(value) is memoryview and value.ndim:
            return element(value, index)
        if type(value) in (list, bytes) or (is_array(value) and value.ndim):
            return value[index]
    except IndexError:
        raise PathError(no_element(index, len(value))) from None
    raise PathError(f"found {kind_of(value)}, which has no element {index}")


def _plain(value: Any) -> Any:
    """Return a number of numpy's as Python's, and an element of a structured array as a dict."""
    names = value.dtype.names
    if names is None:
        return value.item()
    numpy = sys.modules["numpy"]
    fields = {name: value[name] for name in names}
    return {n: _plain(v) if isinstance(v, numpy.generic) else v for n, v in fields.items()}


def part_spec(spec: Spec, steps: Sequence[Step]) -> Spec:
    """Return the type of a part of a type's values; raise PathError if there is none.

    An index of an axis that varies may still be one too many for a value.
    """
    for step in steps:
        spec = _field_spec(spec, step) if isinstance(step, str) else _element_spec(spec, step)
    return spec


def _field_spec(spec: Spec, name: str) -> Spec:
    record = spec.record
    if record is None or spec.kind == "list":
        raise PathError(f"found {spec.name}, which has no field {name!r}")
    for field in record.fields:
        if field.name == name:
            if spec.kind == "record":
                return _normal(field.spec)
            if field.spec.kind in ("text", "bytes", "list") or None in field.spec.shape:
                raise PathError(
                    f"found {spec.name}, of which .{name} varies in length; expected an index first"
                )
            own = field.spec
            return Spec(
                *("array", list, None),
                dtype=own.dtype,
                shape=spec.shape + own.shape,
                most=spec.max,
                record=own.record,
            )
    raise PathError(no_field(name, record.name or "a record", [f.name for f in record.fields]))


def _element_spec(spec: Spec, index: int) -> Spec:
    length = spec.max
    if spec.kind == "array" and spec.shape:
        length = spec.shape[0] if spec.shape[0] is not None else spec.max
        found = Spec(
            "array", list, None, dtype=spec.dtype, shape=spec.shape[1:], record=spec.record
        )
        found = found if found.shape else _one(spec.dtype, spec.record)
    elif spec.kind == "list":
        found = _one(spec.dtype, spec.record)
    elif spec.kind == "bytes":
        found = _one("u1", None)
    else:
        raise PathError(f"found {spec.name}, which has no element {index}")
    if length is not None and not -length <= index < length:
        raise PathError(no_element(index, length))
    return found


def _one(dtype: str, record: Any) -> Spec:
    """Return the type of one element."""
    if record is not None:
        return Spec("record", tuple, None, record=record)
    return Spec("scalar", _SCALARS[dtype[0]], None, dtype=dtype)


def _normal(spec: Spec) -> Spec:
    return _one(spec.dtype, None) if spec.kind == "scalar" else spec


def no_field(name: str, what: str, names: Sequence[str]) -> str:
    """Return the error for a field that is not there."""
    return f"found no field {name!r} in {what}; expected {listed(names)}"


def no_element(index: int, count: int) -> str:
    """Return the error for an index that is not there."""
    if not count:
        return f"found index {index} of nothing; expected a value with elements"
    return f"found index {index} of {count} elements; expected {-count} to {count - 1}"


def kind_of(value: Any) -> str:
    """Return what kind of value it is, for an error."""
    if is_array(value) or (type(value) is memoryview and value.ndim > 1):
        return f"an array of shape {[*value.shape]}"
    if _names(value) is not None:
        return type(value).__name__ if isinstance(value, tuple) else "a record"
    names = {bool: "a bool", int: "an int", float: "a float", str: "text", list: "a list"}
    names[bytes] = names[memoryview] = "bytes"
    return names.get(type(value), type(value).__name__)
