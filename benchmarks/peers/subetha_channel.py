"""subetha-ipc: a Channel, its queue with waiting. A full one refuses; send_for() waits.

https://pypi.org/project/subetha-ipc/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import struct

from peers import name, remove_at_exit, room

TITLE = "subetha-ipc Channel"
KIND = "queue"
REQUIREMENTS = ["subetha-ipc"]
IMPORTS = "import subetha"

CAPACITY = 1024
"""Its default."""

_value = struct.Struct("d")


def _channel(topic, opened, capacity=CAPACITY):
    import subetha

    if not opened:
        remove_at_exit(name(__name__, topic))
    make = subetha.Channel.open if opened else subetha.Channel
    return make(f"/dev/shm/{name(__name__, topic)}", capacity)


def publisher(topic, shared):
    channel = _channel(topic, opened=False)
    pack, send, send_for = _value.pack, channel.send, channel.send_for

    def publish(value):
        if not send(pack(value)):
            send_for(pack(value))

    return publish


def poller(topic, shared):
    unpack, recv = _value.unpack, _channel(topic, opened=True).recv

    def poll():
        item = recv()
        return None if item is None else unpack(item)[0]

    return poll


def receiver(topic, shared):
    unpack, recv_for = _value.unpack, _channel(topic, opened=True).recv_for
    return lambda: unpack(recv_for())[0]


def batch_publisher(topic, shared):
    channel = _channel(topic, opened=False, capacity=room())
    pack, send_many, send_for = _value.pack, channel.send_many, channel.send_for

    def publish_many(values):
        items = [pack(value) for value in values]
        while (sent := send_many(items)) < len(items):
            send_for(items[sent])
            items = items[sent + 1 :]

    return publish_many


def batch_receiver(topic, shared):
    unpack, recv_many = _value.unpack, _channel(topic, opened=True, capacity=room()).recv_many
    return lambda: [unpack(item)[0] for item in recv_many(room())]
