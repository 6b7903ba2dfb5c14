"""Times of publication, which are CLOCK_MONOTONIC's, as those of the calendar."""

from __future__ import annotations

import time


class WallClock:
    """Knows how far the one is from the other."""

    def __init__(self) -> None:
        self._offset = 0

    def offset(self) -> int:
        """Return ns to be added to CLOCK_MONOTONIC. It changes only where somebody sets the clock.

        Asking for it anew each time would give every batch of values another error.
        """
        offset = time.time_ns() - time.monotonic_ns()
        if abs(offset - self._offset) > 1_000_000:
            self._offset = offset
        return self._offset


def seconds(ns: int) -> str:
    """Return ns since 1970 as seconds, every digit of them."""
    digits = str(ns)
    return f"{digits[:-9]}.{digits[-9:]}"
