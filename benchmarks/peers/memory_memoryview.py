"""A memoryview of plain memory that two processes share: a floor, not a peer. Says 0.0 at first.

Nothing keeps a reader from half a value or from an old one.
https://docs.python.org/3/library/stdtypes.html#memoryview.cast
"""

import mmap

import _state

from peers import Inherited

TITLE = "plain memory, unprotected: memoryview"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []


def prepare():
    return Inherited(lambda topic: mmap.mmap(-1, 8))


def _place(topic, shared):
    return {"view": memoryview(shared[topic]).cast("d")}


USE = (_place, "view[0] = value", "view[0]")

publisher, reader, poller = _state.functions(*USE)
statements = _state.statements(*USE)
