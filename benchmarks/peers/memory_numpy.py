"""A numpy array on plain memory that two processes share: a floor, not a peer. Reads 0.0 at first.

A reader can see a torn or an old value.
https://numpy.org/doc/stable/reference/generated/numpy.frombuffer.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import mmap

from peers import Inherited
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
