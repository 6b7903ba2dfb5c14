"""Types by their descriptors, which may be anybody's text."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub import Publisher, Subscriber, TopicValueError
from shm_pub_sub._described import spec_of_descriptor
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._records import size_of
from shm_pub_sub._topics import inspect_typed
from support.counts import RECORDS, dice
from support.records import random_record

from ._kinds import KINDS, publisher_of

SCAN = (
    '{"kind":"record","name":"Scan","size":40,"fields":[["x","<f8",0],'
    '["text",{"kind":"text","max":9},8]]}'
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_described(kind: str) -> None:
    with publisher_of(kind, "topic"):
        info, descriptor = inspect_typed("topic")
        spec = spec_of_descriptor(descriptor)
    assert spec.descriptor == descriptor
    assert str(spec) == info.type_name
    assert spec.type is info.type


def test_random_records_are_described() -> None:
    numbers = dice()
    for number in range(RECORDS // 4):
        default = random_record(numbers).default
        with Publisher(f"topic/{number}", default):
            info, descriptor = inspect_typed(f"topic/{number}")
            spec = spec_of_descriptor(descriptor)
        assert spec.descriptor == descriptor
        assert str(spec) == info.type_name


@pytest.mark.parametrize(
    "text",
    [
        *("", "any", "record", "{}", "[]", "null", "1", '"float"', "bool ", "\0", "float\0"),
        "\ud800",
        '{"kind":"bytes"}',  # without max
        '{"kind":"bytes","max":0}',
        '{"kind":"bytes","max":-1}',
        '{"kind":"bytes","max":5} ',
        '{"kind":"bytes","max":5}\0x',
        '{"max":5,"kind":"bytes"}',
        '{"kind":"array","dtype":"<f8","shape":[3,null],"max":3}',
        '{"kind":"array","dtype":"<f8","shape":[99999999999,99999999999]}',
        '{"kind":"scalar","dtype":"<f8"}',  # float
        '{"kind":"array","dtype":"<O8","shape":[3]}',
        SCAN.replace("40", "39"),
        SCAN.replace('"text",{', '"x",{'),  # twice
        SCAN.replace("]},8]", "]},4]").replace(",8]", ",4]"),  # overlaps
        SCAN.replace('"x"', '"x\\n"'),
        '{"kind":"array","dtype":' * 20_000,
    ],
)  # fmt: skip
def test_what_describes_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"found (the|a) type descriptor"):
        spec_of_descriptor(text)


@settings(deadline=None)
@given(st.data())
def test_a_changed_descriptor_is_refused_or_another_one(data: Any) -> None:
    at = data.draw(st.integers(0, len(SCAN) - 1))
    width = data.draw(st.integers(0, 3))
    text = SCAN[:at] + data.draw(st.text(max_size=3)) + SCAN[at + width :]
    try:
        spec = spec_of_descriptor(text)
    except ValueError:
        return
    assert spec.descriptor == text


def test_fields_have_the_units_of_the_metadata() -> None:
    metadata = {"fields": {"x": {"unit": "m"}, "text": {"unit": 3}, "other": {"unit": "s"}}}
    record = spec_of_descriptor(SCAN, metadata).record
    assert [field.unit for field in record.fields] == ["m", ""]
    for odd in ({"fields": []}, {"fields": {"x": 1}}, {"unit": "m"}):
        assert {f.unit for f in spec_of_descriptor(SCAN, odd).record.fields} == {""}


def test_units_are_not_those_of_the_descriptor_before() -> None:
    spec_of_descriptor(SCAN, {"fields": {"x": {"unit": "m"}}})
    assert spec_of_descriptor(SCAN).record.fields[0].unit == ""


def test_records_without_names_for_attributes_are_dicts() -> None:
    spec = spec_of_descriptor(
        json.dumps(json.loads(SCAN.replace('"x"', '"a b"')), separators=(",", ":"))
    )
    assert spec.type is dict  # fmt: skip


def test_arrays_of_records_are_numpys() -> None:
    with Publisher("topic", np.zeros(3, "f4,u1")):
        spec = spec_of_descriptor(inspect_typed("topic")[1])
    assert spec.record.dtype == np.dtype("f4,u1")


POSE = (
    '{"kind":"record","name":"Größe 1","size":24,"fields":'
    '[["x","<f8",0],["a b",{"kind":"array","dtype":"<c8","shape":[1,1]},8],["n","<f2",20]]}'
)


@pytest.mark.parametrize(
    "descriptor",
    [
        f'{{"kind":"array","dtype":{POSE},"shape":[null,2],"max":3}}',
        f'{{"kind":"array","dtype":{SCAN},"shape":[2]}}',
        f'{{"kind":"list","dtype":{POSE},"max":3}}',
        '{"kind":"record","size":80,"fields":'
        f'[["p",{{"kind":"array","dtype":{POSE},"shape":[2]}},0],'
        f'["q",{{"kind":"list","dtype":{POSE},"max":1}},48]]}}',
        '{"kind":"scalar","dtype":"<f2"}',
        '{"kind":"array","dtype":"<c16","shape":[]}',
        '{"kind":"list","dtype":"<b1","max":1}',
    ],
)
def test_what_only_go_makes_is_published_to_the_letter(descriptor: str) -> None:
    spec = spec_of_descriptor(descriptor)
    assert spec.descriptor == descriptor
    with raw_publisher("topic", descriptor) as pub:
        info, found = inspect_typed("topic")
        assert found == descriptor
        assert str(spec) == info.type_name
        size = size_of(spec) if spec.is_fixed else 0
        pub._publish_raw(bytes(size))
        assert raw_subscriber("topic", descriptor).recv() == bytes(size)
        assert Subscriber("topic").subscribe()[1]


def test_a_record_too_large_for_numpy_is_refused() -> None:
    """As a stranger's PointCloud2 may have points of any size."""
    point = '{"kind":"record","size":2147483648,"fields":[["x","<f4",0]]}'
    cloud = f'{{"kind":"array","dtype":{point},"shape":[null],"max":1}}'
    with pytest.raises(TopicValueError, match=r"found .* expected less than 2 GiB"):
        spec_of_descriptor(cloud)
