"""multiprocessing.Queue. A batch is one list.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue
"""

import multiprocessing

from peers import Inherited, none_if_empty

TITLE = "multiprocessing.Queue"
KIND = "queue"
REQUIREMENTS: list[str] = []
IMPORTS = "import multiprocessing"


def prepare():
    return Inherited(lambda topic: multiprocessing.Queue())


def publisher(topic, shared):
    shared[topic].cancel_join_thread()  # otherwise the exit waits for a receiver
    return shared[topic].put


def poller(topic, shared):
    return none_if_empty(shared[topic].get_nowait)


def receiver(topic, shared):
    return shared[topic].get


batch_publisher = publisher


def batch_receiver(topic, shared):
    poll = poller(topic, shared)

    def drain():
        values = []
        while batch := poll():
            values += batch
        return values

    return drain


def array_publisher(topic, shared, like):
    return publisher(topic, shared)


def array_poller(topic, shared, like):
    poll = poller(topic, shared)
    return lambda into: poll()
