"""A c_double on plain memory that two processes share: a floor, not a peer. It reads 0.0 at first.

A reader can see a torn or an old value.
https://docs.python.org/3/library/ctypes.html#ctypes._CData.from_buffer
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import mmap

from peers import Inherited
from peers._state import adapter

TITLE = "plain memory, unprotected: ctypes"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []
IMPORTS = "import mmap; import ctypes"


def prepare():
    return Inherited(lambda topic: mmap.mmap(-1, 8))


def _place(topic, shared):
    import ctypes

    return {"double": ctypes.c_double.from_buffer(shared[topic])}


USE = (_place, "double.value = value", "double.value")

publisher, reader, poller, statements = adapter(*USE)
