"""Follow.arecv() and `async for`, on the epoll's descriptor and the loop's add_reader alone."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ._aio import AT_ONCE, CENTURIES, waiters_of
from ._arguments import check_timeout
from ._errors import ClosedError

Follow = Any  # of _following, which imports this
Item = tuple[str, Any]


async def arecv(follow: Follow, timeout: float | None = None) -> Item:
    """See Follow.arecv."""
    seconds = check_timeout("follow", timeout)
    follow._at_once += 1
    if follow._at_once >= AT_ONCE:
        follow._at_once = 0
        await asyncio.sleep(0)  # before a value is taken: this may be cancelled
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None or seconds > CENTURIES else loop.time() + seconds
    follow._receivers += 1
    try:
        return await _wait(follow, loop, deadline, timeout)
    finally:
        follow._receivers -= 1


async def _wait(
    follow: Follow, loop: asyncio.AbstractEventLoop, deadline: float | None, timeout: object
) -> Item:
    while (found := follow._next()) is None:
        if deadline is not None and loop.time() >= deadline:
            follow._time_out(timeout)
        due = loop.time() + max(0.0, follow._follower.due() - time.monotonic())
        waiters = waiters_of(follow._follower, loop)
        await waiters.wait(follow._follower, due if deadline is None else min(due, deadline))
        follow._at_once = 0
    return found  # type: ignore[no-any-return]


async def anext(follow: Follow) -> Item:
    """See Follow.__anext__."""
    try:
        return await arecv(follow)
    except ClosedError:
        raise StopAsyncIteration from None
