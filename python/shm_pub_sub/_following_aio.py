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
    hand: list[Item] = []
    try:
        await _recv(follow, hand, timeout)
        return hand[0]
    except BaseException:
        follow._put_back(hand)
        raise


async def anext(follow: Follow) -> Item:
    """See Follow.__anext__."""
    hand: list[Item] = []
    try:
        await _recv(follow, hand, None)
        return hand[0]
    except ClosedError:
        raise StopAsyncIteration from None
    except BaseException:
        follow._put_back(hand)
        raise


async def _recv(follow: Follow, hand: list[Item], timeout: float | None) -> None:
    seconds = check_timeout("follow", timeout)
    follow._at_once += 1
    if follow._at_once >= AT_ONCE:
        follow._at_once = 0
        await asyncio.sleep(0)  # before a value is taken: this may be cancelled
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None or seconds > CENTURIES else loop.time() + seconds
    follow._receivers += 1
    try:
        await _wait(follow, hand, loop, deadline, timeout)
    finally:
        follow._receivers -= 1


async def _wait(
    follow: Follow,
    hand: list[Item],
    loop: asyncio.AbstractEventLoop,
    deadline: float | None,
    timeout: object,
) -> None:
    while not follow._next(hand):
        if deadline is not None and loop.time() >= deadline:
            if follow._next(hand, None):
                return
            follow._time_out(timeout)
        due = loop.time() + max(0.0, follow._follower.due() - time.monotonic())
        waiters = waiters_of(follow._follower, loop)
        await waiters.wait(follow._follower, due if deadline is None else min(due, deadline))
        follow._at_once = 0
