"""pyzmq: PUB and SUB over ipc; CONFLATE for the latest value.

https://pyzmq.readthedocs.io/en/latest/api/zmq.html and https://api.zeromq.org/4-3:zmq-setsockopt
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import os
import struct
from array import array
from contextlib import suppress

from peers import newest

TITLE = "pyzmq PUB/SUB"
KIND = "topic"
REQUIREMENTS = ["pyzmq"]
IMPORTS = "import zmq"

_value = struct.Struct("d")


def _address(topic):
    return f"ipc://{os.environ['BENCHMARK_FOLDER']}/zeromq.{topic}"


def _socket(kind, **options):
    import zmq

    context = zmq.Context.instance()
    context.max_sockets = max(
        context.max_sockets, 65536
    )  # default 1,023; set before the first socket
    socket = context.socket(kind)
    socket.linger = 0
    for name, value in options.items():
        setattr(socket, name, value)
    return socket


def _pub(topic):
    import zmq

    socket = _socket(zmq.PUB)
    socket.bind(_address(topic))
    return socket


def _sub(topic, **options):
    import zmq

    socket = _socket(zmq.SUB, **options)
    socket.subscribe(b"")
    socket.connect(_address(topic))
    return socket


def publisher(topic, shared):
    pack, send = _value.pack, _pub(topic).send
    return lambda value: send(pack(value))


def other_type(topic, shared):
    pack, send = struct.Struct("q").pack, _pub(topic).send
    return lambda value: send(pack(value))


def batch_publisher(topic, shared):
    send = _pub(topic).send
    return lambda values: send(array("d", values).tobytes())


def reader(topic, shared):
    # The socket keeps the latest value until it is taken; the reader keeps it afterwards.
    return newest(_poller(_sub(topic, conflate=1)))


def poller(topic, shared):
    return _poller(_sub(topic))


def _arrived(socket):
    import zmq

    # Asking first costs a third of the exception of an empty socket.
    ask, events, ready = socket.get, int(zmq.EVENTS), int(zmq.POLLIN)
    return lambda: ask(events) & ready


def _poller(socket):
    arrived, unpack, receive = _arrived(socket), _value.unpack, socket.recv
    return lambda: unpack(receive())[0] if arrived() else None


def receiver(topic, shared):
    unpack, receive = _value.unpack, _sub(topic).recv
    return lambda: unpack(receive())[0]


def batch_receiver(topic, shared):
    import zmq

    receive, at_once = _sub(topic).recv, int(zmq.NOBLOCK)

    def drain():
        values = array("d")
        with suppress(zmq.Again):
            while True:
                values.frombytes(receive(at_once))
        return values.tolist()

    return drain


def array_publisher(topic, shared, like):
    return _pub(topic).send


def array_poller(topic, shared, like):
    socket = _sub(topic)
    arrived, receive_into = _arrived(socket), socket.recv_into

    def poll(into):
        if not arrived():
            return None
        receive_into(into)
        return into

    return poll


def array_viewer(topic, shared, like):
    import numpy

    socket, dtype, array = _sub(topic), like.dtype, numpy.frombuffer
    arrived, receive = _arrived(socket), socket.recv
    return lambda: array(receive(copy=False), dtype) if arrived() else None
