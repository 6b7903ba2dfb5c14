"""The values of a publisher that receivers of every value have not got yet."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from .messages import pack_value, pack_values

MOST_BYTES = 16 << 20
MOST_VALUES = 1 << 16
RUN = 4096
"""Values that are dropped together, when there are too many."""
NUMBER_BYTES = 13
"""Of a number and its time in a message, at most."""


class Numbers:
    """Numbers, which are packed as they are sent: many are one message.

    They lie in runs without a gap, whose times do not go back: of numbers and of times.
    """

    def __init__(self, codec: Any, incarnation: int) -> None:
        self._codec, self._incarnation = codec, incarnation
        self._runs: list[tuple[list[Any], list[int]]] = []
        self._lasts: list[int] = []
        self._raws: list[Any] = []
        self._times: list[int] = []  # of the last run, like these
        self._count = self._time_ns = 0
        self.last = -1
        """The number of the last value."""

    def add(self, raw: Any, number: int, time_ns: int) -> None:
        if number != self.last + 1 or time_ns < self._time_ns or len(self._raws) >= RUN:
            self._raws, self._times = [], []
            self._runs.append((self._raws, self._times))
            self._lasts.append(0)
        self._time_ns = time_ns
        self._raws.append(raw)
        self._times.append(time_ns)
        self._lasts[-1] = self.last = number
        self._count += 1
        if self._count > MOST_VALUES:
            self._count -= len(self._runs[0][0])
            del self._runs[0], self._lasts[0]

    def after(self, number: int, room: int) -> tuple[bytes, int] | None:
        """Return a message with the values after that one, as many as fit, and the last's number.

        At least one; None if there is none.
        """
        at = bisect_right(self._lasts, number)
        if at == len(self._runs):
            return None
        raws, times = self._runs[at]
        first = self._lasts[at] - len(raws) + 1
        begin = max(0, number + 1 - first)
        end = min(len(raws), begin + max(1, room // NUMBER_BYTES))
        last = first + end - 1
        if end - begin == 1:
            message = pack_value(self._codec, raws[begin], last, times[begin], self._incarnation)
        else:
            some, when = raws[begin:end], times[begin:end]
            message = pack_values(self._codec, some, last, when, self._incarnation)
        return message, last


class Messages:
    """Values of other types, which are packed at once: they may lie in shared memory."""

    def __init__(self, codec: Any, incarnation: int) -> None:
        self._codec, self._incarnation = codec, incarnation
        self._messages: list[bytes] = []
        self._numbers: list[int] = []
        self._dropped = self._nbytes = 0
        self.last = 0

    def add(self, raw: Any, number: int, time_ns: int) -> None:
        """Add a value; raises WireError if it is damaged."""
        message = pack_value(self._codec, raw, number, time_ns, self._incarnation)
        self._messages.append(message)
        self._numbers.append(number)
        self.last = number
        self._nbytes += len(message)
        while self._nbytes > MOST_BYTES and len(self._messages) - self._dropped > 1:
            self._drop()
        if len(self._messages) - self._dropped > MOST_VALUES:
            self._drop()
        if self._dropped > RUN or self._dropped > len(self._messages) // 2:
            del self._messages[: self._dropped], self._numbers[: self._dropped]
            self._dropped = 0

    def _drop(self) -> None:
        self._nbytes -= len(self._messages[self._dropped])
        self._messages[self._dropped] = b""
        self._dropped += 1

    def after(self, number: int, room: int) -> tuple[bytes, int] | None:
        del room
        at = bisect_right(self._numbers, number, self._dropped)
        return None if at == len(self._numbers) else (self._messages[at], self._numbers[at])
