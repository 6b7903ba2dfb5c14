"""HTML that a notebook shows of a Publisher and of a Subscriber: the topic's current state."""

from __future__ import annotations

from typing import Any

from . import _html
from ._brief import brief
from ._errors import TopicTypeError
from ._metadata import shown
from ._text import frequency, number, printable
from ._topics import NUMBERS, TopicInfo, age_text, inspect, state

MOST_VALUES = 200
"""The number of values in a sparkline."""


def of_publisher(pub: Any, subscriber_class: Any) -> str:
    """Return the card of a Publisher; subscriber_class reads its topic."""
    what = f"Publisher · {pub._spec} · buffers: {pub.buffer_num:,}"
    if pub.closed and not pub._inherited:
        return _html.card(pub.name, what, remark="closed")
    topic = inspect(pub.name, trust=(), directory=pub._directory)
    reading = _reading(topic, subscriber_class, (), pub._directory)
    return _html.card(pub.name, what, reading, "inherited by fork" if pub._inherited else "")


def of_subscriber(sub: Any, subscriber_class: Any) -> str:
    """Return the card of a Subscriber; a separate one, of subscriber_class, reads its topic."""
    what = f"Subscriber · {'any type' if sub._spec is None else sub._spec}"
    if sub.closed:
        return _html.card(sub.name, what, remark="closed")
    try:
        topic = inspect(sub.name, trust=sub._trust, directory=sub._directory)
        reading = _reading(topic, subscriber_class, sub._trust, sub._directory)
    except LookupError:
        return _html.card(sub.name, what, remark=f"no publisher{_default(sub)}")
    except RuntimeError as error:  # a damaged file, or one that may not be read
        return _html.card(sub.name, what, remark=str(error))
    return _html.card(sub.name, what, reading, _other_type(sub, topic, subscriber_class))


def _default(sub: Any) -> str:
    return "" if sub._spec is None else f"; default: {brief(sub._default)}"


def _other_type(sub: Any, topic: TopicInfo, subscriber_class: Any) -> str:
    """Return a remark if a subscriber cannot read its topic."""
    try:
        subscriber_class.sample(sub)  # takes nothing; a subclass's own may do anything
    except TopicTypeError:
        return f"the topic's type is {topic.type_name}"
    return ""


def _reading(topic: TopicInfo, subscriber_class: Any, trust: Any, directory: str) -> str:
    """Return the topic's state and values, read by a subscriber of its own."""
    is_number = topic.type_name in NUMBERS
    with subscriber_class(
        topic.name,
        topic.type() if is_number else None,
        copy=is_number,  # a brief look needs no copy
        history=MOST_VALUES,
        trust=trust,
        directory=directory,
    ) as sub:
        newest = sub.sample()
        kept = sub.drain()[-MOST_VALUES:] if is_number else []
        value = "" if newest is None else (number if is_number else brief)(newest.value)
        said = shown(topic.metadata)
        if value and is_number:
            value = " ".join((value, *map(printable, said.pop("unit", []))))
    facts = f"{state(topic)} · {topic.published:,} published"
    if topic.published:
        facts += f" · {age_text(topic)}"
    if topic.rate is not None:
        facts += f" · {frequency(topic.rate)}"
    lines = [*said.pop("description", []), *(f"in {unit}" for unit in said.pop("unit", []))]
    lines += map(" · ".join, said.values())
    return _html.reading(str(value), kept, topic.alive, facts, lines)
