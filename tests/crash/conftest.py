"""Tests that trace processes need the right to."""

import os

import pytest

from ._ptrace import unavailable

pytest.register_assert_rewrite("crash._readers")


@pytest.fixture(scope="session")
def ptrace() -> None:
    """Skips where processes cannot be traced, as in containers without that right.

    Not in CI, where a proof that is left out would pass for one.
    """
    if reason := unavailable():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
