"""multiprocessing.RawValue: a double of ctypes, without a lock. Otherwise as mp_value.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.sharedctypes.RawValue
"""

import multiprocessing

from peers import Inherited
from peers.mp_value import poller, publisher, reader, statements

__all__ = ["poller", "prepare", "publisher", "reader", "statements"]

TITLE = "multiprocessing.RawValue"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []


def prepare():
    return Inherited(lambda topic: multiprocessing.RawValue("d"))
