"""A value is read as it was published: the same type, the same 64 bits."""

import math
import random
import struct
import sys

import pytest
from shm_pub_sub import Publisher, Subscriber

INT_LIMITS = [0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 0.1, 5e-324, -5e-324, 1e308, sys.float_info.max, -sys.float_info.max]
FLOATS += [2.2250738585072014e-308, 2.225073858507201e-308]  # the latter is the largest subnormal
FLOATS += [math.inf, -math.inf]
NAN_BITS = [0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001, 0x7FFFFFFFFFFFFFFF]
NAN_BITS += [0x7FF0000000000001, 0xFFF4DEADBEEF0001]  # signalling


def bits(value: float) -> int:
    packed = struct.pack("<d" if isinstance(value, float) else "<q", value)
    number: int = struct.unpack("<Q", packed)[0]
    return number


def from_bits(number: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", number))[0]
    return value


@pytest.mark.parametrize("value", [True, False])
def test_bool_topic_returns_bools(value: bool) -> None:
    with Publisher("topic", False) as pub, Subscriber("topic", not value) as sub:
        pub.publish(value)
        assert sub.subscribe() == (value, True)
        assert sub.subscribe()[0] is value


@pytest.mark.parametrize(
    ("default", "value"),
    [
        *((0, value) for value in [*INT_LIMITS, True]),
        *((0.0, value) for value in [*FLOATS, *map(from_bits, NAN_BITS)]),
        *((0.0, value) for value in [7, 0, -3, 2**53 + 1, True]),
    ],
    ids=repr,
)
def test_topic_keeps_every_bit_and_returns_its_own_type(default: float, value: float) -> None:
    kind = type(default)
    with Publisher("topic", default) as pub, Subscriber("topic", kind(77)) as sub:
        pub.publish(value)
        got, ok = sub.subscribe()
        assert ok is True
        assert type(got) is kind
        assert bits(got) == bits(kind(value))


def test_random_floats_and_ints_keep_their_bits() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with (
        Publisher("float", 0.0) as floats,
        Subscriber("float", 0.0) as float_sub,
        Publisher("int", 0) as ints,
        Subscriber("int", 0) as int_sub,
    ):
        for _ in range(20_000):
            number = rng.getrandbits(64)
            floats.publish(from_bits(number))
            assert bits(float_sub.subscribe()[0]) == number
            ints.publish(number - 2**63)
            assert int_sub.subscribe() == (number - 2**63, True)


@pytest.mark.parametrize(
    ("default", "value"), [(True, False), (False, True), (0, 5), (1, 0), (0.0, 1.0), (1.0, 0.0)]
)
def test_type_follows_the_default_and_bool_is_not_int(
    default: bool | int | float, value: bool | int | float
) -> None:
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        missing, ok = sub.subscribe()
        assert type(missing) is type(default)
        assert ok is False
        pub.publish(value)
        got, ok = sub.subscribe()
        assert type(got) is type(default)
        assert (got, ok) == (value, True)


@pytest.mark.parametrize("default", [True, False, 42, -7, 2**63 - 1, -(2**63), 2.5, -0.0, math.inf])
def test_default_comes_back_unchanged(default: bool | int | float) -> None:
    with Subscriber("topic", default) as sub:
        value, ok = sub.subscribe()
        assert type(value) is type(default)
        assert repr(value) == repr(default)
        assert ok is False


def test_nan_default_keeps_its_bits() -> None:
    with Subscriber("topic", from_bits(0x7FF800000000BEEF)) as sub:
        assert bits(sub.subscribe()[0]) == 0x7FF800000000BEEF


def test_publishers_default_is_not_published() -> None:
    with Publisher("topic", 5), Subscriber("topic", 7) as sub:
        assert sub.subscribe() == (7, False)
