"""Recordings of given values, without a recorder and its waiting."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shm_pub_sub
from shm_pub_sub._raw import raw_subscriber
from shm_pub_sub._topics import inspect_typed

START = 1_700_000_000_000_000_000
"""The time of the first value, in ns since the epoch."""
STEP = 10_000_000
"""Between two values of a topic, in ns."""


def write(
    path: Path,
    topics: Mapping[str, Sequence[Any]],
    *,
    start: int = START,
    lost: Mapping[str, int] | None = None,
    about: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write each topic's values, which are published for that.

    lost: Of which topics how many values were lost; not written if None.
    about: Further arguments of topics' publishers.
    """
    # The extra [record] brings mcap.
    from shm_pub_sub._messages import (  # noqa: PLC0415
        MESSAGE_ENCODING,
        SCHEMA_ENCODING,
        Names,
        message_of,
    )
    from shm_pub_sub._messages.channels import channel_metadata  # noqa: PLC0415
    from shm_pub_sub._recording import mcap_format  # noqa: PLC0415
    from shm_pub_sub._recording.mcap_writer import McapWriter  # noqa: PLC0415

    writer, names, messages = McapWriter(path, "zstd"), Names(), []
    for topic, values in topics.items():
        more = dict((about or {}).get(topic, {}))
        with shm_pub_sub.Publisher(topic, values[0], **more) as pub:
            info, descriptor = inspect_typed(topic)
            message = message_of(descriptor, info.metadata, names)
            schema = writer.add_schema(message.schema_name, SCHEMA_ENCODING, message.schema)
            channel = writer.add_channel(
                topic, MESSAGE_ENCODING, schema, channel_metadata(info, descriptor)
            )
            with raw_subscriber(topic, descriptor) as sub:
                for n, value in enumerate(values):
                    pub.publish(value)
                    time_ns = start + n * STEP
                    parts = message.encode(sub.recv(10), time_ns)
                    messages.append((time_ns, channel, n + 1, b"".join(parts)))
    for time_ns, channel, sequence, data in sorted(messages, key=lambda each: each[0]):
        writer.add_message(channel, sequence, time_ns, time_ns, (data,))
    if lost is not None:
        writer.add_metadata(mcap_format.LOST, {topic: str(n) for topic, n in lost.items()})
    writer.finish()
