"""Values whose halves match, so that a torn one shows."""

from collections.abc import Callable
from typing import NamedTuple

_MASK = 0x2AA_AAAA  # of the lower 26 bits


def _int(k: int) -> int:
    return (k << 26 | k ^ _MASK) * (-1 if k & 1 else 1)


def _int_back(value: int) -> int:
    k = abs(value) >> 26
    assert value == _int(k), f"torn: {value:#x}"
    return k


def _float(k: int) -> float:
    """Fills sign and mantissa: 52 bits are exact."""
    return float(_int(k))


def _float_back(value: float) -> int:
    assert value.is_integer(), f"torn: {value.hex()}"
    return _int_back(int(value))


class Mirrored(NamedTuple):
    default: int | float
    value: Callable[[int], int | float]
    """The value of number k, from 1 to 2**26 - 1."""
    number: Callable[..., int]
    """The number of a value; AssertionError if it has none."""


MIRRORED: dict[type, Mirrored] = {
    int: Mirrored(0, _int, _int_back),
    float: Mirrored(0.0, _float, _float_back),
}
