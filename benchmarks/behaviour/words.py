"""Floats that show which publisher made them, and whether they are torn.

The upper half of a float's bits is a number, plus 2**20; the lower half follows from it.
"""

import struct

_halves, _float = struct.Struct("<II"), struct.Struct("<d")
_LEAST = 1 << 20  # of the smallest normal float: none is rounded to zero
PHASE = 1 << 28
"""How many words each publisher has; the first one's are phase 1."""


def word(number):
    upper = _LEAST + number
    return _float.unpack(_halves.pack(number * 0x9E3779B1 & 0xFFFFFFFF, upper))[0]


def words(first, count):
    return [word(first + n) for n in range(count)]


def is_sound(value):
    try:
        lower, upper = _halves.unpack(_float.pack(value))
    except (TypeError, struct.error):
        return False
    number = upper - _LEAST
    return number >= PHASE and lower == number * 0x9E3779B1 & 0xFFFFFFFF


def phase(value):
    """Return its publisher's number; 0 if no publisher made it."""
    if value is None or not is_sound(value):
        return 0
    return (_halves.unpack(_float.pack(value))[1] - _LEAST) // PHASE
