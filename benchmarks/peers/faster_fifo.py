"""faster-fifo: a queue that both processes inherit, with struct in the place of pickle.

https://pypi.org/project/faster-fifo/
"""
# ruff: noqa: PLC0415 - an import of this module is not to be one of that

import queue
import struct

from peers import Inherited, none_if_empty, room

TITLE = "faster-fifo"
KIND = "queue"
REQUIREMENTS = ["faster-fifo"]

FOR_LONG = 1e9

_value = struct.Struct("d")


def prepare():
    import faster_fifo

    unpack, pack = _value.unpack, _value.pack
    size = max(1_000_000, 32 * room())  # bytes: its default, or what batches need

    def make(topic):
        return faster_fifo.Queue(size, loads=lambda data: unpack(data)[0], dumps=pack)

    return Inherited(make)


def publisher(topic, shared):
    put = shared[topic].put
    return lambda value: put(value, timeout=FOR_LONG)


def poller(topic, shared):
    return none_if_empty(shared[topic].get_nowait)


def receiver(topic, shared):
    get = shared[topic].get
    return lambda: get(timeout=FOR_LONG)


def batch_publisher(topic, shared):
    put_many = shared[topic].put_many
    return lambda values: put_many(values, timeout=FOR_LONG)


def batch_receiver(topic, shared):
    """Of as many as fit into its buffer, which grows."""
    get_many = shared[topic].get_many_nowait

    def drain():
        values = []
        try:
            while True:
                values += get_many()
        except queue.Empty:
            return values

    return drain
