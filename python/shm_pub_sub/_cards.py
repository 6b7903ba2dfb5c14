"""What notebooks show of a Publisher and of a Subscriber: its topic as it is now."""

from __future__ import annotations

from . import _html
from ._topics import ago, inspect, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._topics import TopicInfo

MOST_VALUES = 200
"""The number of values in a sparkline."""


def of_publisher(publisher: Any, subscriber_class: Any) -> str:
    """Return the card of a Publisher; subscriber_class reads its topic."""
    pub = publisher
    what = f"Publisher · {pub._type.__name__} · buffers: {pub.buffer_num:,}"
    if pub.closed and not pub._inherited:
        return _html.card(pub.name, what, remark="closed")
    topic = inspect(pub.name, trust=(), directory=pub._directory)
    reading = _reading(topic, subscriber_class, (), pub._directory)
    return _html.card(pub.name, what, reading, "inherited by fork" if pub._inherited else "")


def of_subscriber(subscriber: Any, subscriber_class: Any) -> str:
    """Return the card of a Subscriber; another one of subscriber_class reads its topic."""
    sub = subscriber
    what = f"Subscriber · {sub._type.__name__}"
    if sub.closed:
        return _html.card(sub.name, what, remark="closed")
    try:
        topic = inspect(sub.name, trust=sub._trust, directory=sub._directory)
        reading = _reading(topic, subscriber_class, sub._trust, sub._directory)
    except LookupError:
        return _html.card(sub.name, what, remark=f"no publisher; default: {sub._default!r}")
    except RuntimeError as error:  # a damaged file, or one that may not be read
        return _html.card(sub.name, what, remark=str(error))
    wrong = "" if topic.type is sub._type else f"the topic's type is {topic.type.__name__}"
    return _html.card(sub.name, what, reading, wrong)


def _reading(topic: TopicInfo, subscriber_class: Any, trust: Any, directory: str) -> str:
    """Return the topic's values; a subscriber of its own reads them, so no stream is disturbed."""
    with subscriber_class(
        topic.name, topic.type(), history=MOST_VALUES, trust=trust, directory=directory
    ) as sub:
        newest = sub.sample()
        kept = sub.drain()[-MOST_VALUES:]
    facts = f"{state(topic)} · {topic.published:,} published"
    if topic.published:
        facts += f" · {ago(topic)}"
    return _html.reading(None if newest is None else newest.value, kept, topic.alive, facts)
