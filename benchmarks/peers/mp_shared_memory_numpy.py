"""A numpy array in multiprocessing.shared_memory, with a Lock so that no reader sees a torn one.

A count beside it tells readers that there is another.
https://docs.python.org/3/library/multiprocessing.shared_memory.html, whose example shares a numpy
array without a lock: that is memory_numpy.
"""
# ruff: noqa: PLC0415 - importing this module must not import that

from peers import mp_shared_memory

TITLE = "SharedMemory + numpy + Lock"
KIND = "state"
REQUIREMENTS = ["numpy"]
IMPORTS = "import numpy; from multiprocessing.shared_memory import SharedMemory"

BEGIN = 64
"""Where the array begins, behind the count."""


def array_prepare(like):
    import multiprocessing

    memory = mp_shared_memory.prepare(__name__, BEGIN + like.nbytes)
    return memory, multiprocessing.Lock()


def _parts(topic, shared, like):
    import numpy

    memory, lock = shared
    buffer = memory[topic].buf
    array = numpy.frombuffer(buffer, like.dtype, like.size, BEGIN)
    return buffer[:8].cast("Q"), array, lock


def array_publisher(topic, shared, like):
    count, ours, lock = _parts(topic, shared, like)

    def publish(array):
        with lock:
            ours[:] = array
            count[0] += 1

    return publish


def array_poller(topic, shared, like):
    count, ours, lock = _parts(topic, shared, like)
    taken = 0

    def poll(into):
        nonlocal taken
        if count[0] == taken:
            return None
        with lock:
            into[:] = ours
            taken = count[0]
        return into

    return poll
