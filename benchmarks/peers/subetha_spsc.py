"""subetha-ipc: an SpscRing, one producer and one consumer. A full one refuses; has no waiting.

Batches go by push_buffer() and pop_buffer(), its fastest; an item comes back padded to 56 bytes.
https://pypi.org/project/subetha-ipc/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import array
import struct

from peers import name, remove_at_exit, room

TITLE = "subetha-ipc SpscRing"
KIND = "queue"
REQUIREMENTS = ["subetha-ipc"]

CAPACITY = 1024

_value = struct.Struct("d")


def _ring(topic, opened, capacity=CAPACITY):
    import subetha

    if not opened:
        remove_at_exit(name(__name__, topic))
    make = subetha.SpscRing.open if opened else subetha.SpscRing
    return make(f"/dev/shm/{name(__name__, topic)}", capacity)


def publisher(topic, shared):
    """One that tries until there is room: nothing waits for it."""
    pack, push = _value.pack, _ring(topic, opened=False).push

    def publish(value):
        item = pack(value)
        while not push(item):
            pass

    return publish


def poller(topic, shared):
    unpack, pop = _value.unpack_from, _ring(topic, opened=True).pop

    def poll():
        item = pop()
        return None if item is None else unpack(item)[0]

    return poll


def batch_publisher(topic, shared):
    push_buffer = _ring(topic, opened=False, capacity=room()).push_buffer

    def publish_many(values):
        data = array.array("d", values).tobytes()
        while pushed := push_buffer(data, 8):
            data = data[8 * pushed :]
            if not data:
                return

    return publish_many


def batch_receiver(topic, shared):
    ring = _ring(topic, opened=True, capacity=room())
    pop_buffer, step = ring.pop_buffer, ring.payload_size // 8

    def drain():
        data, _ = pop_buffer(room())
        return array.array("d", data).tolist()[::step]

    return drain
