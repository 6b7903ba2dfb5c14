"""pyzmq: PUB and SUB over ipc."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import os
import struct

REQUIREMENTS = ["pyzmq"]

_value = struct.Struct("d")


def _address(topic):
    return f"ipc://{os.environ['BENCHMARK_FOLDER']}/zeromq.{topic}"


def sender(topic, shared):
    import zmq

    socket = zmq.Context.instance().socket(zmq.PUB)
    socket.linger = 0
    socket.bind(_address(topic))
    pack, send = _value.pack, socket.send
    return lambda value: send(pack(value))


def receiver(topic, shared):
    import zmq

    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.linger = 0
    socket.subscribe(b"")
    socket.connect(_address(topic))
    unpack, receive = _value.unpack, socket.recv
    return lambda: unpack(receive())[0]
