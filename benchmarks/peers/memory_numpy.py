"""A numpy array on plain memory that two processes share: a floor, not a peer. Reads 0.0 at first.

A reader can see a torn or an old value.
https://numpy.org/doc/stable/reference/generated/numpy.frombuffer.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import mmap

from peers import Inherited, buffers
from peers._state import adapter

TITLE = "plain memory, unprotected: numpy"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["numpy"]
IMPORTS = "import numpy"


def prepare():
    return Inherited(lambda topic: mmap.mmap(-1, 8))


def _place(topic, shared):
    import numpy

    array = numpy.frombuffer(shared[topic])
    return {"array": array, "item": array.item}


USE = (_place, "array[0] = value", "item()")

publisher, reader, poller, statements = adapter(*USE)

PAGE = 4096


def _offset_and_stride(like):
    """Where an array begins in its buffer, and how far apart they are: as in ours.

    Copying to 16 bytes past the source's place in its page would be ten times slower.
    """
    size = 64 + like.nbytes
    return 64, -size % (64 if size < PAGE else PAGE) + size


def array_prepare(like):
    _, stride = _offset_and_stride(like)
    return Inherited(lambda topic: mmap.mmap(-1, PAGE + buffers() * stride))


def _rotating(memory, like):
    """Return the count of published arrays, and the arrays that they rotate over."""
    import numpy

    offset, stride = _offset_and_stride(like)
    starts = [PAGE + number * stride + offset for number in range(buffers())]
    arrays = [numpy.frombuffer(memory, like.dtype, like.size, start) for start in starts]
    return memoryview(memory)[:8].cast("Q"), arrays


def array_publisher(topic, shared, like):
    count, arrays = _rotating(shared[topic], like)
    number = len(arrays)

    def publish(array):
        following = count[0] + 1
        arrays[following % number][:] = array
        count[0] = following

    return publish


def array_viewer(topic, shared, like):
    count, arrays = _rotating(shared[topic], like)
    number, taken = len(arrays), 0

    def view():
        nonlocal taken
        if (newest := count[0]) == taken:
            return None
        taken = newest
        return arrays[newest % number]

    return view


def array_poller(topic, shared, like):
    view = array_viewer(topic, shared, like)

    def poll(into):
        if (array := view()) is None:
            return None
        into[:] = array
        return into

    return poll
