"""Edge values of each type, and how to compare them bit by bit."""

import math
import struct
from typing import Any

EDGES: dict[type, list[Any]] = {
    bool: [True, False, True],
    int: [0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, 0x0123456789ABCDEF],
    float: [0.0, -0.0, 5e-324, -5e-324, 1e308, 1.7976931348623157e308],
}
EDGES[float] += [math.inf, -math.inf, math.nan, 0.1]

DEFAULTS: dict[type, Any] = {bool: False, int: 0, float: 0.0}


def bits(value: Any) -> tuple[type, Any]:
    """Equal only for the same bits of the same type: -0.0 is not 0.0, NaN equals itself."""
    return type(value), struct.pack("d", value) if type(value) is float else value
