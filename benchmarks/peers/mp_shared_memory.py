"""multiprocessing.shared_memory.SharedMemory by its name, the value packed into it by struct.

Says 0.0 before the first value; nothing keeps a reader from half a value; has no waiting.
https://docs.python.org/3/library/multiprocessing.shared_memory.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import struct
import sys
from contextlib import suppress

import _state

from peers import name

TITLE = "SharedMemory + struct"
KIND = "state"
REQUIREMENTS: list[str] = []

_value = struct.Struct("d")
_kept = []


def _open(topic):
    """Open or create it, not to be removed when some process that uses it ends."""
    from multiprocessing import resource_tracker
    from multiprocessing.shared_memory import SharedMemory

    untracked = {"track": False} if sys.version_info >= (3, 13) else {}
    try:
        memory = SharedMemory(name(topic), create=True, size=8, **untracked)
    except FileExistsError:
        memory = SharedMemory(name(topic), **untracked)
    if not untracked:
        resource_tracker.unregister(f"/{memory.name}", "shared_memory")
    _kept.append(memory)
    return memory


def _place(topic, shared):
    buffer = _open(topic).buf
    return {"pack_into": _value.pack_into, "unpack_from": _value.unpack_from, "buffer": buffer}


USE = (_place, "pack_into(buffer, 0, value)", "unpack_from(buffer)[0]")

publisher, reader, poller = _state.functions(*USE)
statements = _state.statements(*USE)


def close():
    from multiprocessing import resource_tracker

    while _kept:
        memory = _kept.pop()
        memory.close()
        if sys.version_info < (3, 13):
            resource_tracker.register(f"/{memory.name}", "shared_memory")  # unlink() unregisters it
        with suppress(FileNotFoundError):
            memory.unlink()
