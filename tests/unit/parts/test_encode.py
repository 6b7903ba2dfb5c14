"""Values in JSON become bytes of every type, and nothing else does."""

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub._brief import brief
from shm_pub_sub._cli.encode import encoded
from shm_pub_sub._cli.output import json_value
from shm_pub_sub._cli.values import NotAValue
from shm_pub_sub._raw_values import value_of
from shm_pub_sub._spec import Spec
from shm_pub_sub._type_text import spec_of_text
from support.types import specs

WIDTHS = {"f2": 16, "f4": 32, "f8": 64, "c8": 32, "c16": 64}


def floats(dtype: str) -> Any:
    return st.floats(width=WIDTHS[dtype]).map(json_value)


def numbers(dtype: str) -> Any:
    if dtype == "b1":
        return st.booleans()
    if dtype[0] == "c":
        return st.builds(lambda r, i: {"real": r, "imag": i}, floats(dtype), floats(dtype))
    if dtype[0] == "f":
        return floats(dtype)
    bits, signed = 8 * int(dtype[1:]), dtype[0] == "i"
    least = -(2 ** (bits - 1)) if signed else 0
    return st.integers(least, least + 2**bits - 1)


def elements(spec: Spec) -> Any:
    if spec.record is None:
        return numbers(spec.dtype)
    return st.fixed_dictionaries({f.name: values(f.spec) for f in spec.record.fields})


def values(spec: Spec) -> Any:
    """Return the strategy of a type's values, as JSON has them."""
    if spec.kind == "text":
        texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=spec.max)
        return texts.filter(lambda text: len(text.encode()) <= (spec.max or 0))
    if spec.kind == "bytes":
        return st.binary(max_size=spec.max).map(lambda found: f"0x{found.hex()}")
    found = elements(spec)
    if spec.kind == "list":
        return st.lists(found, max_size=spec.max)
    for n in reversed(spec.shape if spec.kind == "array" else ()):
        found = st.lists(found, min_size=n or 0, max_size=n or min(spec.max or 0, 3))
    return found


def as_json(value: Any) -> Any:
    """Return a value in JSON, and not in brief."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if hasattr(value, "dtype") and value.dtype.names and not value.shape:
        value = {name: value[name] for name in value.dtype.names}
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if hasattr(value, "shape") and value.shape:
        return [as_json(each) for each in value]
    if isinstance(value, list):
        return [*map(as_json, value)]
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    plain = value.item() if hasattr(value, "item") else value
    return json_value(brief(plain))


@settings(max_examples=25)
@given(specs.flatmap(lambda spec: st.tuples(st.just(spec), values(spec))))
def test_value_of_any_type_comes_back(case: tuple[Spec, Any]) -> None:
    spec, value = case
    found = value_of(spec)(encoded(spec, value))
    assert json.dumps(as_json(found), sort_keys=True) == json.dumps(value, sort_keys=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abx"), inner),
    max_leaves=8,
)


@settings(max_examples=50)
@given(specs, JSON)
def test_any_json_is_a_value_or_refused(spec: Spec, value: Any) -> None:
    try:
        found = encoded(spec, value)
    except NotAValue:
        return
    value_of(spec)(found)


IMU = spec_of_text("Imu{ax: float64, n: int8, pose: Pose{x: float64, y: float64}, s: str <= 5}")


def test_fields_that_are_left_out_stay() -> None:
    first = encoded(IMU, {"ax": 1.5, "pose": {"y": 2}, "s": "long"})
    second = encoded(IMU, {"n": -3, "pose": {"x": 4}, "s": "s"}, first)
    shown = str(brief(value_of(IMU)(second)))
    assert shown == "ax=1.5, n=-3, pose=(x=4, y=2), s='s'"
    assert b"ong" not in second
    assert encoded(IMU, {}) == bytes(len(first))


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        (None, [1], 'found [1]; expected an object such as {"ax": 0}'),
        (None, {"az": 1}, "found no field 'az' in Imu; expected ax, n, pose, s"),
        (None, {"pose": {"z": 1}}, "pose: found no field 'z' in Pose; expected x, y"),
        (None, {"pose": {"x": "1"}}, 'pose.x: found "1"; expected a number'),
        (None, {"n": 128}, "n: found 128; expected an integer from -128 to 127, as it is int8"),
        (None, {"n": 1.0}, "n: found 1.0; expected an integer"),
        (None, {"n": True}, "n: found true; expected an integer"),
        (None, {"ax": None}, "ax: found null; expected a number"),
        (None, {"ax": 10**400}, "ax: found 1000"),
        (None, {"s": "grüezi"}, "s: found 7 bytes; expected 5 at most"),
        (None, {"s": 5}, "s: found 5; expected text, as in JSON"),
        ("float32[2,2]", [[1, 2], [3]], "found 1 elements; expected 2"),
        ("float32[2,2]", [1, 2], "found 1; expected an array of 2 elements, [...]"),
        ("float32[2]", [1, 1e39], "found a number that is too large for float32"),
        ("float32[<=2,2]", [[1, 2]] * 3, "found 3 elements; expected 2 at most"),
        ("bool[1]", [1], "found 1; expected true or false"),
        ("complex64", "1", 'found "1"; expected a number, or {"real": 1, "imag": 2}'),
        ("bytes <= 2", "0x123", 'found "0x123"; expected bytes in hexadecimal digits'),
        ("bytes <= 2", "0x010203", "found 3 bytes; expected 2 at most"),
        ("list[Pose{x: float64}] <= 3", [{"x": 1}, {"y": 1}], "[1]: found no field 'y' in Pose"),
        ("str <= 9", "\ud800", "found text that UTF-8 cannot encode"),
    ],
)
def test_what_is_no_value(text: str | None, value: Any, said: str) -> None:
    with pytest.raises(NotAValue) as error:
        encoded(IMU if text is None else spec_of_text(text), value)
    assert said in str(error.value)


def test_numbers_that_json_lacks() -> None:
    spec = spec_of_text("float64[4]")
    found = struct.unpack("<4d", encoded(spec, ["NaN", "Infinity", "-Infinity", math.nan]))
    assert str(found) == "(nan, inf, -inf, nan)"
