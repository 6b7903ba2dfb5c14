"""multiprocessing.RawValue: a double of ctypes, without a lock.

It reads 0.0 before the first value and has no waiting.
https://docs.python.org/3/library/multiprocessing.html#multiprocessing.sharedctypes.RawValue
"""

import multiprocessing

from peers import Inherited
from peers._state import adapter

TITLE = "multiprocessing.RawValue"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []
IMPORTS = "import multiprocessing"


def prepare():
    return Inherited(lambda topic: multiprocessing.RawValue("d"))


def _place(topic, shared):
    return {"place": shared[topic]}


publisher, reader, poller, statements = adapter(_place, "place.value = value", "place.value")
