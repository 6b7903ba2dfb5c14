"""numpy, which is optional: whether it is there, and whether the program has imported it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing import Any


def imported_numpy() -> Any:
    """Return numpy, or None if the program has not imported it.

    Waits for another thread that is importing it: half of the module is no use.
    """
    if sys.modules.get("numpy") is None:  # None: its import was made to fail
        return None
    import numpy

    return numpy


def numpy_or_none() -> Any:
    """Return numpy, importing it, or None if it is not installed."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def is_array(value: object) -> bool:
    """Report whether a value is an array of numpy's: without numpy, values are memoryviews."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)
