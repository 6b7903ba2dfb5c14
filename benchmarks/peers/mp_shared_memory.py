"""multiprocessing.shared_memory.SharedMemory, the value packed into it by struct.

It reads 0.0 before the first value, can read a torn value, and has no waiting.
https://docs.python.org/3/library/multiprocessing.shared_memory.html
"""
# ruff: noqa: PLC0415 - importing this module must not import that

import atexit
import os
import struct
from contextlib import suppress

from peers import Inherited, name
from peers._state import adapter

TITLE = "SharedMemory + struct"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []
IMPORTS = "from multiprocessing.shared_memory import SharedMemory"

_value = struct.Struct("d")
_made = []


def prepare(module=__name__, size=8):
    from multiprocessing.shared_memory import SharedMemory

    def make(topic):
        memory = SharedMemory(name(module, topic), create=True, size=size)
        _made.append((os.getpid(), memory))
        return memory

    atexit.register(close)
    return Inherited(make)


def _place(topic, shared):
    names = {"buffer": shared[topic].buf}
    return names | {"pack_into": _value.pack_into, "unpack_from": _value.unpack_from}


USE = (_place, "pack_into(buffer, 0, value)", "unpack_from(buffer)[0]")

publisher, reader, poller, statements = adapter(*USE)


def close():
    while _made:
        pid, memory = _made.pop()
        with suppress(BufferError):  # arrays still lie in it
            memory.close()
        memory.close = lambda: None  # otherwise __del__ would complain of them
        if pid == os.getpid():
            memory.unlink()
