"""Every type as a message and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from shm_pub_sub._messages import message_of
from support.types import bits, descriptor, topics_with_values


def check(topic: Any) -> None:
    form, raw = topic
    message = message_of(descriptor(form), {})
    data = b"".join(message.encode(raw, 0))
    back = message.decode(memoryview(data))
    assert bits(form, bytes(back)) == bits(form, raw)
    assert len(back) == len(raw)
    again = b"".join(message.encode(memoryview(back), 0))
    assert again == data


@settings(deadline=None, max_examples=40)
@given(topics_with_values())
def test_a_value_comes_back_as_it_was(topic: Any) -> None:
    check(topic)


@pytest.mark.soak
@pytest.mark.timeout(1200)
@settings(deadline=None, max_examples=5000, suppress_health_check=[*HealthCheck])
@given(topics_with_values())
def test_thousands_of_values_come_back_as_they_were(topic: Any) -> None:
    check(topic)
