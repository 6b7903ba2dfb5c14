"""How late values are received, against how late the machine is.

A wake-up that was missed costs the rest of a slice: half a slice and more, as waits here are short.
A thread that only sleeps tells those apart from a machine that let nobody run just then.
"""

import threading
import time

from ._counts import LATE

PERIOD = 0.002
"""Seconds from one look of the control thread to the next."""


class Control:
    """A thread that remembers from when to when it was kept from running."""

    def __init__(self) -> None:
        self._late: list[tuple[int, int]] = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ends.is_set():
            due = time.monotonic_ns() + int(PERIOD * 1e9)
            time.sleep(PERIOD)
            now = time.monotonic_ns()
            if now - due > LATE * 1e9 / 5:
                self._late.append((due, now))

    def stop(self) -> None:
        self._ends.set()
        self._thread.join()

    def kept(self, start: int, end: int) -> float:
        """For how many seconds of that time nothing ran."""
        spans = (min(end, e) - max(start, s) for s, e in self._late)
        return sum(max(0, span) for span in spans) / 1e9


class Lateness:
    """Collects when values were published and when they were received."""

    def __init__(self) -> None:
        self._control = Control()
        self._late: list[tuple[int, int, int]] = []
        self.worst = 0.0

    def note(self, value: int, published: int, received: int) -> None:
        seconds = (received - published) / 1e9
        self.worst = max(self.worst, seconds)
        if seconds > LATE:
            self._late.append((value, published, received))

    def unexplained(self) -> list[tuple[int, float]]:
        """The values that were late, and by how much that the machine's own lateness does not
        explain."""
        self._control.stop()
        late = [(v, (e - s) / 1e9 - self._control.kept(s, e)) for v, s, e in self._late]
        return [(value, round(seconds, 4)) for value, seconds in late if seconds > LATE]
