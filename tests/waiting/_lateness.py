"""How late values are received, compared with how late the machine is.

A wake-up that was missed costs the rest of a slice: most of one, as waits here are short. What
tells that apart from a slow machine: how long the waiter could have run and got no processor, by
the kernel's account, how long a publish() took, and how late threads are that only sleep.
"""

import os
import threading
import time
from dataclasses import dataclass, field

from support.counts import LATE

PERIOD = 0.002
"""Seconds between two looks of a control thread."""

NOTEWORTHY = LATE / 10
"""Seconds."""

ENOUGH = 100
"""Late values after which it stops."""

Span = tuple[int, int]
"""From when to when, CLOCK_MONOTONIC ns."""


@dataclass
class Figures:
    """What one process saw, or all of them."""

    waits: int = 0
    worst: float = 0.0
    late: list[tuple[int, Span]] = field(default_factory=list)
    """Values, with the times when they were published and received."""
    stalls: list[Span] = field(default_factory=list)
    """When a process was kept from running."""

    def add(self, other: "Figures") -> None:
        self.waits += other.waits
        self.worst = max(self.worst, other.worst)
        self.late += other.late
        self.stalls += other.stalls

    def received(self, value: int, published: int, now: int) -> None:
        """Notes a value that was waited for."""
        self.waits += 1
        seconds = (now - published) / 1e9
        self.worst = max(self.worst, seconds)
        if seconds > LATE:
            self.late.append((value, (published, now)))
            assert len(self.late) < ENOUGH, f"late: {self.late}"

    def passed(self, start: int, end: int) -> None:
        """Notes how long something took that normally takes no time."""
        if end - start > NOTEWORTHY * 1e9:
            self.stalls.append((start, end))

    def unexplained(self) -> list[tuple[int, float]]:
        """The values that were late, and by how many seconds in which no process was stalled."""
        found = [(value, (e - s) / 1e9 - self.stalled(s, e)) for value, (s, e) in self.late]
        return [(value, round(seconds, 4)) for value, seconds in found if seconds > LATE]

    def stalled(self, start: int, end: int) -> float:
        """Return for how many seconds of that time a process was stalled."""
        total, at = 0, start
        for since, until in sorted(self.stalls):
            begin, stop = max(since, at), min(until, end)
            if begin < stop:
                total, at = total + stop - begin, stop
        return total / 1e9


class RunDelay:
    """How long the calling thread waited for a processor, ns; 0 if the kernel does not count."""

    def __init__(self) -> None:
        try:
            self._file = open("/proc/thread-self/schedstat", "rb", 0)  # noqa: PTH123, SIM115
        except FileNotFoundError:
            self._file = None

    def read(self) -> int:
        return int(os.pread(self._file.fileno(), 100, 0).split()[1]) if self._file else 0

    def close(self) -> None:
        if self._file:
            self._file.close()


class Control:
    """A thread that notes how late it is itself."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ends.is_set():
            due = time.monotonic_ns() + int(PERIOD * 1e9)
            time.sleep(PERIOD)
            self._figures.passed(due, time.monotonic_ns())

    def stop(self) -> None:
        self._ends.set()
        self._thread.join()
