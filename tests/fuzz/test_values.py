"""Every 64-bit value round-trips exactly, with C's reader and with Go's; the rest is refused."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub import Publisher, RangeError, ShmError, Subscriber, TopicTypeError
from support.go import GoPublisher, GoSubscriber
from support.values import DEFAULTS, bits

WORDS = st.one_of(
    st.integers(0, 2**64 - 1),
    # Exponent of all ones: infinities, quiet and signalling NaNs of any payload.
    st.builds(lambda sign, rest: sign << 63 | 0x7FF << 52 | rest, st.integers(0, 1),
              st.integers(0, 2**52 - 1)),
    # Exponent 0: zeros and subnormal numbers.
    st.builds(lambda sign, rest: sign << 63 | rest, st.integers(0, 1), st.integers(0, 2**52 - 1)),
)  # fmt: skip
VALUES = {
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.builds(lambda word: struct.unpack("<d", word.to_bytes(8, "little"))[0], WORDS),
}
ANY_VALUE = st.one_of(*VALUES.values())


class Ends:
    """Both publishers of a type, and the readers of each."""

    def __init__(self, kind: type) -> None:
        default = DEFAULTS[kind]
        self.publishers = [Publisher("c", default), GoPublisher("go", default)]
        self.subscribers = [
            [Subscriber(name, default), GoSubscriber(name, default)] for name in ("c", "go")
        ]

    def close(self) -> None:
        for each in [*self.publishers, *self.subscribers[0], *self.subscribers[1]]:
            each.close()


@pytest.fixture
def ends(shm_dir: object) -> Iterator[dict[type, Any]]:
    """For each type in turn: a topic has one."""
    made: dict[type, Any] = {}
    yield made
    for each in made.values():
        each.close()


@pytest.mark.parametrize("kind", [bool, int, float])
def test_all_bits_come_back_from_c_and_from_go(kind: type, ends: dict[type, Any]) -> None:
    ends[kind] = Ends(kind)

    @given(st.lists(VALUES[kind], min_size=1, max_size=5))
    def check(values: list[Any]) -> None:
        for value in values:
            for publisher, subscribers in zip(
                ends[kind].publishers, ends[kind].subscribers, strict=True
            ):
                publisher.publish(value)
                for subscriber in subscribers:
                    got, ok = subscriber.subscribe()
                    assert ok
                    assert bits(got) == bits(value)

    check()


class Odd:
    """Conversions that return, or raise, anything."""

    def __init__(self, result: Any) -> None:
        self.result = result

    def __index__(self) -> Any:
        if isinstance(self.result, type):
            raise self.result
        return self.result

    __float__ = __index__


THINGS = st.one_of(
    ANY_VALUE,
    st.none(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.complex_numbers(),
    st.fractions(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.integers(2**63 - 2, 2**63 + 2),
    st.integers(-(2**63) - 2, -(2**63) + 2),
    st.integers(2**1023, 2**1025),
    st.lists(st.none(), max_size=1),
    st.sampled_from([int, float, object, Ellipsis, NotImplemented, print, Odd]),
    st.builds(Odd, st.one_of(st.integers(), st.floats(), st.text(max_size=2))),
    st.builds(Odd, st.sampled_from([ValueError, OverflowError, ZeroDivisionError])),
)


VALUE_BEFORE = {bool: True, int: 41, float: 4.25}


def expected(kind: type, value: Any) -> Any:
    """The value that a subscriber then finds, or the error."""
    if kind is bool:
        return value if isinstance(value, bool) else TopicTypeError
    taken = {int: ["__index__"], float: ["__float__", "__index__"]}[kind]
    if not any(hasattr(type(value), method) for method in taken):
        return TopicTypeError
    try:
        number = value.__index__() if kind is int else float(value)
    except Exception as error:
        return RangeError if isinstance(error, OverflowError) else type(error)
    if kind is int and type(number) is not int:
        return TypeError if not isinstance(number, int) else int(number)
    return RangeError if kind is int and not -(2**63) <= number < 2**63 else number


@given(st.sampled_from([bool, int, float]), THINGS)
@example(float, 10**400)
@example(float, "1.5")
@example(int, 1.5)
@example(int, "1")
@example(bool, 1)
@example(bool, 1.0)
@example(int, Odd(2**63))
@example(float, Odd("1"))
@example(float, Odd(1))
def test_any_object_is_published_or_refused(kind: type, value: Any) -> None:
    before = VALUE_BEFORE[kind]
    with Publisher("topic", before) as publisher, Subscriber("topic", DEFAULTS[kind]) as subscriber:
        publisher.publish(before)
        want = expected(kind, value)
        if isinstance(want, type):
            with pytest.raises(want) as caught:
                publisher.publish(value)
            assert isinstance(caught.value, ShmError) or isinstance(value, Odd)
            want = before
        else:
            publisher.publish(value)
        got, ok = subscriber.subscribe()
        assert ok
        assert bits(got) == bits(want)
