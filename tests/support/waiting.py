"""Waiting for a condition, with a deadline; repeating functions in threads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

SECONDS = 1.0
DEADLINE = 60.0


def until(
    condition: Callable[[], object], what: str = "the condition", seconds: float = 30.0
) -> float:
    """Wait until condition holds; return for how many seconds it did not."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.0005)
    return time.monotonic() - start


@contextmanager
def later(seconds: float, function: Callable[..., object], *arguments: object) -> Iterator[None]:
    """Call a function after so many seconds, in a thread, which has ended at the end."""
    timer = threading.Timer(seconds, function, arguments)
    timer.start()
    yield
    timer.join()


@contextmanager
def repeating(*functions: Callable[[], object]) -> Iterator[threading.Event]:
    """Call each function again and again, in a thread of its own, and raise what one raised.

    The event is set as soon as one has raised.
    """
    stop, failed = threading.Event(), threading.Event()
    errors: list[BaseException] = []
    start = threading.Barrier(len(functions))

    def repeat(function: Callable[[], object]) -> None:
        start.wait(DEADLINE)
        try:
            while not stop.is_set():
                function()
        except BaseException as error:
            errors.append(error)
            failed.set()
            stop.set()

    threads = [threading.Thread(target=repeat, args=(f,), daemon=True) for f in functions]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join(DEADLINE)
            assert not thread.is_alive(), "hangs"
    if errors:
        raise errors[0]


def run_threads(functions: list[Callable[[], object]], seconds: float = SECONDS) -> None:
    """Repeat each function in a thread of its own for a while."""
    with repeating(*functions) as failed:
        failed.wait(seconds)
