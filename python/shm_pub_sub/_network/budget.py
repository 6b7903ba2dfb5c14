"""How many bytes a round may have, so that it takes 0.05 to 0.2 s more than a small one."""

from __future__ import annotations

from collections import deque

LEAST = 200
ONE = 1
"""For one value."""
MOST = 64 << 20
START = 4096
SMALL = 256
"""Bytes of a round whose time is the link's, not its own."""
SHORT_NS = 50_000_000
LONG_NS = 200_000_000
SAMPLES = 8
"""Small rounds of which the fastest one tells the link's time."""
PROBE = 16
"""Rounds without a small one after which the next one is small, if rounds take long: the link's
time may have been measured while it was busy."""


class Budget:
    """Of one receiver. A round's time is that from its reply to the next request."""

    def __init__(self) -> None:
        self.nbytes = START
        """Bytes that the next round may have."""
        self._usual = START
        self._small: deque[int] = deque(maxlen=SAMPLES)
        self._large = 0  # rounds since the last small one
        self._replied_at = self._replied = 0
        self._used_up = False

    def replied(self, nbytes: int, used_up: bool, at_ns: int) -> None:
        """Note that a round of so many bytes has left.

        used_up: whether more would have gone with a greater budget.
        """
        self._replied, self._used_up, self._replied_at = nbytes, used_up, at_ns

    def asked(self, at_ns: int) -> None:
        """Note that the next request has arrived."""
        if not self._replied:
            return
        took = at_ns - self._replied_at
        if self._replied <= SMALL:
            self._small.append(took)
            self._large = 0
        else:
            self._large += 1
        own = took - min(self._small, default=0)
        if self.nbytes < self._usual:
            pass  # a probe tells nothing else
        elif own > LONG_NS and self._replied > SMALL:
            self._usual = max(LEAST, min(self._usual, self._replied) // 2)
        elif own < SHORT_NS and self._used_up:
            growth = self._usual if own < SHORT_NS // 5 else self._usual // 4
            self._usual = min(MOST, self._usual + growth)
        self._replied = 0
        self.nbytes = self._usual
        if self._large >= PROBE and took > LONG_NS:
            self.nbytes, self._large = ONE, 0
