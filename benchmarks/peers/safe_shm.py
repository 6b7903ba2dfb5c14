"""safe-shm: a seqlock of a double. It says 0.0 at sequence 0, before the first value.

Its waiting has no Python binding. https://pypi.org/project/safe-shm/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

from peers import name, remove_at_exit

TITLE = "safe-shm seqlock"
KIND = "state"
BEFORE = 0.0
REQUIREMENTS = ["safe-shm"]


def _writer(topic):
    import safe_shm_py

    remove_at_exit(name(__name__, topic))
    return safe_shm_py.SeqlockWriterF64(name(__name__, topic))


def _reader(topic):
    import safe_shm_py

    return safe_shm_py.SeqlockReaderF64(name(__name__, topic))


def publisher(topic, shared):
    return _writer(topic).store


def reader(topic, shared):
    return _reader(topic).load


def poller(topic, shared):
    reader = _reader(topic)
    sequence, load = reader.sequence, reader.load
    seen = sequence()

    def poll():
        nonlocal seen
        now = sequence()
        if now == seen:
            return None
        value = load()
        while now != sequence():  # overtaken, or odd: it was being written
            now, value = sequence(), load()
        seen = now
        return value

    return poll
