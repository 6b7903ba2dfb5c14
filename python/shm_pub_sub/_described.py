"""Types as descriptors describe them, which come from topics' files, or from those of others."""

from __future__ import annotations

from ._arguments import not_utf8
from ._errors import TopicValueError
from ._extension import load
from ._go import from_go
from ._spec import Spec
from ._topics import NUMBERS, python_type

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ._records import RecordSpec


def spec_of_descriptor(descriptor: str, metadata: Mapping[str, Any] | None = None) -> Spec:
    """Return the type that a descriptor describes; its default is None unless it is a number.

    Records are NamedTuples, or dicts if a name can be no attribute; elements of arrays are numpy's
    if that is imported.

    Args:
        descriptor: "bool", "int", "float" or canonical JSON, as inspect_typed() returns it.
        metadata: The topic's, whose units the fields of records get.

    Raises:
        TopicValueError: It is no descriptor of a topic's type (a ValueError).
    """
    if descriptor in NUMBERS:
        cls = NUMBERS[descriptor]
        return Spec(descriptor, cls, cls())
    if not_utf8(descriptor) is not None or "\0" in descriptor:
        raise TopicValueError("found a type descriptor that is not text; expected JSON")
    try:
        load().bind_CheckDescriptor(descriptor)
    except RuntimeError as error:
        raise from_go(error) from None
    from ._records_read import spec_of

    spec = spec_of(descriptor, python_type(descriptor))
    if spec.record is not None and metadata:
        _set_units(spec.record, metadata)
    return spec


def _set_units(record: RecordSpec, metadata: Mapping[str, Any]) -> None:
    """Give the fields their units. What is not of the form that publishers write has none."""
    about = metadata.get("fields")
    for field in record.fields:
        own = about.get(field.name) if isinstance(about, dict) else None
        if isinstance(own, dict):
            unit = own.get("unit")
            field.unit = unit if isinstance(unit, str) else ""
            if field.spec.record is not None:
                _set_units(field.spec.record, own)
