"""unit=, description= and attributes=: what a reader finds of them, and when."""

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, inspect, remove, topics
from support.layout import PAGE, read_field, topic_file

ALL: dict[str, Any] = {
    "unit": "m/s",
    "description": "Speed of the left wheel, 90° to its axle",
    "attributes": {"range": [-5, 5.5], "frame_id": "base_link", "deep": {"er": [None, True, "€"]}},
}

DEFAULTS = {
    "bool": False,
    "int": 0,
    "float": 0.0,
    "scalar": np.uint16(0),
    "text": "",
    "bytes": b"",
    "list": [0.0],
    "small array": np.zeros(3),
    "array": np.zeros((48, 64, 3), np.uint8),
}


@pytest.mark.parametrize("default", DEFAULTS.values(), ids=DEFAULTS)
def test_readers_of_every_type_find_all_of_it(default: Any) -> None:
    with Publisher("topic", default, **ALL) as pub, Subscriber("topic", default) as sub:
        assert sub.metadata == Subscriber("topic").metadata == inspect("topic").metadata == ALL
        assert [*topics()] == [inspect("topic")]
        pub.publish(default)
        value, ok = sub.subscribe()
        assert ok
        assert np.array_equal(value, default)


@pytest.mark.parametrize("part", ALL)
def test_what_is_not_given_is_left_out(part: str) -> None:
    with Publisher("topic", 0, **{part: ALL[part]}):
        assert inspect("topic").metadata == {part: ALL[part]}


@pytest.mark.skipif(sys.version_info < (3, 15), reason="frozendict is of Python 3.15")
def test_attributes_may_be_a_frozendict() -> None:
    frozen: Any = vars(builtins)["frozendict"]
    attributes = frozen(rate=100, deep=frozen(er=[frozen()]))
    with Publisher("topic", 0, attributes=attributes), Subscriber("topic") as sub:
        assert sub.metadata == {"attributes": {"rate": 100, "deep": {"er": [{}]}}}


def test_there_is_none_by_default(shm_dir: Path) -> None:
    with Publisher("topic", 0, unit="", description="", attributes={}), Subscriber("topic") as sub:
        assert sub.metadata == inspect("topic").metadata == {}
        assert read_field(topic_file(shm_dir), "meta_size") == 0


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (np.float32(0.5), 0.5),
        (np.array([[1, 2], [3, 4]], np.uint8), [[1, 2], [3, 4]]),
        (np.array(True), True),
        ((1, (2,)), [1, [2]]),
        (2**64 - 1, 2**64 - 1),
        (-(2**63), -(2**63)),
        (1e308, 1e308),
        ('"\\\n\0 \u2028 \N{GRINNING FACE}', '"\\\n\0 \u2028 \N{GRINNING FACE}'),
        ({}, {}),
    ],
)
def test_attributes_come_back_as_json_has_them(given: object, found: object) -> None:
    with Publisher("topic", 0, attributes={"it": given}), Subscriber("topic", 0) as sub:
        assert sub.metadata == {"attributes": {"it": found}}
        assert type(sub.metadata["attributes"]["it"]) is type(found)


def test_a_file_has_it_in_canonical_json(shm_dir: Path) -> None:
    with Publisher("topic", 0.0, attributes={"b": 1.0, "a": "°"}, description="d", unit="m"):
        file = topic_file(shm_dir).read_bytes()
        at, size = (read_field(topic_file(shm_dir), f"{f}") for f in ("desc_offset", "meta_size"))
        assert read_field(topic_file(shm_dir), "desc_size") == 0
        text = '{"unit":"m","description":"d","attributes":{"b":1.0,"a":"°"}}'
        assert file[at : at + size].decode() == text


def test_a_readers_copy_is_its_own() -> None:
    with Publisher("topic", 0, **ALL), Subscriber("topic", 0) as sub:
        sub.metadata["attributes"]["range"].append(1)
        inspect("topic").metadata.clear()
        assert sub.metadata == inspect("topic").metadata == ALL


def test_what_the_publisher_was_given_may_change_later() -> None:
    attributes = {"range": [0, 1]}
    with Publisher("topic", 0, attributes=attributes), Subscriber("topic", 0) as sub:
        attributes["range"].append(2)
        assert sub.metadata == {"attributes": {"range": [0, 1]}}


def test_it_is_the_one_of_the_topic_that_is_read() -> None:
    sub = Subscriber("topic", 0)
    assert sub.metadata == {}
    with Publisher("topic", 0, unit="m"):
        assert sub.metadata == {"unit": "m"}
    assert sub.metadata == {}
    with Publisher("topic", 0, unit="km") as pub:
        assert sub.metadata == {"unit": "km"}
        with pub, Publisher("topic", 0, replace=True):
            assert sub.metadata == {}
    with Publisher("topic", "", unit="pages"):
        assert sub.metadata == {}, "it is of another type"
    with Publisher("topic", 0, unit="cm"):
        assert sub.metadata == {"unit": "cm"}
        sub.close()
        assert sub.metadata == {}


def test_a_publishers_metadata_replaces_the_last_ones_and_its_retained_value_stays() -> None:
    with Publisher("topic", 0, unit="m", retain=True) as pub:
        pub.publish(5)
    sub = Subscriber("topic", 0)
    assert sub.metadata == inspect("topic").metadata == {"unit": "m"}
    with Publisher("topic", 0, description="new", retain=True):
        assert sub.subscribe() == (5, True)
        assert sub.metadata == inspect("topic").metadata == {"description": "new"}
    with Publisher("topic", 0):
        assert sub.subscribe() == (5, True)
        assert sub.metadata == {}


def test_topics_without_it_take_as_much_memory_as_before() -> None:
    with Publisher("topic", 0.0):
        assert inspect("topic").nbytes == 2 * PAGE


def test_a_little_needs_no_more_memory_and_much_whole_pages() -> None:
    room = PAGE - 256 - 4 * 32  # the header and 4 slots
    overhead = len('{"unit":""}')
    for more, pages in [(0, 2), (1, 3)]:
        with Publisher("topic", 0.0, unit="m" * (room - overhead + more)):
            assert inspect("topic").nbytes == pages * PAGE


def test_topics_are_hashable_as_before() -> None:
    with Publisher("topic", 0, retain=True, **ALL) as pub:
        pub.publish(1)
    one, two = inspect("topic"), inspect("topic")
    remove("topic")
    assert one._replace(age=0.0) == two._replace(age=0.0)
    assert len({one._replace(age=0.0), two._replace(age=0.0)}) == 1
