"""Where in a default something was found, for the errors about it."""

from __future__ import annotations

from ._arguments import kind_of, short_repr
from ._errors import TopicTypeError, TopicValueError
from ._records import MAX_BYTES, MAX_DEPTH, MAX_FIELDS

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any, Final

    from ._records import RecordSpec

MAX_NAME: Final = 255  # characters: MaxName in internal/descriptor/record.go


class Place:
    """A default, a field in it, or an element of a list in it."""

    __slots__ = ("_classes", "_path", "_topic")

    def __init__(self, topic: str, path: str = "", classes: tuple[type, ...] = ()) -> None:
        self._topic = topic
        self._path = path
        self._classes = classes

    @property
    def what(self) -> str:
        """What begins the text of an error."""
        return f"{self._topic}, field {self._path}" if self._path else self._topic

    def at(self, name: str) -> Place:
        """Return the place of a field."""
        path = f"{self._path}.{name}" if self._path else name
        return Place(self._topic, path, self._classes)

    def element(self, index: int) -> Place:
        """Return the place of an element of a list."""
        return Place(self._topic, f"{self._path}[{index}]", self._classes)

    def inside(self, cls: type) -> Place:
        """Return the place of the fields of a record, which is in few enough others."""
        if cls in self._classes and not issubclass(cls, dict) and not hasattr(cls, "dtype"):
            raise self.wrong(
                f"a {cls.__qualname__} in a {cls.__qualname__}",
                "a type that is not recursive, as records have one size",
                "write a list of records, with the index of the other one as a field",
            )
        if len(self._classes) == MAX_DEPTH:
            raise self.wrong(
                f"records nested deeper than {MAX_DEPTH}",
                "fewer levels",
                "write their fields into the record that they are in",
            )
        return Place(self._topic, self._path, (*self._classes, cls))

    def wrong(self, found: str, expected: str, hint: str = "") -> TopicTypeError:
        """Return the error."""
        text = f"{self.what}: found {found}; expected {expected}"
        return TopicTypeError(f"{text}; {hint}" if hint else text)

    def too_long(self, found: str, most: int) -> TopicValueError:
        """Return the error for a default that is longer than the field."""
        return TopicValueError(
            f"{self.what}: found {found}; expected {most} at most; write a larger size in its "
            "annotation, or a shorter default"
        )


def plain(value: Any) -> str:
    """Return what was found, with its value."""
    return "None" if value is None else f"{kind_of(value)} {short_repr(value)}"


def checked(place: Place, record: RecordSpec) -> RecordSpec:
    """Return a record that is not too large."""
    if record.count > MAX_FIELDS:
        raise too_many(place)
    if record.size > MAX_BYTES:
        raise place.wrong(f"a record of {record.size} bytes", f"{MAX_BYTES} at most")
    return record


def too_many(place: Place) -> Exception:
    """Return the error for a record of too many fields."""
    return place.wrong(
        f"more than {MAX_FIELDS} fields in all", "fewer", "write arrays for those of one type"
    )


def check_field_name(place: Place, name: str) -> None:
    """Raise unless a field may have that name."""
    if not is_name(name):
        raise place.wrong(
            f"a field named {short_repr(name)}",
            f'1 to {MAX_NAME} printable characters without " and \\',
        )


def is_name(name: str) -> bool:
    """Report whether a record or a field may have that name."""
    return 0 < len(name) <= MAX_NAME and name.isprintable() and not {'"', "\\"} & {*name}
