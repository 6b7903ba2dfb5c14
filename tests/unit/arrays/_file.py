"""A topic's newest value as its file has it, found by the layout alone."""

import struct
from pathlib import Path
from typing import NamedTuple

from support.layout import FIRST_SLOT, read_field, topic_file


class Newest(NamedTuple):
    head: int
    value: bytes


def newest(directory: Path, topic: str = "topic") -> Newest:
    path = topic_file(directory, topic)
    head, stride = read_field(path, "head"), read_field(path, "stride")
    data = path.read_bytes()
    slot = FIRST_SLOT + head % read_field(path, "slots") * stride
    sequence, _, chunk, _, length = struct.unpack_from("<QqIIQ", data, slot)
    assert sequence == 2 * head
    if read_field(path, "chunks"):
        begin = read_field(path, "chunks_offset") + chunk * read_field(path, "chunk_stride") + 128
    else:
        begin, length = slot + 16, read_field(path, "elem_size")
    return Newest(head, data[begin : begin + length])


def published(directory: Path, topic: str = "topic") -> int:
    return read_field(topic_file(directory, topic), "head")
