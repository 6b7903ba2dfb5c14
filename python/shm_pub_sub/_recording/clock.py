"""The recorder's clock: topics' times are those of CLOCK_MONOTONIC, a recording's since the epoch.

Between the two is an offset. It changes if somebody sets the clock, and if the machine is
suspended: CLOCK_MONOTONIC stands still meanwhile. NTP's slewing changes both clocks alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .._text import duration

JUMP = 10_000_000
"""Nanoseconds by which the offset has to change to be a step."""
NOISE = 100_000
"""Smaller changes, in ns, are errors of measurement."""
CLOSE = 20_000
"""Nanoseconds within which the clocks are read, unless the machine is busy."""
ATTEMPTS = 5


class Reading(NamedTuple):
    """The clocks at one time, in ns."""

    monotonic: int
    epoch: int
    boottime: int
    """Like monotonic, and goes on while the machine is suspended."""
    width: int = 0
    """How long reading them took: the greatest error of their differences."""


def read_clocks() -> Reading:
    """Read the clocks, as close together as a busy machine allows."""
    best = Reading(0, 0, 0, 1 << 62)
    for _ in range(ATTEMPTS):
        start, epoch = time.monotonic_ns(), time.time_ns()
        boottime, end = time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.monotonic_ns()
        if end - start < best.width:
            best = Reading(start, epoch, boottime, end - start)
        if best.width < CLOSE:
            break
    return best


class Step(NamedTuple):
    """The clock was set, or the machine was suspended."""

    monotonic_ns: int
    """The offset is valid for values published from here on."""
    offset_ns: int
    step_ns: int
    """By how much the offset changed."""
    suspended_ns: int
    """For how long the machine was suspended; 0 if it was not."""

    def __str__(self) -> str:
        texts = []
        if self.suspended_ns:
            texts.append(f"the machine was suspended for {duration(self.suspended_ns / 1e9)}")
        if abs(by := self.step_ns - self.suspended_ns) > JUMP:
            way = "forward" if by > 0 else "back"
            texts.append(f"the clock was set {way} by {duration(abs(by) / 1e9)}")
        return ", and ".join(texts)

    def metadata(self) -> dict[str, str]:
        """Return it as the metadata record CLOCK."""
        found = {
            "epoch_minus_monotonic_ns": str(self.offset_ns),
            "monotonic_ns": str(self.monotonic_ns),
            "step_ns": str(self.step_ns),
        }
        if self.suspended_ns:
            found["suspended_ns"] = str(self.suspended_ns)
        return found


class Offsets(NamedTuple):
    """What makes times since the epoch of those of CLOCK_MONOTONIC, in ns."""

    publish: int
    log: int
    """The same for log_time, which never goes back: the greatest so far."""

    def metadata(self) -> dict[str, str]:
        """Return them as the metadata record CLOCK of a file."""
        found = {"epoch_minus_monotonic_ns": str(self.publish)}
        if self.log != self.publish:
            found["log_time_minus_monotonic_ns"] = str(self.log)
        return found


class Clock:
    """Knows the offset from CLOCK_MONOTONIC to the time since the epoch, and its steps."""

    def __init__(self, read: Callable[[], Reading] = read_clocks) -> None:
        self._read = read
        found = read()
        offset = found.epoch - found.monotonic
        self.offsets = Offsets(offset, offset)
        """Those of values published now."""
        self._before = self.offsets
        self._since: int | None = None  # when they became valid
        self._suspended = found.boottime - found.monotonic
        self.now_ns = found.monotonic
        """CLOCK_MONOTONIC at the last call."""
        self._missed: Step | None = None

    def portions(self, batch: Sequence[Any]) -> list[tuple[Sequence[Any], Offsets]]:
        """Return the values of a batch with the offsets of their time, mostly all in one."""
        since = self._since
        if since is None or all(value[2] >= since for value in batch):
            return [(batch, self.offsets)]
        return [
            portion
            for portion in (
                ([value for value in batch if value[2] < since], self._before),
                ([value for value in batch if value[2] >= since], self.offsets),
            )
            if portion[0]
        ]

    def check(self, threshold: int = JUMP) -> Step | None:
        """Take the offset again; return the step if it changed by more than the threshold, in ns.

        It happened after the last call: values published before that keep their offset.
        """
        if self._missed is not None:
            step, self._missed = self._missed, None
            return step
        found = self._read()
        offset, suspended = found.epoch - found.monotonic, found.boottime - found.monotonic
        by, slept = offset - self.offsets.publish, suspended - self._suspended
        last, self.now_ns = self.now_ns, found.monotonic
        if abs(by) <= threshold + found.width:
            return None
        self._before, self._since, self._suspended = self.offsets, last, suspended
        self.offsets = Offsets(offset, max(self.offsets.log, offset))
        return Step(last, offset, by, slept if slept > JUMP + found.width else 0)

    def renew(self) -> Offsets:
        """Take the offset again, for a new file, and return it, however little it changed."""
        step = self.check(NOISE)
        if step is not None and abs(step.step_ns) > JUMP:
            self._missed = step  # for the next check()
        return self.offsets
