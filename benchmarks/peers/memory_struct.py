"""struct on plain memory that two processes share: a floor, not a peer. It reads 0.0 at first.

A reader can see a torn or an old value; pack_into writes zeros first.
https://docs.python.org/3/library/struct.html#struct.Struct.pack_into
"""

import mmap
import struct

from peers import Inherited
from peers._state import adapter

TITLE = "plain memory, unprotected: struct"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []
IMPORTS = "import mmap"

_value = struct.Struct("d")


def prepare():
    return Inherited(lambda topic: mmap.mmap(-1, 8))


def _place(topic, shared):
    names = {"memory": shared[topic]}
    return names | {"pack_into": _value.pack_into, "unpack_from": _value.unpack_from}


USE = (_place, "pack_into(memory, 0, value)", "unpack_from(memory)[0]")

publisher, reader, poller, statements = adapter(*USE)
