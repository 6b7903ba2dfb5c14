"""multiprocessing.Value: a double with a lock. Says 0.0 before the first value; has no waiting.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Value
"""

import multiprocessing

from peers import Inherited

TITLE = "multiprocessing.Value"
KIND = "state"
REQUIREMENTS: list[str] = []


def prepare():
    return Inherited(lambda: multiprocessing.Value("d"))


def publisher(topic, shared):
    place = shared[topic]

    def publish(value):
        place.value = value

    return publish


def reader(topic, shared):
    place = shared[topic]
    return lambda: place.value


def poller(topic, shared):
    place, last = shared[topic], shared[topic].value

    def poll():
        nonlocal last
        value = place.value
        if value == last:
            return None
        last = value
        return value

    return poll


def statements(topic, shared):
    names = {"place": shared[topic]}
    return {"publish": ("place.value = value", names), "read": ("value = place.value", names)}
