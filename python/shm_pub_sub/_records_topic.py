"""Topics of records: what spec_of() knows of them once there is one."""

from __future__ import annotations

from ._records_classes import record_of
from ._records_memory import record_of_dtype
from ._records_place import Place
from ._spec import Spec

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._records import RecordSpec


def record_spec(what: str, default: Any) -> Spec:
    """Return the type of a topic of single records."""
    record = record_of(Place(what), default)
    spec = Spec("record", record.cls, default, record=record)
    spec.default = record.copied(default)
    return spec


def record_of_list(what: str, default: list[Any]) -> RecordSpec:
    """Return the record that the elements of a topic's lists are."""
    return record_of(Place(what).element(0), default[0], default)


def record_of_array(what: str, dtype: Any) -> RecordSpec:
    """Return the record that the elements of a topic's arrays are."""
    return record_of_dtype(Place(what), dtype)
