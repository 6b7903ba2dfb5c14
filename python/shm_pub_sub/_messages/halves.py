"""float16 as float32, which ROS has, and back: every bit, also of NaN.

Converting as processors do would change signalling NaN. A float32 that no float16 is, which others
may have written, becomes the nearest one.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING

from .._numpy import numpy_or_none

if TYPE_CHECKING:
    from typing import Any

_kept: dict[str, Any] = {}  # tables, once they are needed


def widened(halves: memoryview) -> memoryview:
    """Return the float32 of float16, both as bytes."""
    numpy = numpy_or_none()
    if numpy is not None:
        table = _numpy_table()
        return memoryview(table[numpy.frombuffer(halves, "<u2")]).cast("B")
    singles = _table()
    return memoryview(array("I", [singles[half] for half in array("H", bytes(halves))])).cast("B")


def narrowed(singles: memoryview) -> memoryview:
    """Return the float16 of float32, both as bytes."""
    numpy = numpy_or_none()
    if numpy is None:
        known = _halves()
        bits = array("I", bytes(singles))
        return memoryview(array("H", [_half(known, single) for single in bits])).cast("B")
    bits = numpy.frombuffer(singles, "<u4")
    with numpy.errstate(all="ignore"):
        halves = bits.view("<f4").astype("<f2").view("<u2")
    unusual = (bits & 0x7FFFFFFF) > 0x7F800000  # NaN
    if unusual.any():
        nans = bits[unusual]
        fraction = nans >> 13 & 0x3FF
        halves[unusual] = nans >> 16 & 0x8000 | 0x7C00 | numpy.where(fraction, fraction, 1)
    return memoryview(halves).cast("B")


def _half(known: dict[int, int], single: int) -> int:
    half = known.get(single)
    if half is not None:
        return half
    (value,) = struct.unpack("<f", struct.pack("<I", single))
    if value != value:
        return single >> 16 & 0x8000 | 0x7C00 | (single >> 13 & 0x3FF or 1)
    try:
        (half,) = struct.unpack("<H", struct.pack("<e", value))
    except OverflowError:
        half = 0x7C00 | (single >> 16 & 0x8000)
    return int(half)


def _table() -> array[int]:
    """Return the bits of the float32 of each float16."""
    if "table" not in _kept:
        _kept["table"] = array("I", map(_single, range(1 << 16)))
    found: array[int] = _kept["table"]
    return found


def _single(half: int) -> int:
    sign, exponent, fraction = half >> 15 << 31, half >> 10 & 31, half & 0x3FF
    if exponent == 31:
        return sign | 0x7F800000 | fraction << 13
    if exponent:
        return sign | exponent + 112 << 23 | fraction << 13
    bits: int
    (bits,) = struct.unpack("<I", struct.pack("<f", fraction * 2.0**-24))
    return sign | bits


def _halves() -> dict[int, int]:
    """Return the bits of each float16 by those of its float32."""
    if "halves" not in _kept:
        _kept["halves"] = {single: half for half, single in enumerate(_table())}
    found: dict[int, int] = _kept["halves"]
    return found


def _numpy_table() -> Any:
    if "numpy" not in _kept:
        _kept["numpy"] = numpy_or_none().frombuffer(_table().tobytes(), "<u4")
    return _kept["numpy"]
