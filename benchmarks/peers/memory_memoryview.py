"""A memoryview of plain memory that two processes share: a floor, not a peer. Reads 0.0 at first.

A reader can see a torn or an old value.
https://docs.python.org/3/library/stdtypes.html#memoryview.cast
"""

import mmap

from peers import Inherited
from peers._state import adapter

TITLE = "plain memory, unprotected: memoryview"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []
IMPORTS = "import mmap"


def prepare():
    return Inherited(lambda topic: mmap.mmap(-1, 8))


def _place(topic, shared):
    return {"view": memoryview(shared[topic]).cast("d")}


USE = (_place, "view[0] = value", "view[0]")

publisher, reader, poller, statements = adapter(*USE)
