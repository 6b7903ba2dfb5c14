"""numpy, for what is too slow without it."""

from __future__ import annotations

from typing import Any


def numpy_or_none() -> Any:
    """Return numpy, or None if it is not installed."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy
