"""What notebooks show of publishers, subscribers and topics: HTML without scripts.

Colours are the page's own, or are readable on dark and on light.
"""

from __future__ import annotations

from html import escape

from ._subscriber import Subscriber
from ._svg import sparkline
from ._text import number, printable
from ._topics import ago, inspect, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._topics import TopicInfo

MOST_VALUES = 200
"""Of a topic, in its sparkline."""

_BORDER = "1px solid rgba(128,128,128,.45)"
_BOX = f"display:inline-block;border:{_BORDER};border-radius:6px;padding:.5em .8em;line-height:1.6"
_CELL = f"padding:.25em .8em;border-bottom:{_BORDER};"
_ALIVE, _GONE = "#2a9d4a", "#8a8a8a"


def safely(show: Callable[[Any], str], what: Any) -> str:
    """Return what `show`, one of the functions below, makes of it; its repr where that fails."""
    try:
        return show(what)
    except Exception:
        return f"<pre>{escape(repr(what))}</pre>"


def of_publisher(pub: Any) -> str:
    """Return what a notebook shows of a Publisher."""
    what = f"Publisher · {pub._type.__name__} · buffers: {pub.buffer_num:,}"
    if pub.closed and not pub._inherited:
        return _card(pub.name, what, "", "closed")
    reading = _reading(inspect(pub.name, trust=(), directory=pub._directory), pub._directory, ())
    return _card(pub.name, what, reading, "inherited by fork" if pub._inherited else "")


def of_subscriber(sub: Any) -> str:
    """Return what a notebook shows of a Subscriber."""
    what = f"Subscriber · {sub._type.__name__}"
    if sub.closed:
        return _card(sub.name, what, "", "closed")
    try:
        topic = inspect(sub.name, trust=sub._trust, directory=sub._directory)
        wrong = "" if topic.type is sub._type else f"the topic's type is {topic.type.__name__}"
        return _card(sub.name, what, _reading(topic, sub._directory, sub._trust), wrong)
    except LookupError:
        return _card(sub.name, what, "", f"no publisher; default: {sub._default!r}")
    except RuntimeError as error:  # a damaged file, or one that may not be read
        return _card(sub.name, what, "", str(error))


def of_topic(topic: TopicInfo) -> str:
    """Return what a notebook shows of a TopicInfo: what it says, not what is so by now."""
    rows = "".join(
        f'<tr><td style="{_CELL}text-align:left;opacity:.75">{field}</td>'
        f'<td style="{_CELL}text-align:left">{escape(_said(value))}</td></tr>'
        for field, value in topic._asdict().items()
    )
    return f'<table style="border-collapse:collapse">{rows}</table>'


def of_topics(topics: Sequence[TopicInfo]) -> str:
    """Return what a notebook shows of a list of topics."""
    if not topics:
        return "<i>no topics</i>"
    left, right = f"{_CELL}text-align:left", f"{_CELL}text-align:right"
    headings = {"topic": left, "type": left, "publisher": left}
    headings |= {"published": right, "newest": right, "buffers": right}
    heading = "".join(f'<th style="{style}">{text}</th>' for text, style in headings.items())
    rows = "".join(
        f'<tr><td style="{left}">{escape(printable(topic.name))}</td>'
        f'<td style="{left}">{topic.type.__name__}</td>'
        f'<td style="{left}">{_dot(topic)} {state(topic)}</td>'
        f'<td style="{right}">{topic.published:,}</td>'
        f'<td style="{right}">{ago(topic)}</td>'
        f'<td style="{right}">{topic.buffer_num:,}</td></tr>'
        for topic in topics
    )
    return (
        f'<table style="border-collapse:collapse"><thead><tr>{heading}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _card(name: str, what: str, reading: str, remark: str = "") -> str:
    if remark:
        reading += f'<div style="opacity:.75">{escape(printable(remark))}</div>'
    return (
        f'<div style="{_BOX}"><div><b>{escape(printable(name))}</b>&ensp;'
        f'<span style="opacity:.75">{escape(what)}</span></div>{reading}</div>'
    )


def _reading(topic: TopicInfo, directory: str, trust: Any) -> str:
    """Show what the topic has now. A subscriber of its own reads it: nobody's stream is touched."""
    with Subscriber(
        topic.name, topic.type(), history=MOST_VALUES, trust=trust, directory=directory
    ) as sub:
        newest = sub.sample()
        kept = sub.drain()[-MOST_VALUES:]
    value = "" if newest is None else escape(number(newest.value))
    facts = f"{state(topic)} · {topic.published:,} published"
    if topic.published:
        facts += f" · {ago(topic)}"
    return (
        '<div style="display:flex;align-items:center;gap:1em">'
        f'<span style="font-size:1.6em">{value}</span>{sparkline(kept)}</div>'
        f'<div style="opacity:.9">{_dot(topic)} {facts}</div>'
    )


def _dot(topic: TopicInfo) -> str:
    return f'<span style="color:{_ALIVE if topic.alive else _GONE}">●</span>'


def _said(value: object) -> str:
    return value.__name__ if isinstance(value, type) else printable(str(value))
