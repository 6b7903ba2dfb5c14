"""multiprocessing.Queue. A batch is one list.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue
"""

import multiprocessing
import queue

from peers import Inherited

TITLE = "multiprocessing.Queue"
KIND = "queue"
REQUIREMENTS: list[str] = []


def prepare():
    return Inherited(lambda topic: multiprocessing.Queue())


def publisher(topic, shared):
    shared[topic].cancel_join_thread()  # or the end waits for somebody to take the rest
    return shared[topic].put


def poller(topic, shared):
    get = shared[topic].get_nowait

    def poll():
        try:
            return get()
        except queue.Empty:
            return None

    return poll


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
