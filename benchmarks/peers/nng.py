"""pynng: Pub0 and Sub0 over ipc; a receive buffer of one message for the newest.

https://pynng.readthedocs.io/en/latest/core.html and https://nng.nanomsg.org/man/tip/nng_sub.7.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct
from array import array

from peers import newest

TITLE = "pynng Pub0/Sub0"
KIND = "topic"
REQUIREMENTS = ["pynng"]

_value = struct.Struct("d")


def _address(topic):
    return f"ipc://{os.environ['BENCHMARK_FOLDER']}/nng.{topic}"


def _sub(topic, **options):
    import pynng

    # A dial that waits complains in the log where the publisher is not there yet.
    socket = pynng.Sub0(dial=_address(topic), block_on_dial=False, topics=b"", **options)
    atexit.register(socket.close)
    return socket


def _send(topic):
    import pynng

    socket = pynng.Pub0(listen=_address(topic))
    atexit.register(socket.close)
    return socket.send


def publisher(topic, shared):
    pack, send = _value.pack, _send(topic)
    return lambda value: send(pack(value))


def other_type(topic, shared):
    pack, send = struct.Struct("q").pack, _send(topic)
    return lambda value: send(pack(value))


def batch_publisher(topic, shared):
    send = _send(topic)
    return lambda values: send(array("d", values).tobytes())


def reader(topic, shared):
    # A full buffer loses its oldest; what was taken is kept here.
    return newest(_poller(_sub(topic, recv_buffer_size=1)))


def poller(topic, shared):
    return _poller(_sub(topic))


def _ready(socket):
    """To poll its descriptor costs a tenth of the exception that an empty socket raises."""
    import select

    poll = select.poll()
    poll.register(socket.recv_fd, select.POLLIN)
    return poll.poll


def _poller(socket):
    ready, unpack, receive = _ready(socket), _value.unpack, socket.recv
    return lambda: unpack(receive())[0] if ready(0) else None


def receiver(topic, shared):
    unpack, receive = _value.unpack, _sub(topic).recv
    return lambda: unpack(receive())[0]


def batch_receiver(topic, shared):
    socket = _sub(topic)
    ready, receive = _ready(socket), socket.recv

    def drain():
        values = array("d")
        while ready(0):
            values.frombytes(receive())
        return values.tolist()

    return drain
