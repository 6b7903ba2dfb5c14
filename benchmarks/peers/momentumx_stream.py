"""momentumx: a stream. It waits by polling, every 10 ms by default; here every 0.1 ms.

A subscriber gets one of the 10 last values. A batch is one message. send_string() takes half the
time of next_to_send(), write(), send(), and bytes as well.
Names have at most 32 characters: a longer one raises StreamExists.
https://pypi.org/project/momentumx/, Stream Mode
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import array
import atexit
import struct

from peers import BATCH, name

TITLE = "momentumx"
KIND = "topic"
REQUIREMENTS = ["momentumx"]

_value = struct.Struct("d")
_kept = []


def _producer(topic, size):
    import momentumx

    if not _kept:
        atexit.register(close)

    momentumx.set_log_level(momentumx.LogLevel.ERROR)
    _kept.append(momentumx.Producer(name("mx", topic), size, 10, False))
    return _kept[-1]


def _consumer(topic):
    import momentumx

    momentumx.set_log_level(momentumx.LogLevel.ERROR)
    _kept.append(momentumx.Consumer(name("mx", topic), polling_interval=0.0001))
    return _kept[-1]


def publisher(topic, shared):
    pack, send = _value.pack, _producer(topic, 64).send_string
    return lambda value: send(pack(value))


def poller(topic, shared):
    unpack, take = _value.unpack_from, _consumer(topic).receive

    def poll():
        buffer = take(blocking=False)
        return None if buffer is None else unpack(buffer)[0]

    return poll


def receiver(topic, shared):
    unpack, take = _value.unpack_from, _consumer(topic).receive

    def receive():
        while (buffer := take()) is None:
            pass
        return unpack(buffer)[0]

    return receive


def batch_publisher(topic, shared):
    send = _producer(topic, 8 * BATCH).send_string
    return lambda values: send(array.array("d", values).tobytes())


def batch_receiver(topic, shared):
    take = _consumer(topic).receive

    def drain():
        values = array.array("d")
        while (buffer := take(blocking=False)) is not None:
            values.frombytes(buffer.read(buffer.data_size))
        return values.tolist()

    return drain


def close():
    """A producer that ends without it leaves files."""
    _kept.clear()
