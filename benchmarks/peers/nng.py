"""pynng: Pub0 and Sub0 over ipc; a receive buffer of one message for the newest.

https://pynng.readthedocs.io/en/latest/core.html and https://nng.nanomsg.org/man/tip/nng_sub.7.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct

TITLE = "pynng Pub0/Sub0"
KIND = "topic"
REQUIREMENTS = ["pynng"]

_value = struct.Struct("d")


def _address(topic):
    return f"ipc://{os.environ['BENCHMARK_FOLDER']}/nng.{topic}"


def _sub(topic, **options):
    import pynng

    socket = pynng.Sub0(dial=_address(topic), topics=b"", **options)
    atexit.register(socket.close)
    return socket


def publisher(topic, shared):
    import pynng

    socket = pynng.Pub0(listen=_address(topic))
    atexit.register(socket.close)
    pack, send = _value.pack, socket.send
    return lambda value: send(pack(value))


def reader(topic, shared):
    # A full buffer loses its oldest; what was taken is kept here.
    poll = _poller(_sub(topic, recv_buffer_size=1))
    newest = None

    def read():
        nonlocal newest
        value = poll()
        if value is not None:
            newest = value
        return newest

    return read


def poller(topic, shared):
    return _poller(_sub(topic))


def _poller(socket):
    import select

    # A poll() of its descriptor costs a tenth of the exception that an empty socket raises.
    poll = select.poll()
    poll.register(socket.recv_fd, select.POLLIN)
    ready, unpack, receive = poll.poll, _value.unpack, socket.recv
    return lambda: unpack(receive())[0] if ready(0) else None


def receiver(topic, shared):
    unpack, receive = _value.unpack, _sub(topic).recv
    return lambda: unpack(receive())[0]
