"""Rate: a loop that keeps its rate; and deadlines at a fixed interval, on which it is built."""

from __future__ import annotations

import time

from ._arguments import as_seconds, kind_of, short_repr
from ._errors import TopicTypeError, TopicValueError

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from typing_extensions import Self

LONGEST_SLEEP = 10**18
"""ns; time.sleep() refuses much more."""


class Deadlines:
    """Deadlines on a grid: number n is n * period / hz seconds after the start.

    Each is computed from the start in whole numbers, so that neither delays nor roundings add up.
    """

    __slots__ = ("_ns", "_per", "number", "start")

    def __init__(self, *, hz: float = 1.0, period: float = 1.0) -> None:
        (seconds, per), (hertz, per_hertz) = period.as_integer_ratio(), hz.as_integer_ratio()
        self._ns, self._per = 10**9 * seconds * per_hertz, per * hertz
        self.begin()

    def begin(self) -> None:
        """Start now, with number 0."""
        self.start, self.number = time.monotonic_ns(), 0

    def at(self, number: int) -> int:
        """Return when a deadline is: ns of time.monotonic_ns()."""
        return self.start + number * self._ns // self._per

    def following(self, now: int, behind: int = 0) -> int:
        """Return the next number, or if that was over `behind` ns ago, the first not past."""
        number = self.number + 1
        if self.at(number) >= now - behind:
            return number
        return -((self.start - now) * self._per // self._ns)

    def left(self) -> float:
        """Return the seconds until this deadline; 0 if it is now, or was."""
        return min(max(self.at(self.number) - time.monotonic_ns(), 0), LONGEST_SLEEP) / 1e9

    def advance(self, behind: float = 0.0) -> None:
        """Go on to the next deadline; past ones come at once if they are `behind` seconds ago."""
        self.number = self.following(time.monotonic_ns(), int(behind * 1e9))

    def wait(self, behind: float = 0.0) -> None:
        """Sleep until this deadline, and go on to the next one."""
        while (left := self.left()) > 0:
            time.sleep(left)
        self.advance(behind)


class Rate:
    """Keeps a loop at a rate: deadlines 1/hz apart, without drift.

        for n in Rate(50):                # n = 0 at once, then 1, 2, ...
            step()

    Or with sleep() at the end of the loop's body. In asyncio: `async for n in Rate(50)`, asleep().

    Deadline n is n / hz seconds after the start, by CLOCK_MONOTONIC, however late the loop woke up
    for those before; time that the machine is suspended does not count. The start is when the
    Rate is created; when the loop starts, if it iterates. A deadline that passes before the loop
    sleeps again is skipped and counts in `overruns`: the loop stays in step and does not hurry to
    catch up. One loop uses a Rate: it is not for several threads or tasks.
    """

    def __init__(self, hz: float) -> None:
        """Set the rate; the first deadline is 1/hz seconds from now.

        Args:
            hz: Deadlines per second, such as 50 or 0.5.

        Raises:
            TopicTypeError: It is no number (a TypeError).
            TopicValueError: It is not positive and finite (a ValueError).
        """
        expected = "expected a number of Hz such as 50 or 0.5"
        try:
            number = as_seconds(hz)
        except TypeError:
            raise TopicTypeError(
                f"Rate: found hz of {kind_of(hz)} {short_repr(hz)}; {expected}"
            ) from None
        if not 0 < number < float("inf"):
            raise TopicValueError(
                f"Rate: found hz {short_repr(hz)}; {expected}, positive and finite"
            )
        self._hz = number
        self._deadlines = Deadlines(hz=number)
        self.reset()

    def reset(self) -> None:
        """Start again now, as if just created: after a pause that is no overrun.

        `overruns`, `late` and `worst` are 0 again, and the next number of an iteration is 0, at
        once.
        """
        self._deadlines.begin()
        self._iterates_next = True
        self._overruns = self._late = self._worst = 0

    def sleep(self) -> None:
        """Sleep until the next deadline; skip and count those that have passed.

        It is time.sleep() that sleeps: signal handlers run, and what one raises ends it. The
        deadline is still ahead then, for the next call.
        """
        now, number, deadline = self._next()
        while (left := deadline - now) > 0:
            time.sleep(min(left, LONGEST_SLEEP) / 1e9)
            now = time.monotonic_ns()
        self._note(number, now - deadline)

    async def asleep(self) -> None:
        """Sleep as sleep(), in asyncio: other tasks run meanwhile.

        It may be late by 1 ms: asyncio's loops wait for whole milliseconds. Cancelling it leaves
        the deadline ahead, as an exception does in sleep().
        """
        from asyncio import sleep

        now, number, deadline = self._next()
        while True:
            await sleep(max(min(deadline - now, LONGEST_SLEEP), 0) / 1e9)  # for 0 others get a turn
            now = time.monotonic_ns()
            if now >= deadline:
                break
        self._note(number, now - deadline)

    def _next(self) -> tuple[int, int, int]:
        """Return the time, and the number and the time of the next deadline."""
        now = time.monotonic_ns()
        number = self._deadlines.following(now)
        return now, number, self._deadlines.at(number)

    def _note(self, number: int, late: int) -> None:
        self._overruns += number - self._deadlines.number - 1
        self._deadlines.number = number
        self._iterates_next = False
        self._late = late
        if late > self._worst:
            self._worst = late

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> int:
        """Return 0 at once, then sleep and return the number of the deadline.

        The numbers of skipped deadlines are left out: n / hz is always the time since the start.
        """
        if self._starts():
            return 0
        self.sleep()
        return self._deadlines.number

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> int:
        """Return what __next__() does."""
        if self._starts():
            return 0
        await self.asleep()
        return self._deadlines.number

    def _starts(self) -> bool:
        """Start if this is the first number, and report whether it is."""
        starts = self._iterates_next
        if starts:
            self._deadlines.begin()
            self._iterates_next = False
        return starts

    @property
    def hz(self) -> float:
        """Deadlines per second."""
        return self._hz

    @property
    def period(self) -> float:
        """Seconds from one deadline to the next: 1 / hz."""
        return 1 / self._hz

    @property
    def overruns(self) -> int:
        """How many deadlines had passed before sleep() was called for them."""
        return self._overruns

    @property
    def late(self) -> float:
        """Seconds from the last deadline slept for to the return of sleep(): how late it woke."""
        return self._late / 1e9

    @property
    def worst(self) -> float:
        """The greatest `late` so far, in seconds. Skipped deadlines are in `overruns` instead."""
        return self._worst / 1e9

    def __repr__(self) -> str:
        number, worst = self._deadlines.number, f"{self.worst * 1e3:.3g} ms"
        return f"<Rate {self._hz:g} Hz, at {number}, {self._overruns} overruns, worst {worst}>"
