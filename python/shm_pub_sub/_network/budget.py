"""How many bytes a round may have, so that it takes 0.1 to 0.3 s on a slow link."""

from __future__ import annotations

from collections import deque

LEAST = 200
MOST = 64 << 20
START = 4096
SMALL = 256
"""Bytes of a round whose time is the link's, not its own."""
SHORT_NS = 100_000_000
LONG_NS = 300_000_000


class Budget:
    """Of one receiver. A round's time is that from its reply to the next request."""

    def __init__(self) -> None:
        self.nbytes = START
        """Bytes that the next round may have."""
        self._small: deque[int] = deque(maxlen=50)
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
        is_small = self._replied <= SMALL
        if is_small:
            self._small.append(took)
        took -= min(self._small, default=0)
        if took > LONG_NS and not is_small:
            self.nbytes = max(LEAST, min(self.nbytes, self._replied) // 2)
        elif took < SHORT_NS and self._used_up:
            self.nbytes = min(MOST, self.nbytes * 2)
        self._replied = 0
