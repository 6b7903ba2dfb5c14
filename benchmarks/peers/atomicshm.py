"""atomicshm: an AtomicView's cell over SharedMemory. Integers only: a double is stored as its bits.

It reads 0 before the first value and has no waiting. https://pypi.org/project/atomicshm/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import atexit
import struct

from peers import mp_shared_memory
from peers._state import adapter

TITLE = "atomicshm"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["atomicshm"]
IMPORTS = "import atomicshm"

_double, _integer = struct.Struct("d"), struct.Struct("Q")
_views = []


def prepare():
    return mp_shared_memory.prepare(__name__)


def _cell(topic, shared):
    import atomicshm

    if not _views:
        atexit.register(close)  # before SharedMemory's
    _views.append(atomicshm.AtomicView(shared[topic].buf))
    return _views[-1].cell_u64(0)


def _place(topic, shared):
    cell = _cell(topic, shared)
    names = {"store": cell.store, "load": cell.load}
    names |= {"of_float": _double.pack, "to_int": _integer.unpack}
    return names | {"of_int": _integer.pack, "to_float": _double.unpack}


publisher, reader, poller, _ = adapter(
    _place, "store(to_int(of_float(value))[0])", "to_float(of_int(load()))[0]"
)


def statements(topic, shared):
    """Integers, without the cost of converting a double."""
    cell = _cell(topic, shared)
    return {
        "publish": ("store(number)", {"store": cell.store, "number": 12345}),
        "read": ("number = load()", {"load": cell.load}),
    }


def close():
    while _views:
        _views.pop().close()
    mp_shared_memory.close()
