"""What a topic's file says of its slots and pins."""

import mmap
import os
import struct
from pathlib import Path
from typing import Any

from support.layout import FIELDS, FIRST_SLOT, HEADER, PAGE


class Memory:
    """The file that has a topic's name now; it stays readable when that has another."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY)
        try:
            self._page = mmap.mmap(fd, PAGE, prot=mmap.PROT_READ)
            length = os.fstat(fd).st_size - HEADER
            self._rest = mmap.mmap(fd, length, prot=mmap.PROT_READ, offset=HEADER)
        finally:
            os.close(fd)

    def close(self) -> None:
        self._page.close()
        self._rest.close()

    def _field(self, name: str) -> int:
        offset, form = FIELDS[name]
        number: int = struct.unpack_from(form, self._rest, offset - HEADER)[0]
        return number

    def newest_time(self) -> int:
        """When its last value was published."""
        slot = self._field("head") % self._field("slots")
        at = FIRST_SLOT - HEADER + slot * self._field("stride") + 8
        ns: int = struct.unpack_from("<q", self._rest, at)[0]
        return ns

    def state(self) -> list[Any]:
        """As _pool.Pool's."""
        slots: list[Any] = []
        stride = self._field("stride")
        for index in range(self._field("slots")):
            sequence, _, chunk, _, length = struct.unpack_from(
                "<QqIIQ", self._rest, FIRST_SLOT - HEADER + index * stride
            )
            named = sequence != 0 and sequence % 2 == 0
            slots.append((sequence, chunk, length) if named else (sequence,))
        pins = struct.unpack_from(f"<{self._field('views') + 1}Q", self._page, 8)
        return [slots, [(pin & 0xFFFFFFFF) - 1 if pin else None for pin in pins]]


def newest_time(path: Path) -> int:
    """The time of the last value in a topic's file."""
    memory = Memory(path)
    try:
        return memory.newest_time()
    finally:
        memory.close()
