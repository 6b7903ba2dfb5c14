"""zerochannel: BytesWriter and BytesReader, a ring of 256 entries of 8 bytes; has no waiting.

A reader begins with the oldest that is kept. https://pypi.org/project/zerochannel/
"""
# ruff: noqa: PLC0415 - nothing of it may run before the fork

import struct

from peers import name, remove_at_exit

TITLE = "zerochannel"
KIND = "topic"
REQUIREMENTS = ["zerochannel"]

_value = struct.Struct("d")


def _writer(topic):
    import zerochannel

    remove_at_exit(name(__name__, topic))
    return zerochannel.BytesWriter(f"/{name(__name__, topic)}", entry_length=8, entry_count=256)


def _reader(topic):
    import zerochannel

    return zerochannel.BytesReader(f"/{name(__name__, topic)}")


def publisher(topic, shared):
    pack, write = _value.pack, _writer(topic).write
    return lambda value: write(pack(value))


def reader(topic, shared):
    channel = _reader(topic)
    unpack, entry = _value.unpack, channel.read

    def read():
        newest = channel.writer_entry_seq
        # Only a read connects a reader that was there before its writer.
        found = entry(from_entry_seq=newest - 1) if newest else entry()
        return None if found is None else unpack(found[1])[0]

    return read


def poller(topic, shared):
    unpack, entry = _value.unpack, _reader(topic).read

    def poll():
        found = entry()
        return None if found is None else unpack(found[1])[0]

    return poll


def statements(topic, shared):
    names = {"write": _writer(topic).write, "pack": _value.pack}
    read = {"read": reader(topic, shared)}
    return {"publish": ("write(pack(value))", names), "read": ("value = read()", read)}
