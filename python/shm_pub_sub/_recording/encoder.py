"""Encodes values as messages of one file: its schemas and channels, and what it has of each topic.

A recording of several parts has an Encoder for each, as each part is a whole file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import mcap_format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .mcap_writer import McapWriter
    from .receiver import Source

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
        self._schemas: dict[type, int] = {}
        self._channels: dict[Source, int] = {}
        self._newest_channel: dict[tuple[str, type], int] = {}

    def add(self, batch: Sequence[tuple[Source, int, int, Any]], times: Times) -> None:
        """Write a batch's values, or some of them; raises OSError."""
        channels, add, encode = self._channels, self._writer.add_message, mcap_format.encode
        start, publish_offset, log_offset = times
        for source, sequence, time_ns, value in batch:
            channel = channels.get(source) or self._add_channel(source)
            logged = (time_ns if time_ns >= start else start) + log_offset
            add(channel, sequence, logged, time_ns + publish_offset, (encode(value),))
            self.values[source.name] += 1

    def _add_channel(self, source: Source) -> int:
        name, kind, info = source.name, source.type, source.info
        self.values.setdefault(name, 0)
        if len(self._channels) >= MOST_CHANNELS and (name, kind) in self._newest_channel:
            # A file has no more channels: this publisher shares the one before.
            return self._newest_channel[name, kind]
        if kind not in self._schemas:
            self._schemas[kind] = self._writer.add_schema(
                mcap_format.schema_name(kind), mcap_format.SCHEMA_ENCODING, mcap_format.schema(kind)
            )
        metadata = {"type": kind.__name__}
        if info is not None:
            metadata |= {"buffer_num": str(info.buffer_num), "publisher_pid": str(info.pid)}
        channel = self._writer.add_channel(
            name, mcap_format.MESSAGE_ENCODING, self._schemas[kind], metadata
        )
        self._channels[source] = self._newest_channel[name, kind] = channel
        return channel
