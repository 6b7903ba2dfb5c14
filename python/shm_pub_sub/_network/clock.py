"""The time of a bridge: reads as Unix time, and never steps."""

from __future__ import annotations

import time


class Clock:
    """CLOCK_MONOTONIC and a constant."""

    def __init__(self) -> None:
        self._ahead_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        return time.monotonic_ns() + self._ahead_ns

    def wire_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns + self._ahead_ns
