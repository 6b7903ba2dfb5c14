"""multiprocessing.Pipe, in one direction. A batch is one list.

https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Pipe
"""

import multiprocessing

from peers import Inherited

TITLE = "multiprocessing.Pipe"
KIND = "queue"
REQUIREMENTS: list[str] = []
IMPORTS = "import multiprocessing"


def prepare():
    return Inherited(lambda topic: multiprocessing.Pipe(duplex=False))


def publisher(topic, shared):
    return shared[topic][1].send


def poller(topic, shared):
    pipe = shared[topic][0]
    there, receive = pipe.poll, pipe.recv
    return lambda: receive() if there() else None


def receiver(topic, shared):
    return shared[topic][0].recv


batch_publisher = publisher


def batch_receiver(topic, shared):
    pipe = shared[topic][0]

    def drain():
        values = []
        while pipe.poll():
            values += pipe.recv()
        return values

    return drain


def array_publisher(topic, shared, like):
    return shared[topic][1].send_bytes


def array_poller(topic, shared, like):
    pipe = shared[topic][0]
    there, receive_into = pipe.poll, pipe.recv_bytes_into

    def poll(into):
        if not there():
            return None
        receive_into(into)
        return into

    return poll
