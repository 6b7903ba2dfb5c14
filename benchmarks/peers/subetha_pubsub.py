"""subetha-ipc: a PubSub ring of 56-byte items. It has no waiting.

A subscriber begins with the next item. One that fell behind raises Lagged once and goes on at the
latest, without the items still kept. https://pypi.org/project/subetha-ipc/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import struct

from peers import name, remove_at_exit, room

TITLE = "subetha-ipc PubSub"
KIND = "topic"
REQUIREMENTS = ["subetha-ipc"]
IMPORTS = "import subetha"

CAPACITY = 1024
"""Items; there is no default, so that of a Channel."""

_value = struct.Struct("d")


def _ring(topic, capacity=CAPACITY):
    """Make it, or attach to it."""
    import subetha

    return subetha.PubSub(f"/dev/shm/{name(__name__, topic)}", capacity)


def publisher(topic, shared):
    remove_at_exit(name(__name__, topic))
    pack, publish = _value.pack, _ring(topic).publish
    return lambda value: publish(pack(value))


def reader(topic, shared):
    import subetha

    ring = _ring(topic)
    unpack, read_at = _value.unpack_from, ring.read_at

    def read():
        while head := ring.head:
            try:
                # None while it is being written, for good if the writer is killed then.
                item = read_at(head - 1) or (read_at(head - 2) if head > 1 else None)
                return None if item is None else unpack(item)[0]
            except subetha.Lagged:  # overtaken between the two calls
                continue
        return None

    return read


def poller(topic, shared):
    import subetha

    unpack, following = _value.unpack_from, _ring(topic).subscribe().next

    def poll():
        try:
            item = following()
        except subetha.Lagged:
            return None
        return None if item is None else unpack(item)[0]

    return poll


def batch_publisher(topic, shared):
    remove_at_exit(name(__name__, topic))
    pack, publish_many = _value.pack, _ring(topic, room()).publish_many
    return lambda values: publish_many([pack(value) for value in values])


def batch_receiver(topic, shared):
    import subetha

    unpack, next_many = _value.unpack_from, _ring(topic, room()).subscribe().next_many

    def drain():
        try:
            return [unpack(item)[0] for item in next_many(room())]
        except subetha.Lagged:
            return []

    return drain


def statements(topic, shared):
    remove_at_exit(name(__name__, topic))
    names = {"publish": _ring(topic).publish, "pack": _value.pack}
    read = {"read": reader(topic, shared)}
    return {"publish": ("publish(pack(value))", names), "read": ("value = read()", read)}
