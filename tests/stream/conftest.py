"""The fixtures of process/_peer.py, for this folder, and the condition of tests that trace."""

from crash.conftest import ptrace
from process._peer import new_peer, peer

__all__ = ["new_peer", "peer", "ptrace"]
