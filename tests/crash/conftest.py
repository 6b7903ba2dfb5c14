"""The fixtures of process/_peer.py, for this folder, and the condition of tests that trace."""

import pytest
from process._peer import new_peer, peer

from ._ptrace import unavailable

__all__ = ["new_peer", "peer"]

pytest.register_assert_rewrite("crash._readers")


@pytest.fixture(scope="session")
def ptrace() -> None:
    """Skips where processes cannot be traced, as in containers without that right."""
    if reason := unavailable():
        pytest.skip(reason)
