"""kickmsg: a topic of a node, send() and receive()."""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct

REQUIREMENTS = ["kickmsg"]

_value = struct.Struct("d")
_kept = []


def _node(role, topic):
    import kickmsg

    _kept.append(kickmsg.Node(f"{role}-{topic}", f"bench{os.environ['BENCHMARK_RUN']}"))
    return _kept[-1]


def sender(topic, shared):
    pack, send = _value.pack, _node("from", topic).advertise(topic).send
    return lambda value: send(pack(value))


def receiver(topic, shared):
    node = _node("to", topic)
    unpack, receive = _value.unpack, node.subscribe(topic).receive
    atexit.register(_remove, node, topic)
    return lambda: unpack(receive(60.0))[0]


def _remove(node, topic):
    import kickmsg

    node.unlink_topic(topic)
    kickmsg.Registry.unlink(node.namespace)
