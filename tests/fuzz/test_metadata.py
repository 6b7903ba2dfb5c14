"""Any metadata: it comes back as it was, or is refused; and any bytes in its place are read."""

import json
import re
from typing import Any

import numpy as np
import shm_pub_sub
from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub import TopicTypeError, TopicValueError
from shm_pub_sub._metadata import MOST, decoded, encoded

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ANYTHING = st.recursive(
    st.one_of(
        JSON,
        st.integers(),
        st.floats(),
        st.text(max_size=3),
        st.binary(max_size=3),
        st.complex_numbers(),
        st.sampled_from([int, ..., {1}, np.float32(1), np.array([[1.5]]), np.array(["a"], object)]),
        st.sampled_from([np.array([float("nan")]), np.array([1j]), np.datetime64("now"), np.int8]),
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(TEXT | st.integers(), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=3))
def test_what_json_has_comes_back_as_it_was(
    unit: str, description: str, attributes: dict[str, Any]
) -> None:
    given_parts = {"unit": unit, "description": description, "attributes": attributes}
    text = encoded("topic", unit, description, attributes)
    found = decoded("topic", text.encode())
    assert found == {part: value for part, value in given_parts.items() if value}
    assert encoded("topic", **found) == text


@given(ANYTHING, ANYTHING, ANYTHING)
def test_anything_else_is_refused_or_is_what_json_made_of_it(
    unit: Any, description: Any, attributes: Any
) -> None:
    try:
        text = encoded("topic", unit, description, attributes)
    except (TopicTypeError, TopicValueError) as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert re.search("found .*; expected", refusal, re.DOTALL)
        return
    found = decoded("topic", text.encode())
    assert json.dumps(found, allow_nan=False, ensure_ascii=False, separators=(",", ":")) == (
        text or "{}"
    )


WRITTEN = b'{"unit":"m/s","attributes":{"a":[1,{"b":null}]},"fields":{"x":{"unit":"m"}}}'


@given(st.integers(0, len(WRITTEN)), st.integers(0, len(WRITTEN)), st.binary(max_size=8))
@example(0, len(WRITTEN), b"")
@example(0, len(WRITTEN), b"[" * MOST)
@example(0, len(WRITTEN), b'{"a":' * 5000)
@example(0, len(WRITTEN), b'{"unit":"m"}' + b" " * MOST)
@example(0, len(WRITTEN), b'{"attributes":{"a":1e999}}')
def test_any_bytes_are_read(start: int, end: int, other: bytes) -> None:
    found = decoded("topic", WRITTEN[: min(start, end)] + other + WRITTEN[max(start, end) :])
    assert isinstance(found, dict)
    assert isinstance(found.get("unit", ""), str)
    assert isinstance(found.get("attributes", {}), dict)
    json.dumps(found, ensure_ascii=False).encode()
    assert shm_pub_sub._metadata.shown(found) is not None
