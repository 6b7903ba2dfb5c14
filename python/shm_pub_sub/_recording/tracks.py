"""What a recording has: channels as they are in the file, topics, and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .._messages import Decoder


class Schema(NamedTuple):
    name: str
    encoding: str
    data: bytes


class Channel(NamedTuple):
    """A channel as it is in the file: the messages of one publisher of a topic."""

    topic: str
    encoding: str
    metadata: dict[str, str]
    schema: Schema | None


class Track(NamedTuple):
    """A channel with values of a topic."""

    topic: str
    descriptor: str
    type_name: str
    metadata: dict[str, Any]
    """What the publisher said about it, as of TopicInfo.metadata."""
    buffer_num: int
    views: int
    loans: int
    retain: bool
    message: Decoder


class Value(NamedTuple):
    time_ns: int
    """log_time: since the epoch."""
    publish_ns: int
    sequence: int
    channel: int
    value: Any
    """A number, or the value's bytes in shared memory."""
