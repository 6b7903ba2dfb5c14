"""Moments at a fixed interval."""

from __future__ import annotations

import time


class Pace:
    """Moments that are an interval apart: moment n is n intervals after the first, which is now.

    They are absolute, so that no delay adds to another. Moments that are missed come at once, as
    long as the last one is behind by at most catch_up seconds; otherwise they begin again now.
    """

    def __init__(self, interval: float, catch_up: float = 0.0) -> None:
        self._interval, self._catch_up = interval, catch_up
        self._start, self._number = time.monotonic(), 0

    def left(self) -> float:
        """Return the seconds until the next moment; 0 if it is now, or was."""
        left = self._start + self._number * self._interval - time.monotonic()
        if left < -self._catch_up:
            self._start, self._number = time.monotonic(), 0
        return max(left, 0.0)

    def advance(self) -> None:
        """Go on to the moment after the next one."""
        self._number += 1

    def wait(self) -> None:
        """Sleep until the next moment, and go on to the one after it."""
        left = self.left()
        if left > 0:
            time.sleep(left)
        self.advance()
