"""The fixtures of process/_peer.py and _forked.py, for this folder."""

from process._peer import new_peer, peer

from ._forked import fork_child

__all__ = ["fork_child", "new_peer", "peer"]
