"""kickmsg: a key of a blackboard, one board with one key per topic.

https://pypi.org/project/kickmsg/, Blackboard (state, not stream)
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import os
import struct

from peers import name

TITLE = "kickmsg blackboard"
KIND = "state"
REQUIREMENTS = ["kickmsg"]
IMPORTS = "import kickmsg"

KEY = "value"

_value = struct.Struct("d")
_kept = []


def _board(topic):
    import kickmsg

    if not _kept:
        _kept.append(kickmsg.Node(f"node{os.getpid()}", name(__name__, "node")[:-1]))
        atexit.register(_unlink, os.getpid())
    config = kickmsg.BlackboardConfig()
    config.capacity, config.max_value_size = 1, 8
    return _kept[0].blackboard(topic, config)


def _unlink(pid):
    import kickmsg

    if pid != os.getpid():  # a forked child's end
        return
    node, *topics = _kept
    for topic in topics:  # those of its publishers
        node.unlink_blackboard(topic)
    if topics:
        kickmsg.Registry.unlink(node.namespace)


def publisher(topic, shared):
    pack, write = _value.pack, _board(topic).declare(KEY).write
    _kept.append(topic)
    return lambda value: write(pack(value))


def reader(topic, shared):
    unpack, look = _value.unpack, _board(topic).observe(KEY).read

    def read():
        found = look()
        return unpack(found.data)[0] if found else None

    return read


def poller(topic, shared):
    unpack, look = _value.unpack, _board(topic).observe(KEY).read
    seen = look().update_count

    def poll():
        nonlocal seen
        found = look()
        if found.update_count == seen or not found:
            return None
        seen = found.update_count
        return unpack(found.data)[0]

    return poll


def receiver(topic, shared):
    board = _board(topic)
    unpack, look, wait = _value.unpack, board.observe(KEY).read, board.wait
    seen, count = board.change_seq, look().update_count

    def receive():
        nonlocal seen, count
        while True:
            found = look()
            if found and found.update_count != count:
                count = found.update_count
                return unpack(found.data)[0]
            wait(seen, 60.0)
            seen = board.change_seq

    return receive
