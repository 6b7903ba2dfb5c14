"""Elements of arrays without numpy: of memoryviews.

Python itself unpacks no float16 before 3.12, and no complex numbers before 3.14.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def elements(view: memoryview) -> list[Any]:
    """Return the elements as lists in one another, as tolist() does."""
    try:
        return view.tolist()
    except NotImplementedError:
        return _unpacked(view.cast("B"), view.format, view.shape or ())


def element(view: memoryview, index: int) -> Any:
    """Return an element, or what one of several axes has there, a list if need be.

    Raises IndexError if there is none.
    """
    count, *rest = view.shape or ()
    at = range(count)[index]
    try:
        if not rest:
            return view[at]
        size = view.nbytes // count
        row = view.cast("B")[at * size : (at + 1) * size]
        try:
            return row.cast(view.format, rest)  # type: ignore[call-overload]
        except ValueError:
            return _unpacked(row, view.format, rest)
    except NotImplementedError:
        return elements(view[at : at + 1])[0]


def _unpacked(data: memoryview, code: str, shape: Sequence[int]) -> list[Any]:
    letter = code.lstrip("@=<")
    found: list[Any] = [each for (each,) in struct.iter_unpack(f"<{letter[-1]}", data)]
    if letter.startswith("Z"):
        parts = iter(found)
        found = [*map(complex, parts, parts)]
    for length in reversed(shape[1:]):
        found = [found[i : i + length] for i in range(0, len(found), length)]
    return found
