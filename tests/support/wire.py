"""Messages of bridges, as other programs read, write and damage them."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

TYPED = {
    **{64: "B", 69: "H", 70: "I", 71: "Q", 72: "b", 77: "h", 78: "i", 79: "q"},
    **{84: "e", 85: "f", 86: "d"},
}
"""struct's codes by the tags of RFC 8746."""


def leaves_of(found: Any) -> list[Any]:
    """Return all numbers and texts of what cbor2 decoded, in order."""
    if hasattr(found, "tag"):
        if found.tag == 40:
            return leaves_of(found.value[1])
        code = TYPED[found.tag]
        size = struct.calcsize(f"<{code}")
        return [*struct.unpack(f"<{len(found.value) // size}{code}", found.value)]
    if isinstance(found, Mapping):
        return [leaf for part in found.values() for leaf in leaves_of(part)]
    if isinstance(found, (list, tuple)):
        return [leaf for part in found for leaf in leaves_of(part)]
    return [*found] if isinstance(found, bytes) else [found]


def damaged(message: bytes, chance: random.Random) -> bytearray:
    """Return a message of which some bytes are others, more or fewer."""
    found = bytearray(message)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(found) + 1)
        found[at : at + chance.choice([0, 1, 1, 1, 9])] = bytes(
            chance.choice([*HEADS, chance.randrange(256)])
            for _ in range(chance.choice([0, 1, 1, 1, 9]))
        )
    return found


HEADS = bytes.fromhex("00 18 1b 5b 9b bb db ff")
"""First bytes of items, most of which say that much comes."""
SIZES = {0: 0, 1: 24, 2: 25, 4: 26, 8: 27}


def head(major: int, number: int, size: int) -> bytes:
    """Return the head of an item with its number in so many bytes, or more if it needs them."""
    while number >= (24 if size == 0 else 1 << 8 * size):
        size = 2 * size or 1
    if size == 0:
        return bytes([major << 5 | number])
    return bytes([major << 5 | SIZES[size]]) + number.to_bytes(size, "big")


sizes = st.sampled_from([*SIZES])
"""Of the numbers in heads."""


@st.composite
def packed(draw: Any, value: Any) -> bytes:
    """Return a value in CBOR, of any of the forms that it has there; tuples are (tag, value)."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, int):
        return head(value < 0, ~value if value < 0 else value, draw(sizes))
    if isinstance(value, (bytes, str)):
        data = value.encode() if isinstance(value, str) else value
        return head(3 if isinstance(value, str) else 2, len(data), draw(sizes)) + data
    if isinstance(value, tuple):
        return head(6, value[0], draw(sizes)) + draw(packed(value[1]))
    if isinstance(value, dict):
        pairs = draw(st.permutations([*value.items()]))
        items = [draw(packed(part)) for pair in pairs for part in pair]
        return head(5, len(pairs), draw(sizes)) + b"".join(items)
    return head(4, len(value), draw(sizes)) + b"".join([draw(packed(each)) for each in value])
