"""The type of a record's field, by its default and its annotation."""

from __future__ import annotations

from ._annotations import Annotation, is_annotated
from ._arguments import first_that_is, kind_of, not_utf8, really_is, short_repr
from ._arrays import array, scalar, shape_of
from ._defaults import example_of, words
from ._errors import RangeError, TopicValueError
from ._records import Field
from ._records_kinds import is_record
from ._records_memory import record_of_dtype
from ._records_place import plain
from ._spec import LISTS, Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, TypeAlias

    from ._records import RecordSpec
    from ._records_place import Place

    # What makes the record of a default, and of the list of which it is the first.
    _Nested: TypeAlias = Callable[[Place, Any, list[Any] | None], RecordSpec]

_EXPECTED: Final = "a number, text, bytes, a list, an array, an Enum or a record"
_NUMBERS: Final = (bool, int, float, complex)
_DTYPES: Final = {**LISTS, complex: "c16"}


def field_of(
    place: Place, name: str, default: Any, note: Annotation, init: bool, nested: _Nested
) -> Field:
    """Return the field of that name; where it begins is found later."""
    if is_annotated(default):  # in a dict, which has no annotations
        note = Annotation(default)
        default = _made(place, note)
    if note.optional:
        raise place.wrong(
            f"the annotation {note.text}",
            "a type that is always there",
            "write a value that stands for none, such as float('nan'), or a bool beside it",
        )
    members = _members(default)
    spec = _enum(place, default, members) if members else _spec(place, default, note, nested)
    return Field(name, spec, enum=members, init=init, unit=note.unit)


def _spec(place: Place, default: Any, note: Annotation, nested: _Nested) -> Spec:
    if really_is(default, *_NUMBERS):
        return _number(place, default, note)
    if really_is(default, str, bytes):
        return _text(place, default, note)
    if really_is(default, list):
        return _list(place, default, note, nested)
    if is_record(default):
        record = nested(place, default, None)
        return Spec("record", record.cls, record.copied(default), record=record)
    number = scalar(place.what, default)
    if number is not None:
        dtype = number.dtype or LISTS[number.type]
        return Spec("scalar", number.type, number.default, dtype=dtype)
    return _array(place, default, note)


def _number(place: Place, default: Any, note: Annotation) -> Spec:
    cls: Any = first_that_is(default, _NUMBERS)
    if cls is int and note.type in (float, complex):
        cls = note.type  # PEP 484: an int is one, too
    elif cls is float and note.type is complex:
        cls = complex
    exact: Any = cls.__new__(cls, default) if cls is not int else int.__index__(default)
    if cls is int and not -(2**63) <= exact < 2**63:
        raise RangeError(
            f"{place.what}: found {short_repr(exact)}; expected a signed 64-bit int; write a float"
        )
    return Spec("scalar", cls, exact, dtype=_DTYPES[cls])


def _text(place: Place, default: Any, note: Annotation) -> Spec:
    cls: Any = str if really_is(default, str) else bytes
    most = _bound(place, note, cls.__name__)
    exact = cls.__getitem__(default, slice(None))
    if cls is str and (at := not_utf8(exact)) is not None:
        raise TopicValueError(
            f"{place.what}: found a lone surrogate at character {at}; expected text that UTF-8 "
            "can encode"
        )
    size = len(exact.encode() if cls is str else exact)
    if size > most:
        raise place.too_long(f"a default of {size} bytes", most)
    return Spec("text" if cls is str else "bytes", cls, exact, most=most)


def _bound(place: Place, note: Annotation, kind: str) -> int:
    """Return how many bytes a text has, which its annotation must say."""
    if note.bound is None:
        raise place.wrong(
            f"{kind} without a size" + _why(note),
            "its greatest length in bytes",
            f"write Annotated[{kind}, 32]",
        )
    if note.bound < 1:
        raise place.wrong(f"Annotated[{kind}, {note.bound}]", "1 byte or more")
    bound: int = note.bound
    return bound


def _list(place: Place, default: list[Any], note: Annotation, nested: _Nested) -> Spec:
    most = note.bound if note.is_bound else None
    if default and is_record(default[0]):
        record = nested(place.element(0), default[0], default)
        spec = Spec("list", list, [], most=most or len(default), record=record)
        spec.default = spec.exact(default)
    else:
        cls = _element(place, default, note)
        exact = [
            _number(place.element(n), x, Annotation(cls)).default for n, x in enumerate(default)
        ]
        spec = Spec("list", list, exact, dtype=LISTS[cls], most=most or len(default))
    if not spec.max:
        raise place.wrong(
            "an empty list" + _why(note),
            "its greatest length",
            "write Annotated[list[float], MaxSize(16)], or a default of as many elements",
        )
    if len(default) > spec.max:
        raise place.too_long(f"a default of {len(default)} elements", spec.max)
    return spec


