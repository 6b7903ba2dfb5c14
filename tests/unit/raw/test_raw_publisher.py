"""Bytes that no value of the type has are not published: they may come from anybody's file."""

import array
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import ClosedError, ForkedError, Subscriber
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from support.waiting import until

from ._kinds import KINDS, Scan, descriptor_of, publisher_of, values_of

NUMBERS = ("bool", "int", "float")


def described(kind: str) -> str:
    with publisher_of(kind, "described"):
        return descriptor_of("described")


def recorded(kind: str) -> bytearray:
    """Return the bytes of the last value."""
    with publisher_of(kind, "recorded") as pub:
        for value in values_of(kind):
            pub.publish(value)
        return bytearray(raw_subscriber("recorded", descriptor_of("recorded")).recv())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NUMBERS])
def test_other_lengths_are_refused(kind: str) -> None:
    right = recorded(kind)
    wrong = [right + bytes(20_000_000)]
    if kind not in ("text", "bytes", "bools"):
        wrong += [right[:-1], right + b"\0"]
    with raw_publisher("topic", described(kind)) as pub:
        for value in wrong:
            with pytest.raises(ValueError, match=f"topic 'topic': found {len(value)} bytes; expec"):
                pub._publish_raw(value)
        pub._publish_raw(right)
        assert raw_subscriber("topic", described(kind)).last(3) == [right]


@pytest.mark.parametrize(
    ("at", "length", "message"),
    [
        (0, 10, "field name: found the length 10; expected 9 at most"),
        (0, 2**64 - 1, "field name: found the length 18446744073709551615"),
        (24, 6, "field frame: found the length 6; expected 5 at most"),
        (40, 5, "field ranges: found the length 5; expected 4 at most"),
        (80, 4, "field counts: found the length 4; expected 3 at most"),
        (136, 3, "field path: found the length 3; expected 2 at most"),
    ],
)
@pytest.mark.parametrize("element", [None, 0, 99])
def test_lengths_inside_records_are_checked(
    at: int, length: int, message: str, element: int | None
) -> None:
    kind = "record with text" if element is None else "list of records"
    value = recorded(kind)
    at += 0 if element is None else element * (len(value) // 100)
    value[at : at + 8] = length.to_bytes(8, "little")
    place = "" if element is None else f"element {element}, "
    with raw_publisher("topic", described(kind)) as pub:
        with pytest.raises(ValueError, match="found the length") as caught:
            pub._publish_raw(value)
        assert f"{place}{message}" in str(caught.value)
        assert Subscriber("topic", Scan() if element is None else [Scan()]).last(1) == []


@pytest.mark.parametrize("kind", ["text", "record with text"])
def test_text_must_be_utf_8(kind: str) -> None:
    value = bytearray(b"ab\xff") if kind == "text" else recorded(kind)
    if kind != "text":
        value[8] = 0xFF
    with (
        raw_publisher("topic", described(kind)) as pub,
        pytest.raises(ValueError, match=r"found bytes that are not UTF-8 at [02]; expected text"),
    ):
        pub._publish_raw(value)


@pytest.mark.parametrize(
    "value", [None, 1, "text", [1], np.zeros((3, 2))[:, :1], memoryview(b"123456")[::2], object()]
)
def test_what_has_no_bytes_side_by_side_is_a_type_error(value: Any) -> None:
    with (
        raw_publisher("topic", described("inline array")) as pub,
        pytest.raises(
            TypeError, match=r"expected the bytes of a value of float64.3., side by side"
        ),
    ):
        pub._publish_raw(value)


def test_every_buffer_has_bytes() -> None:
    with raw_publisher("topic", described("inline array")) as pub:
        sub = raw_subscriber("topic", described("inline array"))
        numbers = array.array("d", [1, 2, 3])
        for value in (numbers, memoryview(numbers), numbers.tobytes(), np.array(numbers)):
            pub._publish_raw(value)
            assert sub.recv() == numbers.tobytes()
        pub._publish_raw(bytearray(numbers.tobytes()))
        assert sub.recv() == numbers.tobytes()


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_are_numbers(kind: str) -> None:
    with raw_publisher("topic", kind) as pub:
        sub = raw_subscriber("topic", kind)
        for value in values_of(kind):
            pub._publish_raw(value)
            pub._publish_raw(value, time_ns=sub.recv_sample().time_ns)
            assert repr(sub.recv()) == repr(value)
        with pytest.raises(TypeError):
            pub._publish_raw(b"\0" * 8)


@pytest.mark.parametrize("kind", ["float", "array", "record"])
def test_times_are_checked(kind: str) -> None:
    value = 1.0 if kind == "float" else recorded(kind)
    with raw_publisher("topic", described(kind)) as pub:
        pub._publish_raw(value, 5)
        pub._publish_raw(value, time_ns=5)
        for time, error in (
            (4, ValueError),
            (2**63, ValueError),
            ("4", TypeError),
            (0, ValueError),
        ):
            with pytest.raises(error):
                pub._publish_raw(value, time)
        pub._publish_raw(value, None)
        samples = raw_subscriber("topic", described(kind)).since(0)
        assert [sample.time_ns for sample in samples][:2] == [5, 5]
        assert len(samples) == 3


def test_its_arguments_are_two() -> None:
    with raw_publisher("topic", "float") as pub:
        wrong: Any = pub._publish_raw
        for arguments in ((), (1.0, 2, 3)):
            with pytest.raises(TypeError, match=r"_publish_raw\(\) takes 1 or 2 arguments"):
                wrong(*arguments)
        with pytest.raises(TypeError):
            wrong(1.0, when=3)


@pytest.mark.parametrize("kind", ["float", "array"])
def test_a_closed_one_is_closed(kind: str) -> None:
    value = 1.0 if kind == "float" else recorded(kind)
    pub = raw_publisher("topic", described(kind))
    pub.close()
    with pytest.raises(ClosedError):
        pub._publish_raw(value)


def test_one_that_its_value_closes_is_closed() -> None:
    pub = raw_publisher("topic", "float")

    class Closes:
        def __float__(self) -> float:
            pub.close()
            return 1.0

    class Index:
        def __index__(self) -> int:
            pub.close()
            return 5

    with pytest.raises(ClosedError):
        pub._publish_raw(Closes(), time_ns=5)
    value = recorded("array")
    pub = raw_publisher("frames", described("array"))
    with pytest.raises(ClosedError):
        pub._publish_raw(value, Index())


def test_a_forked_child_cannot_publish(fork_child: Any) -> None:
    value = recorded("array")
    with raw_publisher("topic", described("array")) as pub:

        def child() -> Generator[Any, None, None]:
            try:
                pub._publish_raw(value)
            except ForkedError:
                yield "forked"

        assert fork_child(child).next() == "forked"


def test_loans_in_use_are_waited_for_by_nobody() -> None:
    value = recorded("array")
    with raw_publisher("topic", described("array"), loans=1) as pub:
        with pub.loan(), pytest.raises(RuntimeError, match="loans=1 in use"):
            pub._publish_raw(value)
        pub._publish_raw(value)
        assert until(lambda: Subscriber("topic").subscribe()[1])


def test_its_own_publish_works_as_any() -> None:
    """With the classes that a subscriber of any type has."""
    with raw_publisher("topic", described("record")) as pub:
        spec: Any = pub._spec
        pub.publish(spec.type(1, 2, 3.5))
        assert Subscriber("topic").subscribe()[0] == (1, 2, 3.5)
        with pytest.raises(TypeError):
            pub.publish(b"x" * 24)
