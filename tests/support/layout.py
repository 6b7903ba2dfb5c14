"""The fields of a topic's file, as in shmpubsub/internal/segment/layout.go, for damaging them."""

import os
import resource
import struct
from pathlib import Path

HEADER = 65536
HEADER_SIZE = 256

PAGE = int(os.environ.get("SHM_PUB_SUB_TEST_PAGE") or resource.getpagesize())
"""What the tested build takes for the size of a page."""
FIRST_SLOT = HEADER + HEADER_SIZE

# name: (offset, struct format)
FIELDS = {
    "magic": (HEADER + 0, "<Q"),
    "version": (HEADER + 8, "<I"),
    "header_size": (HEADER + 12, "<I"),
    "type_tag": (HEADER + 16, "<I"),
    "flags": (HEADER + 20, "<I"),
    "elem_size": (HEADER + 24, "<Q"),
    "stride": (HEADER + 32, "<Q"),
    "slots": (HEADER + 40, "<Q"),
    "file_size": (HEADER + 48, "<Q"),
    "pid": (HEADER + 56, "<I"),
    "created": (HEADER + 64, "<q"),
    "desc_offset": (HEADER + 72, "<Q"),
    "desc_size": (HEADER + 80, "<Q"),
    "carried_time": (HEADER + 88, "<q"),
    "chunks_offset": (HEADER + 96, "<Q"),
    "chunk_stride": (HEADER + 104, "<Q"),
    "chunks": (HEADER + 112, "<I"),
    "views": (HEADER + 116, "<I"),
    "loans": (HEADER + 120, "<I"),
    "meta_size": (HEADER + 124, "<I"),
    "head": (HEADER + 128, "<Q"),
    "retired": (HEADER + 136, "<I"),
    "slot_0_sequence": (FIRST_SLOT, "<Q"),
    "slot_1_sequence": (FIRST_SLOT + 32, "<Q"),
}


def topic_file(directory: Path, topic: str = "topic") -> Path:
    """The file of a topic whose name needs no encoding."""
    return directory / f"shm_pub_sub.{topic}"


def read_field(path: Path, name: str) -> int:
    offset, form = FIELDS[name]
    number: int = struct.unpack_from(form, path.read_bytes(), offset)[0]
    return number


def write_field(path: Path, name: str, value: int) -> None:
    offset, form = FIELDS[name]
    write_at(path, offset, struct.pack(form, value))


def write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
