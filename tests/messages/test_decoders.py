"""Other programs read the messages: mcap_ros2, which has ROS's own parser, and rosbags."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from mcap_ros2._dynamic import generate_dynamic
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from shm_pub_sub._messages import message_of
from support.types import comparable, descriptor, leaves, read, topics_with_values


def check(topic: Any) -> None:
    form, raw = topic
    message = message_of(descriptor(form), {})
    data = b"".join(message.encode(raw, 0))
    expected = comparable(read(form, raw))

    decode = generate_dynamic(message.schema_name, message.schema.decode())[message.schema_name]
    assert comparable(leaves(decode(data))) == expected

    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(message.schema.decode(), message.schema_name))
    found = store.deserialize_cdr(data, message.schema_name)
    assert comparable(leaves(found)) == expected
    if "nan" not in expected:  # a float of Python loses bits of some
        assert bytes(store.serialize_cdr(found, message.schema_name)) == data


@settings(deadline=None, max_examples=20)
@given(topics_with_values())
def test_a_value_is_the_same_for_others(topic: Any) -> None:
    check(topic)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@settings(deadline=None, max_examples=3000, suppress_health_check=[*HealthCheck])
@given(topics_with_values())
def test_thousands_of_values_are_the_same_for_others(topic: Any) -> None:
    check(topic)
