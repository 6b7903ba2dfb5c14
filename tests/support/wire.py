"""Messages of bridges, as other programs read them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

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
