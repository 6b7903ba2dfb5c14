"""Metadata that is refused: what was found, what was expected, and what to do; no topic is made."""

from collections.abc import Iterator
from typing import Any

import pytest
from shm_pub_sub import Publisher, TopicTypeError, TopicValueError, inspect, topics

LIMIT = 65536


def nested(depth: int) -> Any:
    return [] if depth == 1 else [nested(depth - 1)]


@pytest.fixture(autouse=True)
def _no_topic() -> Iterator[None]:
    yield
    assert topics() == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"unit": 5}, "unit: found int; expected a str such as 'm/s'"),
        ({"unit": None}, "unit: found None; expected a str such as 'm/s'"),
        ({"description": b"x"}, "description: found bytes; expected a str such as 'speed of"),
        ({"attributes": [1]}, "attributes: found list; expected a dict such as {'frame_id'"),
        ({"attributes": {1: 2}}, "attributes: found the key 1; expected a str"),
        ({"attributes": {"a": {2: 3}}}, r"attributes\['a'\]: found the key 2; expected a str"),
        ({"attributes": {"a": [0, {1}]}}, r"attributes\['a'\]\[1\]: found set; expected a str, a"),
        ({"attributes": {"a": b""}}, r"attributes\['a'\]: found bytes; expected a str, a number"),
        ({"attributes": {"a": 1j}}, r"attributes\['a'\]: found complex; expected a str, a number"),
    ],
)
def test_wrong_types(given: dict[str, Any], text: str) -> None:
    with pytest.raises(TopicTypeError, match=f"^topic 'topic': {text}"):
        Publisher("topic", 0.0, **given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"unit": "\ud800"}, "unit: found a lone surrogate at character 0; expected text that UTF"),
        ({"attributes": {"\udfff": 1}}, "attributes: key '.*': found a lone surrogate"),
        ({"attributes": {"a": float("nan")}}, r"attributes\['a'\]: found nan; expected a finite"),
        ({"attributes": {"a": [-1e999]}}, r"attributes\['a'\]\[0\]: found -inf; expected a finite"),
        ({"attributes": {"a": 2**64}}, r"attributes\['a'\]: found 18446744073709551616; expected"),
        ({"attributes": {"a": nested(31)}}, ".*: found dicts and lists nested deeper than 32; exp"),
        ({"unit": "m" * (LIMIT - 10)}, "found metadata of 65537 bytes in JSON; expected 65536 at"),
    ],
)
def test_wrong_values(given: dict[str, Any], text: str) -> None:
    with pytest.raises(TopicValueError, match=f"^topic 'topic': {text}"):
        Publisher("topic", 0.0, **given)


def test_a_list_that_contains_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TopicValueError, match="nested deeper than 32"):
        Publisher("topic", 0.0, attributes={"a": endless})


def test_the_limits_themselves_are_accepted() -> None:
    with Publisher("topic", 0.0, unit="m" * (LIMIT - 11)):
        assert len(inspect("topic").metadata["unit"]) == LIMIT - 11
    with Publisher("topic", 0.0, attributes={"a": nested(30)}):
        assert inspect("topic").metadata["attributes"]["a"] == nested(30)
