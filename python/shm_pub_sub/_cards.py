"""HTML that a notebook shows of a Publisher and of a Subscriber: the topic's current state."""

from __future__ import annotations

from typing import Any

from . import _html
from ._brief import brief
from ._described import spec_of_descriptor
from ._errors import TopicTypeError, WaitTimeoutError
from ._metadata import shown as metadata_lines
from ._paths import part
from ._text import frequency, number, printable
from ._topics import NUMBERS, TopicInfo, age_text, inspect_typed, state
from ._views import Row, curve, rows_of, table, view_of

MOST_VALUES = 200
"""The number of values in a sparkline."""

MOST_READ, MOST_BYTES = 20_000, 8 << 20
"""Numbers, and bytes, that are read for a card's sparklines."""


def of_publisher(pub: Any, subscriber_class: Any) -> str:
    """Return the card of a Publisher; subscriber_class reads its topic."""
    what = f"Publisher · {pub._spec} · buffers: {pub.buffer_num:,}"
    if pub.closed and not pub._inherited:
        return _html.card(pub.name, what, remark="closed")
    topic, descriptor = inspect_typed(pub.name, trust=(), directory=pub._directory)
    reading = _reading(topic, descriptor, subscriber_class, (), pub._directory)
    return _html.card(pub.name, what, reading, "inherited by fork" if pub._inherited else "")


def of_subscriber(sub: Any, subscriber_class: Any) -> str:
    """Return the card of a Subscriber; a separate one, of subscriber_class, reads its topic."""
    what = f"Subscriber · {'any type' if sub._spec is None else sub._spec}"
    if sub.closed:
        return _html.card(sub.name, what, remark="closed")
    try:
        topic, descriptor = inspect_typed(sub.name, trust=sub._trust, directory=sub._directory)
        reading = _reading(topic, descriptor, subscriber_class, sub._trust, sub._directory)
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


def _reading(
    topic: TopicInfo, descriptor: str, subscriber_class: Any, trust: Any, directory: str
) -> str:
    """Return the topic's state and values, read by a subscriber of its own."""
    is_number = topic.type_name in NUMBERS
    spec = spec_of_descriptor(descriptor)
    rows = rows_of(spec, topic.metadata)
    has_table = any(row.steps for row in rows)
    view = None if has_table else view_of(spec, descriptor, topic.metadata.get("attributes", {}))
    with subscriber_class(
        topic.name,
        topic.type() if is_number else None,
        copy=is_number,  # a brief look needs no copy
        history=_history(topic, rows),
        trust=trust,
        directory=directory,
    ) as sub:
        kept = _kept(sub, rows)
        newest = sub.sample()
        value, shown = "", ""
        if newest is not None:
            value = newest.value
            if has_table:
                shown = table(rows, value, kept)
            elif view is not None:
                shown = found.html if (found := view(value)) else ""
            if spec.kind == "record":
                value = ""
            elif shown and view not in (None, curve):
                value = topic.type_name  # the least and greatest of a frame take long to find
            else:
                value = str((number if is_number else brief)(value))
        del newest  # and with it a view of shared memory
    said = metadata_lines(topic.metadata)
    if has_table and shown:
        said.pop("fields", None)  # the table has their units
    if value and is_number:
        value = " ".join((value, *map(printable, said.pop("unit", []))))
    facts = f"{state(topic)} · {topic.published:,} published"
    if topic.published:
        facts += f" · {age_text(topic)}"
    if topic.rate is not None:
        facts += f" · {frequency(topic.rate)}"
    lines = [*said.pop("description", []), *(f"in {unit}" for unit in said.pop("unit", []))]
    lines += map(" · ".join, said.values())
    spark = [] if has_table else kept.get("value", [])
    return _html.reading(value, spark, topic.alive, facts, lines, shown)


def _history(topic: TopicInfo, rows: list[Row]) -> int:
    """Return how many of the values kept are read for sparklines."""
    numbers = sum(row.is_number for row in rows)
    each = topic.nbytes // max(topic.buffer_num, 1) + 1
    if not numbers:
        return 0
    return min(MOST_VALUES, MOST_READ // numbers, MOST_BYTES // each + 1)


def _kept(sub: Any, rows: list[Row]) -> dict[str, list[Any]]:
    """Return the values kept of each number; only one whole value exists at a time."""
    numbers = [row for row in rows if row.is_number]
    kept: dict[str, list[Any]] = {row.name: [] for row in numbers}
    if not numbers:
        return kept
    if not numbers[0].steps:  # the value is one
        return {numbers[0].name: sub.drain()[-MOST_VALUES:]}
    try:
        for _ in range(MOST_VALUES):
            value = sub.recv(0)
            for row in numbers:
                kept[row.name].append(part(value, row.steps))
    except WaitTimeoutError:
        pass
    return kept
