"""HTML that a notebook shows of a Publisher and of a Subscriber: the topic's current state."""

from __future__ import annotations

from typing import Any

from . import _html
from ._brief import brief
from ._errors import TopicTypeError
from ._text import frequency
from ._topics import TopicInfo, age_text, inspect, state

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
        return _html.card(sub.name, what, remark=f"no publisher; default: {brief(sub._default)}")
    except RuntimeError as error:  # a damaged file, or one that may not be read
        return _html.card(sub.name, what, remark=str(error))
    try:
        subscriber_class.sample(sub)
        wrong = ""
    except TopicTypeError:
        wrong = f"the topic's type is {topic.type_name}"
    return _html.card(sub.name, what, reading, wrong)


def _reading(topic: TopicInfo, subscriber_class: Any, trust: Any, directory: str) -> str:
    """Return the topic's state and values, read by a subscriber of its own."""
    numbers = topic.type in (bool, int, float)
    with subscriber_class(
        topic.name,
        topic.type() if numbers else None,
        history=MOST_VALUES if numbers else 0,
        trust=trust,
        directory=directory,
    ) as sub:
        newest = sub.sample()
        kept = sub.drain()[-MOST_VALUES:] if numbers else ()
    facts = f"{state(topic)} · {topic.published:,} published"
    if topic.published:
        facts += f" · {age_text(topic)}"
    if topic.rate is not None:
        facts += f" · {frequency(topic.rate)}"
    value = None if newest is None else brief(newest.value)
    return _html.reading(value, kept, topic.alive, facts)
