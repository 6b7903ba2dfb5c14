"""Waiting in asyncio: arecv() and `async for`, on fileno() and the loop's add_reader alone.

_align_aio waits for sets of samples with the same Waiters, and _following_aio for all topics.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

from ._arguments import check_timeout
from ._errors import ClosedError

Subscriber = Any

AT_ONCE = 64
"""Values taken without waiting, after which the loop's other tasks get a turn."""

CENTURIES = 9e9
"""Seconds that count as no limit."""


class Waiters:
    """The tasks of one loop that wait for one subscriber.

    The loop watches the descriptor while a task waits, and then until it is readable again: most
    tasks wait for another value, and registering takes system calls. One task is woken at a time;
    while values remain the descriptor stays readable, and wakes the next.

    A task takes a value in one step with returning it, so that cancelling loses none.
    """

    def __init__(self, subscriber: Subscriber, loop: asyncio.AbstractEventLoop) -> None:
        self._subscriber = weakref.ref(subscriber)
        self._loop = loop
        self._fd = -1  # >= 0: the loop watches it
        self._held: object = None  # so that its number is not reused before the loop knows
        self._waiting: dict[asyncio.Future[bool], None] = {}  # in their order
        self._woken: asyncio.Future[bool] | None = None  # and has not run yet

    async def wait(self, subscriber: Subscriber, deadline: float | None) -> bool:
        """Wait for a value, the subscriber's end or the deadline; return True for the deadline."""
        if self._fd != subscriber.fileno():
            self._stop_reading()
            fd, self._held = subscriber._hold()  # in one step: fileno() may change
            self._loop.add_reader(fd, self._readable)
            self._fd = fd
        turn: asyncio.Future[bool] = self._loop.create_future()
        self._waiting[turn] = None
        timer = None if deadline is None else self._loop.call_at(deadline, _wake, turn, True)
        try:
            return await turn
        finally:
            self._waiting.pop(turn, None)
            if self._woken is turn:
                self._woken = None
            if timer is not None:
                timer.cancel()

    def _readable(self) -> None:
        subscriber = self._subscriber()
        if subscriber is None or subscriber.closed:
            self._stop_reading()
            for turn in self._waiting:
                _wake(turn)
        elif not self._waiting:
            self._stop_reading()
        elif self._woken is None:
            self._woken = next(iter(self._waiting))
            _wake(self._woken)

    def _stop_reading(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
        self._fd = -1
        self._held = None


def _wake(turn: asyncio.Future[bool], late: bool = False) -> None:
    if not turn.done():
        turn.set_result(late)


def waiters_of(subscriber: Subscriber, loop: asyncio.AbstractEventLoop) -> Waiters:
    """Return the loop's tasks that wait for the subscriber."""
    known = subscriber._waiters
    found: Waiters | None = known.get(loop)
    if found is None:
        for other in [other for other in list(known) if other.is_closed()]:
            known.pop(other, None)
        found = known[loop] = Waiters(subscriber, loop)
    return found


async def arecv(subscriber: Subscriber, timeout: float | None = None) -> Any:
    """See Subscriber.arecv."""
    life = subscriber._open_epoch
    if not life:
        subscriber._say_closed()
    seconds = check_timeout(f"wait for {subscriber.name!r}", timeout)
    subscriber._at_once += 1
    if subscriber._at_once >= AT_ONCE:
        subscriber._at_once = 0
        await asyncio.sleep(0)  # before a value is taken: this may be cancelled
    value = subscriber._take(life, False)
    if value is not None:
        return value
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None or seconds > CENTURIES else loop.time() + seconds
    waiters = waiters_of(subscriber, loop)
    while True:
        late = await waiters.wait(subscriber, deadline)
        subscriber._at_once = 0
        value = subscriber._take(life, False)
        if value is not None:
            return value
        if late:
            assert timeout is not None
            subscriber._timed_out("value", timeout)


async def anext(subscriber: Subscriber) -> Any:
    """See Subscriber.__anext__."""
    try:
        return await arecv(subscriber)
    except ClosedError:
        raise StopAsyncIteration from None
