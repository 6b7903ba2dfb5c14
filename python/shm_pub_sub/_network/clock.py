"""The time of a bridge, and how much another one's clock is ahead of it."""

from __future__ import annotations

import time
from collections import deque

SAMPLES = 8
"""Rounds of which the fastest one tells the offset."""


class Clock:
    """CLOCK_MONOTONIC and a constant: reads as Unix time, and never steps."""

    def __init__(self) -> None:
        self._ahead_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        return self.wire_ns(time.monotonic_ns())

    def wire_ns(self, monotonic_ns: int) -> int:
        """Return the time in messages of one on this machine's CLOCK_MONOTONIC."""
        return monotonic_ns + self._ahead_ns

    def monotonic_ns(self, wire_ns: int) -> int:
        return wire_ns - self._ahead_ns


class Offset:
    """How many ns another bridge's clock is ahead, as NTP measures it: by when messages left and
    came on both sides. The error is half of the difference of the two ways' delays, so the fastest
    of the last rounds is taken."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=SAMPLES)
        self.ns = 0
        self.rtt_ns: int | None = None
        """Of the fastest round; None before the first."""

    def add(self, sent_ns: int, arrived_ns: int, replied_ns: int, received_ns: int) -> None:
        """Take a round: sent and received by this clock, arrived and replied by the other one."""
        delay = max(0, (received_ns - sent_ns) - (replied_ns - arrived_ns))
        ahead = ((arrived_ns - sent_ns) + (replied_ns - received_ns)) // 2
        self._samples.append((delay, ahead))
        self.rtt_ns, self.ns = min(self._samples)
