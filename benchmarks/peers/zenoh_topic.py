"""zenoh: put() and a subscriber's recv(), peers of one host."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct

REQUIREMENTS = ["eclipse-zenoh"]

_value = struct.Struct("d")
_sessions = []


def _session():
    import zenoh

    if not _sessions:
        config = zenoh.Config()
        # Small values do not go by it, and its file would stay behind.
        config.insert_json5("transport/shared_memory/enabled", "false")
        _sessions.append(zenoh.open(config))
        atexit.register(_sessions[0].close)
    return _sessions[0]


def _key(topic):
    return f"bench/{os.environ['BENCHMARK_RUN']}/{topic}"


def sender(topic, shared):
    publisher = _session().declare_publisher(_key(topic))
    _sessions.append(publisher)
    pack, put = _value.pack, publisher.put
    return lambda value: put(pack(value))


def receiver(topic, shared):
    subscriber = _session().declare_subscriber(_key(topic))
    _sessions.append(subscriber)
    unpack, receive = _value.unpack, subscriber.recv
    return lambda: unpack(receive().payload.to_bytes())[0]
