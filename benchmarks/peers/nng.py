"""pynng: Pub0 and Sub0 over ipc."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import os
import struct

REQUIREMENTS = ["pynng"]

_value = struct.Struct("d")


def _address(topic):
    return f"ipc://{os.environ['BENCHMARK_FOLDER']}/nng.{topic}"


def sender(topic, shared):
    import pynng

    pack, send = _value.pack, pynng.Pub0(listen=_address(topic)).send
    return lambda value: send(pack(value))


def receiver(topic, shared):
    import pynng

    socket = pynng.Sub0(dial=_address(topic))
    socket.subscribe(b"")
    unpack, receive = _value.unpack, socket.recv
    return lambda: unpack(receive())[0]
