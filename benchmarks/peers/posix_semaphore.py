"""posix_ipc: the value in shared memory, a semaphore to wait on.

The semaphore counts the values for one receiver, which can read a torn value, and reads 0.0 before
the first. https://semanchuk.com/philip/posix_ipc/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import mmap
import struct

from peers import name, remove_at_exit
from peers._state import adapter

TITLE = "posix_ipc memory + semaphore"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["posix-ipc"]
IMPORTS = "import posix_ipc"

_value = struct.Struct("d")


def _place(topic, shared):
    import posix_ipc

    memory = posix_ipc.SharedMemory(f"/{name(__name__, topic)}", posix_ipc.O_CREAT, size=8)
    mapped = mmap.mmap(memory.fd, 8)
    memory.close_fd()
    semaphore = posix_ipc.Semaphore(f"/{name(__name__, topic)}", posix_ipc.O_CREAT, initial_value=0)
    names = {"memory": mapped, "acquire": semaphore.acquire, "release": semaphore.release}
    return names | {"pack_into": _value.pack_into, "unpack_from": _value.unpack_from}


USE = (_place, "pack_into(memory, 0, value); release()", "unpack_from(memory)[0]")

_publisher, reader, poller, _statements = adapter(*USE)


def publisher(topic, shared):
    remove_at_exit(name(__name__, topic))
    return _publisher(topic, shared)


def statements(topic, shared):
    remove_at_exit(name(__name__, topic))
    return _statements(topic, shared)


def receiver(topic, shared):
    names = _place(topic, shared)
    memory, acquire, unpack_from = names["memory"], names["acquire"], _value.unpack_from

    def receive():
        acquire()
        return unpack_from(memory)[0]

    return receive
