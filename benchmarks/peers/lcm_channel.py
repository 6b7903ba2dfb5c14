"""LCM: publish() and handle() by its UDP multicast, with a time to live of 0: this machine only.

https://lcm-proj.github.io/lcm/content/multicast-setup.html and
https://lcm-proj.github.io/lcm/python/index.html
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import os
import struct
from array import array
from collections import deque

TITLE = "LCM publish/handle"
KIND = "topic"
REQUIREMENTS = ["lcm"]

PROVIDER = "udpm://224.0.0.1:7667?ttl=0"
"""Its defaults but for the group: every machine is in this one without saying so on the network."""

_value = struct.Struct("d")
_lcm = []


def _open():
    import lcm

    if not _lcm:
        _lcm.append(lcm.LCM(PROVIDER))
    return _lcm[0]


def _channel(topic):
    return f"bench-{os.environ['BENCHMARK_RUN']}-{topic}"


def _subscribe(topic, newest_only=False):
    """Return what arrives, as handle() and handle_timeout() put it there."""
    arrived = deque(maxlen=1 if newest_only else None)
    subscription = _open().subscribe(_channel(topic), lambda _channel, data: arrived.append(data))
    # By default 30 messages wait for handle(); what comes after them is lost, not they.
    subscription.set_queue_capacity(0)
    return arrived


def publisher(topic, shared):
    channel, pack, publish = _channel(topic), _value.pack, _open().publish
    return lambda value: publish(channel, pack(value))


def other_type(topic, shared):
    channel, pack, publish = _channel(topic), struct.Struct("q").pack, _open().publish
    return lambda value: publish(channel, pack(value))


def batch_publisher(topic, shared):
    channel, publish = _channel(topic), _open().publish
    return lambda values: publish(channel, array("d", values).tobytes())


def reader(topic, shared):
    arrived = _subscribe(topic, newest_only=True)
    unpack, handle = _value.unpack, _open().handle_timeout

    def read():
        while handle(0):  # all that arrived: it does not keep the newest by itself
            pass
        return unpack(arrived[0])[0] if arrived else None

    return read


def poller(topic, shared):
    arrived = _subscribe(topic)
    unpack, take, handle = _value.unpack, arrived.popleft, _open().handle_timeout
    return lambda: unpack(take())[0] if arrived or (handle(0) and arrived) else None


def receiver(topic, shared):
    arrived = _subscribe(topic)
    unpack, take, handle = _value.unpack, arrived.popleft, _open().handle

    def receive():
        while not arrived:
            handle()
        return unpack(take())[0]

    return receive


def batch_receiver(topic, shared):
    arrived = _subscribe(topic)
    take, handle = arrived.popleft, _open().handle_timeout

    def drain():
        while handle(0):
            pass
        values = array("d")
        while arrived:
            values.frombytes(take())
        return values.tolist()

    return drain
