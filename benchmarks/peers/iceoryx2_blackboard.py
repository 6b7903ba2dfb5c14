"""iceoryx2: a key of a blackboard, with an initial value from its creator.

The creator must exist before the first reader; no waiting. As in its repository's
examples/python/blackboard
"""

import ctypes

from peers import _iceoryx2

TITLE = "iceoryx2 blackboard"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["iceoryx2"]
IMPORTS = "import iceoryx2"

_key, _double = ctypes.c_uint64, ctypes.c_double
_kept = []


def publisher(topic, shared):
    creator = _iceoryx2.service(__name__, topic).blackboard_creator(_key).add(_key(0), _double(0.0))
    service = creator.create()
    writer = service.writer_builder().create()
    entry = writer.entry(_key(0), _double)
    _kept.append((service, writer, entry))
    update = entry.update_with_copy
    return lambda value: update(_double(value))


def _entry(topic):
    service = _iceoryx2.service(__name__, topic).blackboard_opener(_key).open()
    reader = service.reader_builder().create()
    _kept.append((service, reader, reader.entry(_key(0), _double)))
    return _kept[-1][-1]


def reader(topic, shared):
    get = _entry(topic).get
    return lambda: get().decode_as(_double).value


def poller(topic, shared):
    entry = _entry(topic)
    get, is_up_to_date, seen = entry.get, entry.is_up_to_date, entry.get()

    def poll():
        nonlocal seen
        if is_up_to_date(seen):
            return None
        seen = get()
        return seen.decode_as(_double).value

    return poll


def close():
    _kept.clear()
