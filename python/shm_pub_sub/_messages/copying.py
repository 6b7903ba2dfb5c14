"""Copies the parts of a layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._numpy import numpy_or_none
from .halves import narrowed, widened
from .layout import Copy, Repeat, Widen

if TYPE_CHECKING:
    from typing import Any, Final

    from .layout import Parts

_WITH_NUMPY: Final = 32
"""Elements from which numpy is faster than a loop."""


def copy(
    parts: Parts, source: memoryview, target: memoryview, source_base: int = 0, target_base: int = 0
) -> None:
    """Copy the parts of a value, which begins at the bases. Both are large enough."""
    for part in parts:
        at, to = source_base + part.source, target_base + part.target
        if isinstance(part, Copy):
            target[to : to + part.size] = source[at : at + part.size]
        elif isinstance(part, Repeat):
            _copy_elements(part, source, target, at, to)
        elif isinstance(part, Widen):
            target[to : to + 4 * part.numbers] = widened(source[at : at + 2 * part.numbers])
        else:
            target[to : to + 2 * part.numbers] = narrowed(source[at : at + 4 * part.numbers])


def _copy_elements(part: Repeat, source: memoryview, target: memoryview, at: int, to: int) -> None:
    others = part.parts
    numpy = numpy_or_none() if part.times >= _WITH_NUMPY else None
    if numpy is not None:
        copies = [each for each in others if isinstance(each, Copy)]
        others = tuple(each for each in others if not isinstance(each, Copy))
        for each in copies:
            kind = f"V{each.size}"
            column = _column(numpy, kind, target, to + each.target, part.times, part.target_step)
            column[...] = _column(
                numpy, kind, source, at + each.source, part.times, part.source_step
            )
    if others:
        for n in range(part.times):
            copy(others, source, target, at + n * part.source_step, to + n * part.target_step)


def _column(numpy: Any, kind: str, memory: memoryview, start: int, count: int, step: int) -> Any:
    return numpy.ndarray((count,), kind, memory, start, (step,))
