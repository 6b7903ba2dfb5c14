"""What annotations of a record's fields say: sizes and units, and how they are read."""

from __future__ import annotations

import re
import sys

from ._arguments import integer, kind_of, really_is, short_repr
from ._errors import TopicTypeError, TopicValueError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, NoReturn


_FORWARD = r"ForwardRef\('([^']+)'(?:, [^()]*)?\)"


class _Note:
    """An immutable part of Annotated[...]."""

    __slots__ = ("_value",)

    _value: Any

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._value == other._value

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._value,)


class MaxSize(_Note):
    """The greatest length of a record's field, in `Annotated[list[float], MaxSize(16)]`.

    Of str and bytes in bytes (UTF-8), of a list in elements, of an array along its first axis.
    """

    __slots__ = ()

    def __init__(self, size: int, /) -> None:
        number = integer("MaxSize", size, "an int such as 32")
        if number < 1:
            raise TopicValueError(f"MaxSize: found {short_repr(number)}; expected 1 or more")
        object.__setattr__(self, "_value", number)

    @property
    def size(self) -> int:
        """The greatest length."""
        number: int = self._value
        return number


class Unit(_Note):
    """The unit of a record's field, in `Annotated[float, Unit("m/s^2")]`."""

    __slots__ = ()

    def __init__(self, unit: str, /) -> None:
        if not really_is(unit, str):
            raise TopicTypeError(f"Unit: found {kind_of(unit)}; expected a str such as 'm/s^2'")
        object.__setattr__(self, "_value", str.__str__(unit))

    @property
    def unit(self) -> str:
        """The unit."""
        text: str = self._value
        return text


class Annotation:
    """What a field's annotation says."""

    __slots__ = ("bound", "is_bound", "optional", "text", "trouble", "type", "unit")

    def __init__(self, annotation: Any = None, trouble: str = "") -> None:
        self.text = annotation if isinstance(annotation, str) else written(annotation)
        self.trouble = trouble
        """Why it, or a part of it, cannot be evaluated."""
        self.bound: Any = None
        """The first int in Annotated, or MaxSize's."""
        self.is_bound = False
        """Whether it is MaxSize's, which nobody else writes."""
        self.unit = ""
        if trouble:
            annotation = None
        while _origin(annotation) == "Final":
            annotation = annotation.__args__[0]
        for note in getattr(annotation, "__metadata__", ()):
            if really_is(note, MaxSize):
                self.bound, self.is_bound = note.size, True
            elif really_is(note, Unit):
                self.unit = note.unit
            elif really_is(note, int) and not really_is(note, bool) and self.bound is None:
                self.bound = note
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        self.type = annotation
        """Without Annotated; a type, a generic alias, or None if it is not known."""
        self.optional = _is_union(annotation) and type(None) in annotation.__args__


def is_annotated(value: object) -> bool:
    """Report whether value is Annotated[...] itself."""
    return hasattr(value, "__metadata__") and hasattr(value, "__origin__")


def annotations_of(cls: type) -> dict[str, Annotation]:
    """Return what the annotations in a class and its bases say, each evaluated by itself.

    One that names what only type checkers import, or what a function keeps to itself, has trouble.
    """
    return {
        name: _evaluated(found, base)
        for base in reversed(cls.__mro__)
        for name, found in _own(base).items()
    }


def _own(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        found = get_annotations(cls, format=Format.FORWARDREF)
        # Python's own names stand in Missing[__annotationlib_name_1__] for what is no name.
        if odd := [name for name, one in found.items() if "__annotationlib_" in _reference(one)]:
            texts = get_annotations(cls, format=Format.STRING)
            found.update((name, texts[name]) for name in odd)
        return found
    from inspect import get_annotations

    return get_annotations(cls)


def _evaluated(found: Any, cls: type) -> Annotation:
    text = found if isinstance(found, str) else _reference(found)
    if not text:
        note = Annotation(found)
        for part in _references(found):  # Python 3.14 evaluates the others
            note.trouble = note.trouble or _evaluated(part, cls).trouble
        return note
    module = sys.modules.get(cls.__module__)
    names = {} if module is None else vars(module)
    own = {p.__name__: p for p in getattr(cls, "__type_params__", ())}
    try:
        return Annotation(eval(text, names, {**own, **vars(cls)}))
    except Exception as error:
        return Annotation(text, f"{type(error).__name__}: {error}")


def _reference(annotation: Any) -> str:
    """Return what a ForwardRef refers to; "" for others."""
    return getattr(annotation, "__forward_arg__", "")


def _references(annotation: Any) -> list[str]:
    """Return what the ForwardRefs in an annotation refer to."""
    text = repr(annotation)
    return re.findall(_FORWARD, text) if "ForwardRef(" in text else []


def _is_union(annotation: Any) -> bool:
    return type(annotation).__name__ in ("UnionType", "Union") or _origin(annotation) == "Union"


def _origin(annotation: Any) -> str:
    return getattr(getattr(annotation, "__origin__", None), "_name", None) or ""


def written(annotation: Any) -> str:
    """Return an annotation as somebody would write it."""
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__name__
    text = repr(annotation)
    if "ForwardRef(" in text:
        text = re.sub(_FORWARD, r"\1", text)
    return text.replace("typing.", "")
