"""What a recording's channel says about its topic, and the topics of others' channels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _metadata
from .._arguments import MAX_BUFFERS, MAX_CHUNKS
from .._described import spec_of_descriptor
from .._records import size_of
from . import MESSAGE_ENCODING, SCHEMA_ENCODING, json_values, message_of
from .foreign import type_of
from .foreign_stamped import Type
from .ros2msg import is_same, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from .._spec import Spec
    from .._topics import TopicInfo
    from . import Decoder
    from .foreign import Scan

INLINE_MAX: Final = 128  # internal/descriptor/type.go
USUAL_BUFFERS: Final = 3
USUAL_VIEWS: Final = 2
USUAL_LOANS: Final = 1
"""Of a topic whose channel does not say, as of a new publisher."""


class Found(NamedTuple):
    """The topic that a channel has, and its messages."""

    descriptor: str
    metadata: dict[str, Any]
    message: Decoder
    buffer_num: int
    views: int
    loans: int
    retain: bool


def channel_metadata(info: TopicInfo, descriptor: str) -> dict[str, str]:
    """Return what a channel says about its topic, from which message_from() finds it."""
    return {
        "type": info.type_name,
        "descriptor": descriptor,
        "metadata": json.dumps(info.metadata, ensure_ascii=False, separators=(",", ":")),
        "buffer_num": str(info.buffer_num),
        "views": str(info.views),
        "loans": str(info.loans),
        "retain": "true" if info.retain else "false",
        "publisher_pid": str(info.pid),
        "offered_qos_profiles": "",  # which the profile ros2 wants of each channel
    }


def message_from(
    channel: Mapping[str, str],
    schema_name: str,
    schema_encoding: str,
    schema_data: bytes,
    message_encoding: str,
) -> Found | Foreign:
    """Return the topic of a channel, all of which is somebody else's text.

    Raises ValueError, with what was found instead.
    """
    encodings = message_encoding, schema_encoding
    if encodings == (json_values.MESSAGE_ENCODING, json_values.SCHEMA_ENCODING):
        kind = json_values.type_of(schema_name, schema_data)
        return _found(kind.__name__, {}, json_values.JsonValue(kind), channel)
    if message_encoding != MESSAGE_ENCODING:
        raise ValueError(f"found messages in {message_encoding[:40]!r}")
    if schema_encoding != SCHEMA_ENCODING:
        raise ValueError(f"found the schema {schema_name[:80]!r} in {schema_encoding[:40]!r}")
    if "descriptor" not in channel:
        topic = type_of(schema_name, schema_data)
        return _found(*topic, channel) if isinstance(topic, Type) else Foreign(topic, channel)
    descriptor = channel["descriptor"]
    metadata = _metadata.parse(channel.get("metadata", "{}").encode())
    message = message_of(descriptor, metadata)
    theirs, ours = parse(schema_name, schema_data), parse(message.schema_name, message.schema)
    if not is_same(*theirs, *ours):
        raise ValueError(
            f"found the schema {schema_name[:80]!r} for a topic of {channel.get('type', '')[:80]}; "
            f"expected {message.schema_name}"
        )
    return _found(descriptor, metadata, message, channel)


class Foreign:
    """Another program's channel, whose topic depends on its messages."""

    def __init__(self, messages: Scan, channel: Mapping[str, str]) -> None:
        self._messages = messages
        self._channel = channel

    def scan(self, data: memoryview) -> None:
        """Look at one message. Raises ValueError if it is none of the type."""
        self._messages.scan(data)

    def found(self) -> Found:
        """Return the topic, once all messages have been looked at.

        Raises ValueError if no topic can have them all, such as images of several sizes.
        """
        return _found(*self._messages.found(), self._channel)


def _found(
    descriptor: str, metadata: dict[str, Any], message: Decoder, channel: Mapping[str, str]
) -> Found:
    spec = spec_of_descriptor(descriptor)
    return Found(
        *(descriptor, metadata, message),
        buffer_num=_number(channel, "buffer_num", USUAL_BUFFERS, 1, MAX_BUFFERS),
        views=_number(channel, "views", 0 if _is_small(spec) else USUAL_VIEWS, 0, MAX_CHUNKS),
        loans=_number(channel, "loans", 0 if _is_small(spec) else USUAL_LOANS, 0, MAX_CHUNKS),
        retain=channel.get("retain") == "true",
    )


def _is_small(spec: Spec) -> bool:
    """Report whether values are in their slots, so that a publisher has neither views nor loans."""
    return spec.is_fixed and (spec.is_number or size_of(spec) <= INLINE_MAX)


def _number(channel: Mapping[str, str], key: str, usual: int, least: int, most: int) -> int:
    text = channel.get(key, "")
    # int() takes a few thousand digits at most; 30 are out of range as well.
    number = int(text[:30]) if text.isascii() and text.isdecimal() else usual
    return number if least <= number <= most else usual
