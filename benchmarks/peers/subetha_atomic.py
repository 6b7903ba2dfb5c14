"""subetha-ipc: an Atomic. Integers only: a double is stored as its bits.

It reads 0 before the first value and has no waiting. https://pypi.org/project/subetha-ipc/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import struct

from peers import name, remove_at_exit
from peers._state import adapter

TITLE = "subetha-ipc Atomic"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["subetha-ipc"]
IMPORTS = "import subetha"

_double, _integer = struct.Struct("d"), struct.Struct("Q")


def _atomic(topic):
    import subetha

    return subetha.Atomic(f"/dev/shm/{name(__name__, topic)}")


def _place(topic, shared):
    atomic = _atomic(topic)
    names = {"store": atomic.store, "load": atomic.load}
    names |= {"of_float": _double.pack, "to_int": _integer.unpack}
    return names | {"of_int": _integer.pack, "to_float": _double.unpack}


_publisher, reader, poller, _ = adapter(
    _place, "store(to_int(of_float(value))[0])", "to_float(of_int(load()))[0]"
)


def publisher(topic, shared):
    remove_at_exit(name(__name__, topic))
    return _publisher(topic, shared)


def statements(topic, shared):
    """Integers, without the cost of converting a double."""
    remove_at_exit(name(__name__, topic))
    atomic = _atomic(topic)
    return {
        "publish": ("store(number)", {"store": atomic.store, "number": 12345}),
        "read": ("number = load()", {"load": atomic.load}),
    }
