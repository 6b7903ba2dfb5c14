"""Text and messages of strangers: an error that says what was found, and never more than that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shm_pub_sub._messages import message_of
from shm_pub_sub._messages.channels import Foreign, Found, message_from
from shm_pub_sub._messages.definitions import (
    COMPRESSED_IMAGE,
    HEADER_PARTS,
    IMAGE,
    POINT_CLOUD,
    POINT_FIELD,
    joined,
)
from shm_pub_sub._messages.ros2msg import parse
from support.types import descriptor, topics_with_values

XYZ = (
    '{"kind":"array","dtype":{"kind":"record","size":12,"fields":[["x","<f4",0],["y","<f4",4],'
    '["z","<f4",8]]},"shape":[null],"max":9}'
)
KNOWN = [
    ('{"kind":"array","dtype":"<u1","shape":[16,16,3]}', {}, bytes(768)),
    ('{"kind":"array","dtype":"<u2","shape":[2,2]}', {"encoding": "mono16"}, bytes(8)),
    ('{"kind":"bytes","max":9}', {"format": "jpeg"}, bytes(5)),
    (XYZ, {}, bytes(24)),
    (XYZ.replace("[null]", "[2]").replace(',"max":9', ""), {}, bytes(24)),
    ('{"kind":"array","dtype":"<f8","shape":[2,3]}', {"names": ["x", "y", "z"]}, bytes(48)),
    ("bool", {}, True),
    ("int", {}, 5),
    ("float", {}, 1.5),
]


def checked(function: Callable[[], Any], second: str = "expected") -> Any:
    """Return what the function returns; None after a ValueError that says what was found."""
    try:
        return function()
    except ValueError as error:
        text = str(error)
    assert "found " in text
    assert second in text
    return None


@st.composite
def damaged(draw: Any) -> tuple[Any, bytes]:
    """Return a message, and bytes that are nearly one of it."""
    if draw(st.integers(0, 2)):
        form, raw = draw(topics_with_values())
        message = message_of(descriptor(form), {})
    else:
        text, attributes, raw = draw(st.sampled_from(KNOWN))
        message = message_of(text, {"attributes": attributes})
    data = bytearray(b"".join(message.encode(raw, draw(st.integers(0, 2**62)))))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(["change", "cut", "add", "count"]))
        if what == "change" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif what == "count":
            data[at - at % 4 : at - at % 4 + 4] = draw(st.sampled_from(COUNTS)).to_bytes(
                4, "little"
            )
        elif what == "cut":
            del data[at:]
        else:
            data[at:at] = draw(st.binary(max_size=9))
    return message, bytes(data)


KEYS = ["type", "descriptor", "metadata", "buffer_num", "views", "loans", "retain"]
COUNTS = [0, 1, 2, 5, 255, 65536, 2**31 - 1, 2**31, 2**32 - 1]


def check_value(case: tuple[Any, bytes]) -> None:
    message, data = case
    value = checked(lambda: message.decode(memoryview(data)))
    if value is not None:
        again = b"".join(message.encode(value, 0))
        assert bytes(again[:4]) == b"\0\1\0\0"
        back = message.decode(memoryview(again))
        assert back == value or back != back


def check_measure(case: tuple[Any, bytes]) -> None:
    message, data = case

    def measure() -> None:
        topic = message_from({}, message.schema_name, "ros2msg", message.schema, "cdr")
        if isinstance(topic, Foreign):
            topic.scan(memoryview(data))
            topic = topic.found()
        topic.message.decode(memoryview(data))

    checked(measure)


@settings(deadline=None, max_examples=50)
@given(damaged())
def test_a_damaged_message_is_a_value_or_an_error(case: tuple[Any, bytes]) -> None:
    check_value(case)


@settings(deadline=None, max_examples=50)
@given(damaged())
def test_a_damaged_message_of_a_stranger_is_measured_or_an_error(case: tuple[Any, bytes]) -> None:
    check_measure(case)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@settings(deadline=None, max_examples=5000, suppress_health_check=[*HealthCheck])
@given(damaged())
def test_thousands_of_damaged_messages_are_values_or_errors(case: tuple[Any, bytes]) -> None:
    check_value(case)
    check_measure(case)


WORDS = [
    *(
        "int32",
        "float64",
        "string",
        "uint8[]",
        "Pose",
        "b/Pose",
        "string<=5",
        "x",
        "=",
        "#",
        "time",
    ),
    *("float32[3]", "float32[<=3]", "int8[0]", "[", "]", '"', "1", "\n", " ", "\t", "MSG: a/B\n"),
    *("=" * 80, "===", "\n" + "=" * 80 + "\nMSG: a/C\n", "Header", "a", "a/C", "C", "\x00"),
    *("bool[999999999999]", "uint64[99999999999]", "wstring", "\u2028", "time"),
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=40), st.text(max_size=8))
def test_any_definition_is_a_topic_or_an_error(words: list[str], name: str) -> None:
    text = " ".join(words).encode("utf-8", "surrogatepass")

    def find() -> None:
        topic = message_from({}, f"a/{name}", "ros2msg", text, "cdr")
        if isinstance(topic, Foreign):
            topic.found()

    checked(find)


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.text(max_size=9)
        | st.sampled_from(["float", "int", XYZ, "{}", '{"unit":1}', "[" * 9999, "9" * 9999, "-1"]),
    ),
    st.sampled_from(["std_msgs/msg/Float64", "sensor_msgs/msg/PointCloud2", "", "a"]),
    st.sampled_from(["ros2msg", "ros2idl", "jsonschema", "", "protobuf"]),
    st.sampled_from([b"float64 data", b"", b"{}", b"\xff", b"[" * 99999]),
    st.sampled_from(["cdr", "json", "", "protobuf"]),
)
def test_any_channel_is_a_topic_or_an_error(
    channel: dict[str, str], name: str, encoding: str, schema: bytes, messages: str
) -> None:
    found = checked(lambda: message_from(channel, name, encoding, schema, messages), "")
    if isinstance(found, Found):
        assert 1 <= found.buffer_num <= 1_000_000
        assert 0 <= found.views <= 500


def bomb(levels: int, fields: int, kind: str) -> bytes:
    """Return a definition of messages in messages, with many fields each."""
    parts = {
        f"a/T{level}": "".join(f"T{level + 1}{kind} f{n}\n" for n in range(fields))
        for level in range(1, levels)
    }
    return joined(
        "".join(f"T1{kind} f{n}\n" for n in range(fields)),
        {**parts, f"a/T{levels}": "uint8 x\nstring y\n"},
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (bomb(30, 2, ""), "nested deeper"),
        (bomb(7, 3, ""), "more than 1000 fields"),
        (bomb(30, 2, "[]"), "nested deeper"),
        (bomb(7, 3, "[9999]"), "more than 1000 fields"),
        (bomb(8, 1, ""), "nested deeper than 8"),
        (b"R self\n" + b"=" * 80 + b"\nMSG: a/R\nR[] self\n", "nested deeper"),
        (b"A[] data\n", "nested deeper"),
        (b"uint8 x\n" * 1001, "more than 1000 fields"),
        (b"uint8 x\nuint8 x\n", "descriptor"),
        (b"uint8[99999999999999] x\n", "line"),
        (b"uint8[999999999999] x\nuint8[999999999999] y\n", "descriptor"),
        (b"uint8[0] x\n", "1 element or more"),
        (b"wstring x\n", "wstring"),
        (b"b/Missing x\n", "b/Missing"),
        (b"uint8 " + b"x" * 256, "descriptor"),
        (b"#" * (1 << 21), "bytes"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_definition_that_no_topic_fits_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        message_from({}, "a/A", "ros2msg", text, "cdr")


def split_up() -> str:
    """Return arrays in arrays of records, of which few bytes are together in CDR."""
    form: Any = "<f8"
    size = 8
    for _ in range(8):
        fields: list[Any] = [[f"a{n}", "<u1", 2 * n] for n in range(121)]
        fields.append(["b", form, 242])
        size = 242 + size * (1 if form == "<f8" else 3) + 8
        record = {"kind": "record", "size": size, "fields": fields}
        form = {"kind": "array", "dtype": record, "shape": [3]}
    return json.dumps(record, separators=(",", ":"))


def test_a_record_that_is_made_to_be_split_up_has_bounded_parts() -> None:
    with pytest.raises(ValueError, match="more than 20000 separate parts"):
        message_of(split_up(), {})


@pytest.mark.parametrize(
    "fields",
    [
        '["a","<u1",0],["b","<u2",6]',
        '["a","<u1",0]',
        '["a",{"kind":"text","max":9},0]',
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_a_value_of_a_terabyte_is_refused_before_there_is_memory_for_it(
    fields: str, listed: bool
) -> None:
    record = f'{{"kind":"record","size":1099511627776,"fields":[{fields}]}}'
    count = b""
    if listed:
        record = f'{{"kind":"list","dtype":{record},"max":1}}'
        count = b"\1\0\0\0"
    with pytest.raises(ValueError, match=r"found a value with 10995116277.. bytes more than"):
        message_of(record, {}).decode(memoryview(b"\0\1\0\0" + count + bytes(8)))


def test_a_definition_of_separators_alone_is_read_quickly() -> None:
    for text in (b"=" * 1_000_000, b"===\n" * 250_000, b"= " * 500_000, b"===" + b" " * 1_000_000):
        with pytest.raises(ValueError, match="line"):
            message_from({}, "a/A", "ros2msg", text, "cdr")


def test_a_definition_that_does_not_fit_the_descriptor_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found the schema 'std_msgs/msg/Int64'.*Float64"):
        message_from({"descriptor": "float"}, "std_msgs/msg/Int64", "ros2msg", b"int64 data", "cdr")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "0 bytes"),
        (b"\0\1\0", "3 bytes"),
        (b"\0\0\0\0" + bytes(8), "big-endian CDR"),
        (b"\0\7\0\0" + bytes(8), "XCDR2"),
        (b'{"value": 1.5}', "7b227661"),
    ],
)
def test_other_formats_are_named(data: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=rf"found .*{found}.*; expected"):
        message_of("float", {}).decode(memoryview(data))


def test_what_ros_always_has_needs_no_definition() -> None:
    name, parts = parse("a/msg/B", b"Header h\nbuiltin_interfaces/msg/Duration d\ntime t\n")
    assert name == "a/B"
    found = message_from({}, "a/msg/B", "ros2msg", b"std_msgs/Header h\ntime t\n", "cdr")
    assert isinstance(found, Foreign)
    assert {*HEADER_PARTS} < {*parts}
    for text in (IMAGE, COMPRESSED_IMAGE, POINT_CLOUD):
        parse("a/B", joined(text, POINT_FIELD))
