"""multiprocessing.Value: a double with a lock. Says 0.0 before the first value; has no waiting.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Value
"""

import multiprocessing

import _state

from peers import Inherited

TITLE = "multiprocessing.Value"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS: list[str] = []


def prepare():
    return Inherited(lambda topic: multiprocessing.Value("d"))


def _place(topic, shared):
    return {"place": shared[topic]}


USE = (_place, "place.value = value", "place.value")

publisher, reader, poller = _state.functions(*USE)
statements = _state.statements(*USE)
