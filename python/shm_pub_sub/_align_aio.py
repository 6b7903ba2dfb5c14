"""Alignments in asyncio: arecv() and `async for`, on descriptors and the loop's add_reader alone.

A descriptor is readable when its topic has a value that the last look has not seen. A look waits
for those topics alone whose next value may complete a set: mostly for the slowest one.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from typing import Any

from ._arguments import check_timeout
from ._errors import ClosedError

Alignment = Any

_AT_ONCE = 64
"""Sets taken without waiting, after which the loop's other tasks get a turn."""

_CENTURIES = 9e9
"""Seconds that count as no limit."""


class Waiters:
    """The tasks of one loop that wait for one alignment.

    The loop watches descriptors while a task waits, and then until they are readable again: most
    tasks wait for another set, and registering takes system calls. One task is woken at a time; a
    descriptor stays readable until one looks and finds no set, and so wakes the next.

    A task takes a set in one step with returning it, so that cancelling loses none.
    """

    def __init__(self, alignment: Alignment, loop: asyncio.AbstractEventLoop) -> None:
        self._alignment = weakref.ref(alignment)
        self._loop = loop
        self._held: dict[int, object] = {}  # what the loop watches, kept from being used again
        self._awaited: tuple[int, ...] = ()
        self._waiting: dict[asyncio.Future[bool], None] = {}  # in their order
        self._woken: asyncio.Future[bool] | None = None  # and has not run yet

    async def wait(
        self, alignment: Alignment, awaited: tuple[int, ...], deadline: float | None
    ) -> bool:
        """Wait until another look may find a set, or the deadline; return True for the latter."""
        turn: asyncio.Future[bool] = self._loop.create_future()
        self._waiting[turn] = None
        timer = None if deadline is None else self._loop.call_at(deadline, _wake, turn, True)
        try:
            self._watch(alignment, awaited)
            if alignment._armed is not awaited:
                return False  # another loop has looked meanwhile, and waits for other topics
            for other in list(alignment._waiters.values()):
                other.look_again_unless(awaited)
            return await turn
        finally:
            self._waiting.pop(turn, None)
            if self._woken is turn:
                self._woken = None
            if timer is not None:
                timer.cancel()

    def look_again_unless(self, awaited: tuple[int, ...]) -> None:
        """Wake a task, from any thread, if it waits for others."""
        if self._waiting and self._awaited is not awaited:
            with contextlib.suppress(RuntimeError):  # that loop is closed
                self._loop.call_soon_threadsafe(self._wake_first)

    def _watch(self, alignment: Alignment, awaited: tuple[int, ...]) -> None:
        self._awaited = awaited
        for fd in awaited:
            if fd not in self._held:
                self._held[fd] = alignment._hold(fd)
                self._loop.add_reader(fd, self._readable, fd)

    def _readable(self, fd: int) -> None:
        if not self._waiting or fd not in self._awaited or self._alignment() is None:
            self._loop.remove_reader(fd)
            self._held.pop(fd, None)
        else:
            self._wake_first()

    def _wake_first(self) -> None:
        if self._woken is None and self._waiting:
            self._woken = next(iter(self._waiting))
            _wake(self._woken)


def _wake(turn: asyncio.Future[bool], late: bool = False) -> None:
    if not turn.done():
        turn.set_result(late)


def _waiters(alignment: Alignment, loop: asyncio.AbstractEventLoop) -> Waiters:
    known = alignment._waiters
    found: Waiters | None = known.get(loop)
    if found is None:
        for other in [other for other in list(known) if other.is_closed()]:
            known.pop(other, None)
        found = known[loop] = Waiters(alignment, loop)
    return found


async def arecv(alignment: Alignment, timeout: float | None = None) -> Any:
    """See Alignment.arecv."""
    seconds = check_timeout("align: wait for a set", timeout)
    loop = asyncio.get_running_loop()
    alignment._at_once += 1
    if alignment._at_once >= _AT_ONCE:
        alignment._at_once = 0
        await asyncio.sleep(0)  # before a set is taken: this may be cancelled
    deadline = None if seconds is None or seconds > _CENTURIES else loop.time() + seconds
    late = False
    while True:
        found, awaited = alignment._poll()
        if found is not None:
            return found
        if late:
            assert timeout is not None
            alignment._timed_out(timeout)
        late = await _waiters(alignment, loop).wait(alignment, awaited, deadline)
        alignment._at_once = 0


async def anext(alignment: Alignment) -> Any:
    """See Alignment.__anext__."""
    try:
        return await arecv(alignment)
    except ClosedError:
        raise StopAsyncIteration from None
