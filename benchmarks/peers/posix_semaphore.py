"""posix_ipc: the value in shared memory, a semaphore to wait on."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import mmap
import os
import struct

REQUIREMENTS = ["posix_ipc"]

_value = struct.Struct("d")


def _memory(name):
    import posix_ipc

    memory = posix_ipc.SharedMemory(name, posix_ipc.O_CREAT, size=8)
    mapped = mmap.mmap(memory.fd, 8)
    memory.close_fd()
    semaphore = posix_ipc.Semaphore(name, posix_ipc.O_CREAT, initial_value=0)
    return mapped, semaphore


def _name(topic):
    return f"/shm_pub_sub.bench.{os.environ['BENCHMARK_RUN']}.{topic}"


def sender(topic, shared):
    memory, semaphore = _memory(_name(topic))

    def send(value):
        _value.pack_into(memory, 0, value)
        semaphore.release()

    return send


def receiver(topic, shared):
    import posix_ipc

    memory, semaphore = _memory(_name(topic))
    posix_ipc.unlink_shared_memory(_name(topic))  # the mapping stays
    semaphore.unlink()

    def receive():
        semaphore.acquire()
        return _value.unpack_from(memory)[0]

    return receive
