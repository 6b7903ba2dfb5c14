"""subetha-ipc: a Cell of 8 bytes, with a version that steps on each write.

Its value is 0.0 at version 0, before the first; has no waiting.
https://pypi.org/project/subetha-ipc/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import struct

from peers import name, remove_at_exit

TITLE = "subetha-ipc Cell"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["subetha-ipc"]

_value = struct.Struct("d")


def _cell(topic):
    import subetha

    return subetha.Cell(f"/dev/shm/{name(__name__, topic)}", 8)


def publisher(topic, shared):
    remove_at_exit(name(__name__, topic))
    pack, set_ = _value.pack, _cell(topic).set
    return lambda value: set_(pack(value))


def reader(topic, shared):
    unpack, get = _value.unpack, _cell(topic).get
    return lambda: unpack(get())[0]


def poller(topic, shared):
    cell = _cell(topic)
    unpack, get, seen = _value.unpack, cell.get, cell.version

    def poll():
        nonlocal seen
        version = cell.version
        if version == seen:
            return None
        data = get()
        while version != cell.version:  # overtaken, or odd: it was being written
            version, data = cell.version, get()
        seen = version
        return unpack(data)[0]

    return poll


def statements(topic, shared):
    remove_at_exit(name(__name__, topic))
    cell = _cell(topic)
    return {
        "publish": ("set_(pack(value))", {"set_": cell.set, "pack": _value.pack}),
        "read": ("value = unpack(get())[0]", {"get": cell.get, "unpack": _value.unpack}),
    }
