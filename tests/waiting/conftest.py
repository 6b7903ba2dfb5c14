"""Event loops of both kinds."""

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

LOOPS = {"asyncio": asyncio.new_event_loop}
if importlib.util.find_spec("uvloop") is not None:
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop

DEADLINE = 60.0

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """run(coroutine): its result, from a fresh debugging loop, whose errors fail the test."""

    def run_in_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
        loop = LOOPS[request.param]()
        loop.set_debug(True)
        loop.slow_callback_duration = 10
        errors: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: errors.append(context))
        try:
            result = loop.run_until_complete(asyncio.wait_for(coroutine, DEADLINE))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
        assert errors == []
        return result

    return run_in_loop
