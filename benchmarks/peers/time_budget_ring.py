"""A ring of numpy arrays whose reads are guarded by a time budget, as robot-learning code has it.

A slot is not written again before a budget has passed, and a read that took longer than the budget
has failed. So a publisher faster than promised waits or fails, and a reader that is held up fails,
or, stopped between two looks at the clock, fails too late.
"""
# ruff: noqa: PLC0415 - importing this module must not import that

import time

from peers import mp_shared_memory

TITLE = "ring of arrays + time budget"
KIND = "state"
REQUIREMENTS = ["numpy"]
IMPORTS = "import numpy; from multiprocessing.shared_memory import SharedMemory"

BUDGET = 0.001
"""Seconds that a read may take: as short as an idle machine allows."""

KEPT = 2
BEGIN = 64
"""Where the times begin, behind the count."""


def _fastest(size):
    """Return how many arrays per second are put at most: decides the number of slots."""
    return min(200_000.0, 5e9 / size)


def _slots(like):
    return KEPT + round(1.2 * BUDGET * _fastest(like.nbytes))


def array_prepare(like):
    return mp_shared_memory.prepare(__name__, BEGIN + _slots(like) * (8 + like.nbytes))


def _parts(topic, shared, like):
    import numpy

    buffer, slots = shared[topic].buf, _slots(like)
    begin = BEGIN + 8 * slots
    arrays = numpy.frombuffer(buffer, like.dtype, slots * like.size, begin)
    times = buffer[BEGIN:begin].cast("d")
    return buffer[:8].cast("Q"), times, [*arrays.reshape(slots, like.size)]


def array_publisher(topic, shared, like):
    count, times, arrays = _parts(topic, shared, like)
    slots, clock = len(arrays), time.monotonic

    def put(array):
        following = count[0] + 1
        slot = following % slots
        while clock() - times[slot] < BUDGET:
            time.sleep(BUDGET / 10)
        arrays[slot][:] = array
        times[slot] = clock()
        count[0] = following

    return put


def array_poller(topic, shared, like):
    count, _, arrays = _parts(topic, shared, like)
    slots, clock, taken = len(arrays), time.monotonic, 0

    def get(into):
        nonlocal taken
        start = clock()
        if (newest := count[0]) == taken:
            return None
        into[:] = arrays[newest % slots]
        if clock() - start > BUDGET:
            return None  # it may be torn: the caller reads again
        taken = newest
        return into

    return get
