"""eCAL: its binary publisher and subscriber over shared memory, in its default local mode.

https://eclipse-ecal.github.io/ecal/stable/getting_started/howto/pubsub.html and
https://eclipse-ecal.github.io/ecal/stable/configuration/options.html

A subscriber has only a callback: eCAL's own thread takes every message, so that reader and poller
only look at the result; the streams show what that costs.
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct
import sys
from array import array
from collections import deque

from peers import sweep

TITLE = "eCAL binary publisher/subscriber"
KIND = "topic"
REQUIREMENTS = ["eclipse-ecal"]
IMPORTS = "import ecal.nanobind_core as ecal"
SETTLING = 1.0

_value = struct.Struct("d")
_kept = []


def prepare():
    owner = os.getpid()
    atexit.register(lambda: sweep("ecal_*") if os.getpid() == owner else None)
    sweep("ecal_*")


def _start():
    import ecal.nanobind_core as ecal

    if not ecal.is_initialized():
        # While this thread spins, eCAL's gets the interpreter after this time, not after 5 ms.
        sys.setswitchinterval(50e-6)
        configuration = ecal.get_configuration()
        configuration.registration.registration_refresh = 100  # ms; joining takes up to two
        configuration.logging.provider.console.enable = False
        ecal.initialize(configuration, f"bench-{os.environ['BENCHMARK_RUN']}-{os.getpid()}")
        atexit.register(close)
    return ecal


def close():
    import ecal.nanobind_core as ecal

    _kept.clear()  # before the library ends
    if ecal.is_initialized():
        ecal.finalize()


def _name(topic):
    return f"bench-{os.environ['BENCHMARK_RUN']}-{topic}"


def _subscribe(topic, take):
    """Have take(bytes) called with each message."""
    ecal = _start()
    subscriber = ecal.Subscriber(_name(topic), ecal.DataTypeInformation("double", "raw", b""))
    subscriber.set_receive_callback(lambda _publisher, _type, data: take(data.buffer))
    _kept.append(subscriber)


def _send(topic, type_name):
    ecal = _start()
    publisher = ecal.Publisher(_name(topic), ecal.DataTypeInformation(type_name, "raw", b""))
    _kept.append(publisher)
    return publisher.send


def publisher(topic, shared):
    pack, send = _value.pack, _send(topic, "double")
    return lambda value: send(pack(value))


def other_type(topic, shared):
    pack, send = struct.Struct("q").pack, _send(topic, "int64")
    return lambda value: send(pack(value))


def batch_publisher(topic, shared):
    send = _send(topic, "double[]")
    return lambda values: send(array("d", values).tobytes())


def reader(topic, shared):
    newest = deque(maxlen=1)
    _subscribe(topic, newest.append)
    unpack = _value.unpack

    def read():
        return unpack(newest[0])[0] if newest else None

    return read


def poller(topic, shared):
    arrived = deque()
    _subscribe(topic, arrived.append)
    unpack, take = _value.unpack, arrived.popleft
    return lambda: unpack(take())[0] if arrived else None


def receiver(topic, shared):
    from queue import SimpleQueue

    arrived = SimpleQueue()
    _subscribe(topic, arrived.put)
    unpack, take = _value.unpack, arrived.get
    return lambda: unpack(take())[0]


def batch_receiver(topic, shared):
    arrived = deque()
    _subscribe(topic, arrived.append)
    take = arrived.popleft

    def drain():
        values = array("d")
        while arrived:
            values.frombytes(take())
        return values.tolist()

    return drain


def array_publisher(topic, shared, like):
    send = _send(topic, "array")
    return lambda array: send(array.tobytes())


def array_poller(topic, shared, like):
    import numpy

    arrived = deque()
    _subscribe(topic, arrived.append)
    take, dtype, array = arrived.popleft, like.dtype, numpy.frombuffer
    return lambda into: array(take(), dtype) if arrived else None