def _element(place: Place, default: list[Any], note: Annotation) -> type:
    """Return which of bool, int and float a list's elements are."""
    wanted: Any = (getattr(note.type, "__args__", None) or (None,))[0]
    if not default:
        if wanted in LISTS:
            kind: type = wanted
            return kind
        if note.is_bound and isinstance(wanted, type):  # of records: a list of one gives the type
            raise place.wrong(
                "an empty list" + _why(note),
                "an example of its elements in the default; what is published may be empty",
                f"write field(default_factory=lambda: [{example_of(wanted)}])",
            )
        raise place.wrong(
            "an empty list" + _why(note),
            "its elements' type and its greatest length",
            "write Annotated[list[float], MaxSize(16)], or one element such as [0.0]; of records "
            "[Detection()]",
        )
    kinds = set(map(type, default))
    if wanted is float and kinds <= {int, float}:
        return float
    cls = kinds.pop() if len(kinds) == 1 else object
    if cls not in LISTS:
        found, expected, hint = words(default)
        raise place.wrong(found, expected, hint)
    return cls


def _array(place: Place, default: Any, note: Annotation) -> Spec:
    shape = shape_of(default)
    if shape is None:
        raise _refused(place, default)
    if note.is_bound and not shape:
        raise place.wrong(
            "MaxSize for an array without axes", "an array of one axis or more: the first varies"
        )
    if note.is_bound and shape[0] > note.bound:
        raise place.too_long(f"a default of shape {list(shape)}", note.bound)
    if 0 in shape[1:]:
        raise place.wrong(
            f"an array of shape {list(shape)}, without elements", "1 or more along each axis"
        )
    if not note.is_bound and 0 in shape[:1]:
        raise place.wrong(
            f"an array of shape {list(shape)}, without elements" + _why(note),
            "1 or more along each axis",
            "write Annotated[npt.NDArray[np.float32], MaxSize(1024)] for a first axis that varies",
        )
    names = getattr(getattr(default, "dtype", None), "names", None)
    record = None if names is None else record_of_dtype(place, default.dtype)
    bound = note.bound if note.is_bound else None
    return array(place.what, default, bound, record=record)


def _members(default: Any) -> Any:
    """Return the Enum that default is a member of."""
    from sys import modules

    enum = getattr(modules.get("enum"), "Enum", None)
    return type(default) if isinstance(enum, type) and really_is(default, enum) else None


def _enum(place: Place, default: Any, cls: Any) -> Spec:
    values = [member.value for member in cls.__members__.values()]
    for kind in (bool, int, float, str):
        if all(type(value) is kind for value in values):
            break
    else:
        kinds = ", ".join(dict.fromkeys(map(kind_of, values)))
        raise place.wrong(
            f"{kind_of(default)}, whose values are {kinds}",
            "an Enum whose values are all bool, all int, all float or all str",
        )
    if kind is float and any(value != value for value in values):
        raise place.wrong(
            f"{kind_of(default)}, with the value nan",
            "values that are equal to themselves, which say the member",
            "write another number for it",
        )
    if kind is str:
        if any(not_utf8(value) is not None for value in values):
            raise place.wrong(
                f"{kind_of(default)}, with a lone surrogate in a value",
                "text that UTF-8 can encode",
            )
        most = max(1, *(len(value.encode()) for value in values))
        return Spec("text", cls, default, most=most)
    if kind is int and not all(-(2**63) <= value < 2**63 for value in values):
        raise RangeError(
            f"{place.what}: found {kind_of(default)}, with a value that a signed 64-bit int cannot "
            "hold; expected smaller ones"
        )
    return Spec("scalar", cls, default, dtype=LISTS[kind])


def _made(place: Place, note: Annotation) -> Any:
    """Return the default of an Annotated in a dict."""
    cls = getattr(note.type, "__origin__", note.type)
    if cls in (bool, int, float, complex, str, bytes, list):
        return cls()
    raise place.wrong(
        note.text,
        "a value, or Annotated[str, 32] and the like",
        "write np.zeros(shape, dtype) for an array; one whose first axis varies is a dataclass's",
    )


def _why(note: Annotation) -> str:
    """Return why an annotation says nothing."""
    if note.trouble:
        return f", and the annotation {note.text}, which cannot be evaluated ({note.trouble})"
    return ""


def _refused(place: Place, default: Any) -> Exception:
    """Return the error for a default that gives a field no type."""
    found, expected, hint = words(default)
    if default is None:
        found, hint = "None", "write a value of its type, such as 0.0"
    elif really_is(default, tuple):
        hint = "write a list, an array, or a NamedTuple"
    elif really_is(default, set, frozenset):
        hint = "write a list, such as sorted(x)"
    elif isinstance(default, type) or is_annotated(default):
        pass
    else:
        found = plain(default) if found == kind_of(default) else found
    if expected.startswith("a bool"):
        expected = _EXPECTED
    return place.wrong(found, expected, hint)
