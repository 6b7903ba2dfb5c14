"""CBOR (RFC 8949), as much of it as messages have. Each length is checked."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Final, NoReturn

Buffer = bytes | bytearray | memoryview

UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
"""The major types."""
KINDS: Final = ("int", "int", "bytes", "text", "array", "map", "tag", "simple value")

FALSE, TRUE = 0xF4, 0xF5
HALF, SINGLE, DOUBLE = 0xF9, 0xFA, 0xFB
EMBEDDED: Final = 24
"""The tag of bytes that are CBOR."""

_U8 = struct.Struct(">BB")
_U16 = struct.Struct(">BH")
_U32 = struct.Struct(">BI")
_U64 = struct.Struct(">BQ")
_ARGUMENTS: Final = {24: (1, _U8), 25: (2, _U16), 26: (4, _U32), 27: (8, _U64)}


class WireError(ValueError):
    """A message is damaged, or a value has no place in one."""


def head(major: int, number: int) -> bytes:
    """Return the head of an item: its major type, and a length or number."""
    first = major << 5
    if number < 24:
        return bytes((first | number,))
    if number < 1 << 8:
        return _U8.pack(first | 24, number)
    if number < 1 << 16:
        return _U16.pack(first | 25, number)
    if number < 1 << 32:
        return _U32.pack(first | 26, number)
    return _U64.pack(first | 27, number)


def text(value: str) -> bytes:
    """Return a text. Raises WireError for a lone surrogate."""
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise WireError(f"found text that UTF-8 cannot encode: {error.reason}") from None
    return head(TEXT, len(data)) + data


def integer(value: int) -> bytes:
    """Return an int of 64 bits, or its two's complement of 65."""
    if not -(1 << 64) <= value < 1 << 64:
        raise WireError(f"found {value:.3e}; expected an int of 64 bits")
    return head(UINT, value) if value >= 0 else head(NEGATIVE, ~value)


class Reader:
    """The items of a message, one after the other. Raises WireError for anything else."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: Buffer) -> None:
        self.data = memoryview(data)
        self.at = 0
        self.end = len(data)

    def wrong(self, expected: str, found: str = "") -> NoReturn:
        """Raise for what is at this place, or before it."""
        if not found:
            left = self.data[self.at : self.at + 8]
            found = left.hex(" ") if left else "the end"
        raise WireError(f"found {found} at byte {self.at}; expected {expected}")

    def head(self) -> tuple[int, int]:
        """Return an item's major type, and its length, number or bits."""
        at = self.at
        if at >= self.end:
            self.wrong("another item")
        first = self.data[at]
        small = first & 31
        if small < 24:
            self.at = at + 1
            return first >> 5, small
        if small > 27:
            self.wrong("an item of definite length")
        size, packed = _ARGUMENTS[small]
        if at + 1 + size > self.end:
            self.wrong("all of an item's head")
        self.at = at + 1 + size
        return first >> 5, packed.unpack_from(self.data, at)[1]

    def expect(self, major: int) -> int:
        """Return the length, or number, of an item of that major type."""
        before = self.at
        found, number = self.head()
        if found != major:
            self.at = before
            self.wrong(KINDS[major], KINDS[found])
        return number

    def count(self, major: int, most: int = 1 << 64, each: int = 1) -> int:
        """Return the number of an array's elements, or a map's pairs.

        There are no more than the rest has room for, if each takes so many bytes at least.
        """
        count = self.expect(major)
        if count > most or count * each > self.end - self.at:
            self.wrong(f"{min(most, (self.end - self.at) // each)} at most", f"{count} elements")
        return count

    def take(self, size: int) -> memoryview:
        """Return the next bytes: a view."""
        if size > self.end - self.at:
            self.wrong(f"{size} bytes", f"{self.end - self.at} bytes")
        at = self.at
        self.at = at + size
        return self.data[at : at + size]

    def bytes(self) -> memoryview:
        """Return a byte string: a view."""
        return self.take(self.expect(BYTES))

    def text(self) -> str:
        """Return a text."""
        data = self.take(self.expect(TEXT))
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError:
            return self.wrong("text in UTF-8", "bytes that are not UTF-8")

    def key(self) -> str:
        """Return a map's key; "" for one that is no text, which is unknown."""
        if self.at < self.end and self.data[self.at] >> 5 == TEXT:
            return self.text()
        self.skip()
        return ""

    def new_key(self, seen: Container[str]) -> str:
        """Return a map's key, which must be none of those before if it is known."""
        key = self.key()
        if key in seen:
            self.wrong("each key once", f"{key!r} twice")
        return key

    def unsigned(self) -> int:
        """Return an int that is not negative."""
        return self.expect(UINT)

    def integer(self) -> int:
        """Return an int."""
        major, number = self.head()
        if major == UINT:
            return number
        return ~number if major == NEGATIVE else self.wrong("int", KINDS[major])

    def boolean(self) -> bool:
        """Return a bool."""
        if self.at < self.end and self.data[self.at] in (FALSE, TRUE):
            self.at += 1
            return self.data[self.at - 1] == TRUE
        return self.wrong("a bool")

    def tag(self, number: int) -> None:
        """Pass over a tag of that number."""
        found = self.expect(TAG)
        if found != number:
            self.wrong(f"tag {number}", f"tag {found}")

    def skip(self) -> None:
        """Pass over an item, whatever is in it."""
        left = 1
        while left:
            major, number = self.head()
            left -= 1
            if major in (BYTES, TEXT):
                self.take(number)
            elif major == ARRAY:
                left += number
            elif major == MAP:
                left += 2 * number
            elif major == TAG:
                left += 1

    def finish(self) -> None:
        """Raise unless that was all."""
        if self.at != self.end:
            self.wrong("the end of the message")
