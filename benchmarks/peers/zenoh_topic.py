"""zenoh: put() between peers on one machine; a ring channel of one sample for the latest value.

https://zenoh-python.readthedocs.io/en/latest/ and
https://github.com/eclipse-zenoh/zenoh/blob/main/DEFAULT_CONFIG.json5
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct
from array import array
from pathlib import Path

from peers import mapped_files, sweep

TITLE = "zenoh put/recv"
KIND = "topic"
REQUIREMENTS = ["eclipse-zenoh"]
IMPORTS = "import zenoh"

CONFIGURATION = {
    # Small values do not use it, and its files stay behind.
    "transport/shared_memory/enabled": "false",
    # Peers find one another and meet over the loopback interface only.
    "scouting/multicast/interface": '"lo"',
    "listen/endpoints": '["tcp/127.0.0.1:0"]',
}
"""Otherwise its defaults. Express publishing and the low-latency transport send a packet per value:
round trips are at best a third shorter, streams ten times slower."""

_value = struct.Struct("d")
BUFFERS = 32
"""Arrays in the provider's memory: what a subscriber still holds is not free."""

_session = None
_kept = []
"""Declarations end when they are not referenced."""


def _open(**changed):
    global _session
    import zenoh

    if _session is None:
        configuration = zenoh.Config()
        for key, value in (CONFIGURATION | changed).items():
            configuration.insert_json5(key, value)
        _session = zenoh.open(configuration)
        atexit.register(_session.close)
    return _session


def _open_for_arrays():
    if _session is None:
        atexit.register(_remove)  # runs after the session's close()
    return _open(**{"transport/shared_memory/enabled": "true"})


def _remove():
    """Remove the files of its shared memory, which stay when a process ends."""
    for path in mapped_files("self"):
        if path.endswith(".zenoh"):
            Path(path).unlink(missing_ok=True)


def _key(topic):
    return f"bench/{os.environ['BENCHMARK_RUN']}/{topic}"


def _subscriber(topic, *handler):
    _kept.append(_open().declare_subscriber(_key(topic), *handler))
    return _kept[-1]


def _unblocked(topic):
    """With both ends in one thread, a put() into a full channel would block forever."""
    from zenoh.handlers import FifoChannel

    return _subscriber(topic, FifoChannel(1 << 20))


def _put(topic):
    _kept.append(_open().declare_publisher(_key(topic)))
    return _kept[-1].put


def publisher(topic, shared):
    pack, put = _value.pack, _put(topic)
    return lambda value: put(pack(value))


def other_type(topic, shared):
    pack, put = struct.Struct("q").pack, _put(topic)
    return lambda value: put(pack(value))


def batch_publisher(topic, shared):
    put = _put(topic)
    return lambda values: put(array("d", values).tobytes())


def reader(topic, shared):
    from zenoh.handlers import RingChannel

    # The ring keeps the latest value until it is taken; the reader keeps it afterwards.
    unpack, receive = _value.unpack, _subscriber(topic, RingChannel(1)).try_recv
    newest = None

    def read():
        nonlocal newest
        sample = receive()
        if sample is not None:
            newest = unpack(sample.payload.to_bytes())[0]
        return newest

    return read


def poller(topic, shared):
    unpack, receive = _value.unpack, _unblocked(topic).try_recv

    def poll():
        sample = receive()
        return None if sample is None else unpack(sample.payload.to_bytes())[0]

    return poll


def receiver(topic, shared):
    unpack, receive = _value.unpack, _subscriber(topic).recv
    return lambda: unpack(receive().payload.to_bytes())[0]


def batch_receiver(topic, shared):
    receive = _unblocked(topic).try_recv

    def drain():
        values = array("d")
        while (sample := receive()) is not None:
            values.frombytes(sample.payload.to_bytes())
        return values.tolist()

    return drain


def array_prepare(like):
    sweep("*.zenoh")


def array_publisher(topic, shared, like):
    from zenoh.shm import BlockOn, GarbageCollect, ShmProvider

    _open_for_arrays()
    provider = ShmProvider.default_backend(BUFFERS * like.nbytes)
    allocate, policy, size, put = (
        provider.alloc,
        BlockOn(GarbageCollect()),
        like.nbytes,
        _put(topic),
    )

    def publish(array):
        buffer = allocate(size, policy)
        buffer[:] = array.tobytes()
        put(buffer)

    return publish


def array_poller(topic, shared, like):
    import numpy

    _open_for_arrays()
    receive, dtype, array = _unblocked(topic).try_recv, like.dtype, numpy.frombuffer

    def poll(into):
        sample = receive()
        if sample is None:
            return None
        payload = sample.payload
        # bytes() of the shared buffer copies once, to_bytes() twice.
        return array(bytes(payload.as_shm() or payload), dtype)

    return poll
