"""The fixtures of process/_peer.py, for this folder."""

from ._peer import new_peer, peer

__all__ = ["new_peer", "peer"]
