"""last() of dicts: a dict of arrays, whose leading axis has the values."""

from __future__ import annotations

import sys
from functools import partial

from ._record_loan import is_numpys
from ._spec import copied

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any

    from ._hot import Record


class Stack:
    """Collects values. What no array can hold, such as text, is in lists."""

    __slots__ = ("_makers", "_places")

    def __init__(self, record: Record, count: int) -> None:
        self._places: dict[str, Any] = {}
        self._makers: dict[str, Any] = {}  # of copies of arrays
        np = sys.modules["numpy"]
        for name, _, kind, dtype, shape, most, part, members, _ in record.fields:
            place: Any = []
            if kind == "record" and part.how == "dict":
                place = Stack(part, count)
            elif kind == "scalar" and members is None:
                place = np.empty(count, dtype)
            elif is_numpys(kind, part) and not most:
                place = np.empty((count, *shape), dtype if part is None else part.dtype)
            elif kind == "array" and callable(part):
                self._makers[name] = partial(_copied, part)
            elif is_numpys(kind, part):
                self._makers[name] = np.copy
            self._places[name] = place

    def put(self, n: int, value: dict[str, Any]) -> None:
        """Copy a value, whose arrays may be views, to place n: after those before, or once more."""
        for name, place in self._places.items():
            item = value[name]
            if isinstance(place, Stack):
                place.put(n, item)
            elif isinstance(place, list):
                make = self._makers.get(name)
                place[n:] = [item if make is None else make(item)]
            else:
                place[n] = item

    def first(self, n: int) -> dict[str, Any]:
        """Return the first n."""
        return {
            name: place.first(n) if isinstance(place, Stack) else place[:n]
            for name, place in self._places.items()
        }


def _copied(make: Any, array: Any) -> Any:
    """Return a copy of an array that is not numpy's."""
    return copied(memoryview(array), make)
