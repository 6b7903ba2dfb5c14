"""Encodes values as messages of one file: its schemas and channels, and what it has of each topic.

A recording of several parts has an Encoder for each, as each part is a whole file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .._messages import MESSAGE_ENCODING, SCHEMA_ENCODING, message_of
from .._messages.channels import channel_metadata
from .._messages.definitions import Names

if TYPE_CHECKING:
    from .mcap_writer import McapWriter
    from .taken import Source

Encode = Callable[[Any, int], Sequence[bytes | memoryview]]

MOST_CHANNELS = 0xFFFF


class Times(NamedTuple):
    """How a value's CLOCK_MONOTONIC becomes the two times of its message, all in ns."""

    start: int
    """CLOCK_MONOTONIC at the start of the recording; older values are logged as of then."""
    publish_offset: int
    """What is added for publish_time: the epoch's time minus CLOCK_MONOTONIC."""
    log_offset: int
    """The same for log_time, which never goes back."""


class Encoder:
    """Adds values to a file, each publisher's as a channel."""

    def __init__(self, writer: McapWriter) -> None:
        self.values: dict[str, int] = {}
        """The number of values in this file, by topic."""
        self._writer = writer
        self._names = Names()
        self._schemas: dict[tuple[str, bytes], int] = {}
        self._channels: dict[Source, tuple[int, Encode]] = {}
        self._newest_channel: dict[tuple[str, str], tuple[int, Encode]] = {}

    def add(self, batch: Sequence[tuple[Source, int, int, Any]], times: Times) -> None:
        """Write a batch's values, or some of them; raises OSError."""
        channels, add, values = self._channels, self._writer.add_message, self.values
        start, publish_offset, log_offset = times
        for source, sequence, time_ns, value in batch:
            channel, encode = channels.get(source) or self._add_channel(source)
            published = time_ns + publish_offset
            logged = (time_ns if time_ns >= start else start) + log_offset
            try:
                parts = encode(value, published)
            except ValueError:  # the publisher wrote garbage
                source.garbage[source.name] += 1
                continue
            add(channel, sequence, logged, published, parts)
            values[source.name] += 1

    def _add_channel(self, source: Source) -> tuple[int, Encode]:
        name, descriptor = source.name, source.descriptor
        self.values.setdefault(name, 0)
        shared = self._newest_channel.get((name, descriptor))
        if shared is not None and len(self._channels) >= MOST_CHANNELS:
            return shared  # a file has no more: this publisher shares the channel before
        message = message_of(descriptor, source.info.metadata, self._names)
        schema = self._schemas.get((message.schema_name, message.schema))
        if schema is None:
            schema = self._writer.add_schema(message.schema_name, SCHEMA_ENCODING, message.schema)
            self._schemas[message.schema_name, message.schema] = schema
        metadata = channel_metadata(source.info, descriptor) | {"source": str(source.number)}
        if not source.is_certain:
            del metadata["publisher_pid"]
        number = self._writer.add_channel(name, MESSAGE_ENCODING, schema, metadata)
        channel = self._channels[source] = number, message.encode
        self._newest_channel[name, descriptor] = channel
        return channel
