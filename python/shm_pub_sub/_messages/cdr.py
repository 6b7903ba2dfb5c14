"""CDR messages: written as parts, and read with every length checked."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .layout import up

if TYPE_CHECKING:
    from typing import Final

HEADER: Final = b"\x00\x01\x00\x00"
"""XCDR1, little-endian."""
LARGE: Final = 16384
"""Bytes from which a part is not copied."""
MOST_ELEMENTS: Final = 0xFFFFFFFF
"""Of a sequence, whose count has 32 bits."""

_count = struct.Struct("<I")
_length = struct.Struct("<Q")

FORMATS: Final = {
    b"\x00\x00": "big-endian CDR",
    b"\x00\x02": "big-endian PL_CDR",
    b"\x00\x03": "PL_CDR",
    **{bytes((0, kind)): "XCDR2" for kind in range(6, 12)},
}


def content(data: memoryview) -> memoryview:
    """Return what is behind a message's header. Raises ValueError if it is another format's."""
    if len(data) < len(HEADER):
        raise ValueError(f"found a message of {len(data)} bytes; expected CDR")
    if data[:2] != HEADER[:2]:
        kind = FORMATS.get(bytes(data[:2]), f"a message that begins with {data[:4].hex()}")
        raise ValueError(f"found {kind}; expected little-endian CDR")
    return data[len(HEADER) :]


class Writer:
    """A message that is being written, behind its header."""

    __slots__ = ("_before", "_parts", "tail")

    def __init__(self) -> None:
        self._parts: list[bytes | memoryview] = [HEADER]
        self._before = 0
        self.tail = bytearray()
        """What is behind the parts so far."""

    @property
    def end(self) -> int:
        return self._before + len(self.tail)

    def align(self, align: int) -> None:
        self.tail += bytes(-(self._before + len(self.tail)) % align)

    def count(self, count: int) -> None:
        """Write the count of a sequence."""
        if count > MOST_ELEMENTS:
            raise ValueError(f"found {count} elements; expected {MOST_ELEMENTS} at most")
        self.align(4)
        self.tail += _count.pack(count)

    def text(self, text: memoryview) -> None:
        """Write text, whose count has the NUL at its end."""
        self.count(len(text) + 1)
        self.put(text)
        self.tail += b"\0"

    def put(self, memory: memoryview) -> None:
        """Write bytes as they are; large ones are not copied."""
        if len(memory) < LARGE:
            self.tail += memory
            return
        self._flush()
        self._parts.append(memory)
        self._before += len(memory)

    def parts(self) -> list[bytes | memoryview]:
        self._flush()
        return self._parts

    def _flush(self) -> None:
        if self.tail:
            self._parts.append(memoryview(self.tail))
            self._before += len(self.tail)
            self.tail = bytearray()


class Reader:
    """A message that is being read, behind its header."""

    __slots__ = ("data", "end", "place")

    def __init__(self, data: memoryview) -> None:
        self.data = content(data)
        self.place = 0
        self.end = len(self.data)

    def align(self, align: int) -> None:
        self.place = up(self.place, align)

    def take(self, size: int) -> memoryview:
        """Return the next bytes."""
        start, end = self.place, self.place + size
        if end > self.end:
            left = max(0, self.end - start)
            raise ValueError(f"found {left} bytes for a field; expected {size}")
        self.place = end
        return self.data[start:end]

    def count(self, size: int = 1) -> int:
        """Return the count of a sequence, whose elements have this size or more."""
        self.align(4)
        (count,) = _count.unpack(self.take(4))
        if count * size > self.end - self.place:
            raise ValueError(
                f"found a sequence of {count} elements in {self.end - self.place} bytes; expected "
                "fewer"
            )
        return int(count)

    def text(self) -> memoryview:
        """Return the bytes of a text, without the NUL at its end."""
        found = self.take(self.count())
        if found and found[-1] == 0:
            found = found[:-1]
        return found

    def finish(self) -> None:
        """Check that the message ends here. Others pad it to a multiple of 4 or 8 bytes."""
        if self.end - self.place >= 8:
            raise ValueError(
                f"found {self.end - self.place} bytes behind the last field; expected none"
            )


def length_at(memory: memoryview, offset: int, most: int) -> int:
    """Return how long a field is that varies, in shared memory."""
    (length,) = _length.unpack_from(memory, offset)
    if length > most:
        raise ValueError(f"found a field of length {length}; expected {most} at most")
    return int(length)


def put_length(memory: memoryview, offset: int, length: int) -> None:
    _length.pack_into(memory, offset, length)
