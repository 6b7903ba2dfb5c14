"""Every type as a message and back."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub._messages import message_of

from ._types import descriptor, flat, topics, values


@st.composite
def topics_with_values(draw: Any) -> Any:
    form = draw(topics)
    return form, draw(values(form))


@settings(deadline=None)
@given(topics_with_values())
def test_a_value_comes_back_as_it_was(topic: Any) -> None:
    form, raw = topic
    message = message_of(descriptor(form), {})
    data = b"".join(message.encode(raw, 0))
    back = message.decode(memoryview(data))
    assert flat(form, bytes(back)) == flat(form, raw)
    assert len(back) == len(raw)
    again = b"".join(message.encode(memoryview(back), 0))
    assert again == data
