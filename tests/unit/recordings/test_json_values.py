"""Values in JSON, as older versions wrote them and other programs do."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub._messages.json_values import JsonValue
from support import json_values

jsonschema = pytest.importorskip("jsonschema")


@settings(deadline=None)
@given(st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1)))
def test_bools_and_ints_come_back_from_json(value: bool | int) -> None:
    back = JsonValue(type(value)).decode(memoryview(json_values.encode(value)))
    assert (back, type(back)) == (value, type(value))


@settings(deadline=None)
@given(
    st.integers(0, 2**64 - 1).map(lambda bits: struct.pack(">Q", bits))
    | st.floats().map(lambda value: struct.pack(">d", value))
)
def test_floats_come_back_from_json_to_the_bit(bits: bytes) -> None:
    (value,) = struct.unpack(">d", bits)
    message = json_values.encode(value)
    jsonschema.validate(
        json.loads(message, parse_constant=pytest.fail), json.loads(json_values.schema(float))
    )
    assert struct.pack(">d", JsonValue(float).decode(memoryview(message))) == bits


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", float),
        (b"[1]", float),
        (b'{"value":1.5}', int),
        (b'{"value":1}', bool),
        (b'{"value":true}', float),
        (b'{"value":"null"}', float),
        (b'{"nonfinite":"NaN"}', int),
        (b'{"nonfinite":"NaN 0xzz"}', float),
        (b'{"nonfinite":7}', float),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(data: bytes, kind: type) -> None:
    with pytest.raises(ValueError, match="expected"):
        JsonValue(kind).decode(memoryview(data))
