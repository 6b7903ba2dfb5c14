"""numpy, if the program has imported it."""

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
