"""kickmsg: a topic of a node. A subscriber begins with the next value, and keeps the last 64.

A batch is one message. Payloads have the size needed, not the default 4096 bytes.
https://pypi.org/project/kickmsg/ and its examples/python/hello_pubsub.py
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import array
import atexit
import os
import struct

from peers import BATCH, name, subscribers

TITLE = "kickmsg topic"
KIND = "topic"
REQUIREMENTS = ["kickmsg"]
IMPORTS = "import kickmsg"

_value = struct.Struct("d")
LARGE = 65536
"""Bytes beyond which its default of 256 payloads would not fit beside the other rows'."""

FEW = 4096
"""Bytes up to which send() and try_receive() are faster than filling a slot or copying a view."""

_kept = []


def _node(size):
    """Return this process's node, and the configuration of a topic."""
    import kickmsg

    config = kickmsg.Config()
    config.max_subscribers = subscribers(config.max_subscribers)
    if size > LARGE:
        config.pool_size, config.sub_ring_capacity = 32, 8
    config.max_payload_size = size
    if not _kept:
        _kept.append(kickmsg.Node(f"node{os.getpid()}", name(__name__, "node")[:-1]))
        atexit.register(_unlink, os.getpid())
    return _kept[0], config


def _unlink(pid):
    import kickmsg

    if pid != os.getpid():  # a forked child's end
        return
    node, *topics = _kept
    for topic in topics:  # those of its publishers
        node.unlink_topic(topic)
    if topics:
        kickmsg.Registry.unlink(node.namespace)


def _publisher(topic, size=8):
    node, config = _node(size)
    _kept.append(topic)
    return node.advertise_or_join(topic, config)


def _subscriber(topic, size=8):
    node, config = _node(size)
    return node.subscribe_or_create(topic, config)


def publisher(topic, shared):
    pack, send = _value.pack, _publisher(topic).send
    return lambda value: send(pack(value))


def poller(topic, shared):
    unpack, try_receive = _value.unpack, _subscriber(topic).try_receive

    def poll():
        data = try_receive()
        return None if data is None else unpack(data)[0]

    return poll


def receiver(topic, shared):
    unpack, wait = _value.unpack, _subscriber(topic).receive

    def receive():
        while (data := wait(60.0)) is None:
            pass
        return unpack(data)[0]

    return receive


def batch_publisher(topic, shared):
    send = _publisher(topic, 8 * BATCH).send
    return lambda values: send(array.array("d", values).tobytes())


def batch_receiver(topic, shared):
    try_receive = _subscriber(topic, 8 * BATCH).try_receive

    def drain():
        values = array.array("d")
        while (data := try_receive()) is not None:
            values.frombytes(data)
        return values.tolist()

    return drain


def array_publisher(topic, shared, like):
    publisher, size = _publisher(topic, like.nbytes), like.nbytes
    if size <= FEW:
        send = publisher.send
        return lambda array: send(array.tobytes())
    allocate = publisher.allocate

    def publish(array):
        slot = allocate()
        memoryview(slot).cast("B")[:] = memoryview(array).cast("B")
        slot.publish(size)

    return publish


def array_poller(topic, shared, like):
    import numpy

    subscriber, dtype, array = _subscriber(topic, like.nbytes), like.dtype, numpy.frombuffer
    if like.nbytes <= FEW:
        try_receive = subscriber.try_receive

        def poll(into):
            data = try_receive()
            return None if data is None else array(data, dtype)

        return poll
    try_receive_view = subscriber.try_receive_view

    def poll_large(into):
        view = try_receive_view()
        if view is None:
            return None
        into[:] = array(view, dtype)
        view.release()
        return into

    return poll_large


def array_viewer(topic, shared, like):
    import numpy

    try_receive_view = _subscriber(topic, like.nbytes).try_receive_view
    dtype, array = like.dtype, numpy.frombuffer

    def view():
        sample = try_receive_view()
        return None if sample is None else array(sample, dtype)

    return view


def statements(topic, shared):
    names = {"send": _publisher(topic).send, "pack": _value.pack}
    return {"publish": ("send(pack(value))", names)}
