"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable

import pytest


def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> float:
    """Waits until condition holds, and returns for how many seconds it did not."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            pytest.fail(f"not within {seconds} s: {what}")
        time.sleep(0.0005)
    return time.monotonic() - start
