"""The record of a default: which fields its class has, and how C makes one."""

from __future__ import annotations

from ._annotations import Annotation, annotations_of
from ._arguments import kind_of, really_is, short_repr
from ._records import MAX_FIELDS, Field, laid_out
from ._records_fields import field_of
from ._records_kinds import fields_of, in_memory
from ._records_made import how_made
from ._records_memory import record_in_memory
from ._records_place import check_field_name, checked, is_name, too_many

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._records import RecordSpec
    from ._records_place import Place


def record_of(place: Place, default: Any, elements: list[Any] | None = None) -> RecordSpec:
    """Return the record of a default, or of a list of them, of which default is the first."""
    if in_memory(default):
        record = record_in_memory(place, default)
    elif really_is(default, dict):
        record = _of_dict(place, default)
    else:
        record = _of_class(place, default)
    for n, each in enumerate(elements or ()):
        if n == 0:
            continue
        if type(each) is not type(default):
            raise place.wrong(
                f"a list of {kind_of(default)} and {kind_of(each)}", "records of one class"
            )
        if record_of(place, each).descriptor != record.descriptor:
            raise place.wrong(
                f"{short_repr(each)} as another element, of another layout",
                f"records of {record}",
            )
    return record


def _of_dict(place: Place, default: dict[Any, Any]) -> RecordSpec:
    inside = place.inside(dict)
    if not default:
        raise place.wrong("an empty dict", "1 field or more", "write the fields, with defaults")
    for key in default:
        if not really_is(key, str):
            raise place.wrong(f"the key {short_repr(key)}", "a str", "write a list or an array")
    notes = dict.fromkeys(default, True)
    return _laid_out(inside, "", dict, "dict", notes, {}, dict(default))


def _of_class(place: Place, default: Any) -> RecordSpec:
    cls: Any = type(default)
    inside = place.inside(cls)
    names = fields_of(cls) or {}
    if not names:
        raise place.wrong(f"{kind_of(default)} without fields", "1 field or more")
    if issubclass(cls, tuple) and tuple.__len__(default) != len(names):
        raise place.wrong(
            f"{kind_of(default)} of {tuple.__len__(default)} elements",
            f"{len(names)}: {', '.join(names)}",
        )
    values = {}
    for name in names:
        try:
            values[name] = getattr(default, name)
        except AttributeError:
            raise inside.at(name).wrong(
                f"no value in the default {kind_of(default)}", "a value, which gives the type"
            ) from None
    name = cls.__name__ if is_name(cls.__name__) else ""
    return _laid_out(
        *(inside, name, cls, how_made(place, cls, names), names),
        *(annotations_of(cls), values),
    )


def _laid_out(
    place: Place,
    name: str,
    cls: type,
    how: Any,
    names: dict[str, bool],
    notes: dict[str, Annotation],
    values: dict[str, Any],
) -> RecordSpec:
    if len(names) > MAX_FIELDS:
        raise too_many(place)
    fields: list[Field] = []
    for key, init in names.items():
        check_field_name(place, key)
        note = notes.get(key) or Annotation()
        fields.append(field_of(place.at(key), str.__str__(key), values[key], note, init, record_of))
    return checked(place, laid_out(name, cls, how, fields))
