"""What the storm publishes: each value has its publisher, its number and its topic in it.

As 64 bits, the same for int and float (IEEE 754):

    63  62       43  42     19  18      0
    0   generation   number k   checksum

A generation is the life of one publisher. It stays below LIMIT, so that no float is NaN or
infinite. The checksum covers the rest and the topic. A bool carries nothing.
"""

import struct
from typing import Any

K_BITS = 24
CHECK_BITS = 19
LAST_K = 2**K_BITS - 1
LIMIT = 0x7FF << 9
"""Generations, from 1, are below."""

DEFAULTS: dict[str, Any] = {"int": -1, "float": -1.0, "bool": False}
"""By the kind of topic; the numbers are never published."""

_MASK = 2**64 - 1


def topic_name(topic: int) -> str:
    return f"storm/{topic}"


def word(topic: int, generation: int, k: int) -> int:
    head = generation << K_BITS | k
    return head << CHECK_BITS | _checksum(topic, head)


def _checksum(topic: int, head: int) -> int:
    mixed = (head ^ (topic + 1) * 0x9E3779B97F4A7C15) & _MASK
    return (mixed * 0xBF58476D1CE4E5B9 & _MASK) >> (64 - CHECK_BITS)


def value(kind: str, word: int) -> Any:
    """The word as a value of the kind."""
    if kind == "int":
        return word
    if kind == "float":
        return struct.unpack("d", struct.pack("Q", word))[0]
    return bool(word >> CHECK_BITS & 1)


def content(kind: str, topic: int, value: Any) -> tuple[int, int]:
    """The generation and k of a number. ValueError if the storm never made it."""
    if type(value).__name__ != kind:
        raise ValueError(f"a {type(value).__name__}")
    found = struct.unpack("Q", struct.pack("d", value))[0] if kind == "float" else value
    head = found >> CHECK_BITS
    generation, k = head >> K_BITS, head & LAST_K
    if not (0 < generation < LIMIT and k and found == word(topic, generation, k)):
        raise ValueError(f"{found:#x}")
    return generation, k
