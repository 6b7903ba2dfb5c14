"""Alignments in asyncio: arecv() and `async for`, on fileno() and the loop's add_reader alone."""

from __future__ import annotations

import asyncio
from typing import Any

from ._aio import AT_ONCE, CENTURIES, waiters_of
from ._arguments import check_timeout
from ._errors import ClosedError

Alignment = Any

_LOOK = 1.0
"""Seconds after which a task looks without being woken: the descriptor is that of one topic, and
another one's new publisher may have a wrong type, or begin with earlier times."""


async def arecv(alignment: Alignment, timeout: float | None = None) -> Any:
    """See Alignment.arecv."""
    seconds = check_timeout("align: wait for a set", timeout)
    alignment._at_once += 1
    if alignment._at_once >= AT_ONCE:
        alignment._at_once = 0
        await asyncio.sleep(0)  # before a set is taken: this may be cancelled
    found = alignment._poll()
    if found is not None:
        return found
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None or seconds > CENTURIES else loop.time() + seconds
    waiters = waiters_of(alignment, loop)
    while True:
        until = loop.time() + _LOOK
        is_last = deadline is not None and deadline <= until
        late = await waiters.wait(alignment, deadline if is_last else until)
        alignment._at_once = 0
        found = alignment._poll()
        if found is not None:
            return found
        if late and is_last:
            assert timeout is not None
            alignment._timed_out(timeout)


async def anext(alignment: Alignment) -> Any:
    """See Alignment.__anext__."""
    try:
        return await arecv(alignment)
    except ClosedError:
        raise StopAsyncIteration from None
