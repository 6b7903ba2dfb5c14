"""Messages in JSON, such as older recordings have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import mcap_format

USUAL_BUFFERS = 3
"""If the recording has no buffer_num."""


class JsonMessage:
    schema_name = schema = ""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def decode(self, data: memoryview) -> Any:
        return mcap_format.decode(bytes(data), self._kind)


class Found(NamedTuple):
    descriptor: str
    metadata: dict[str, Any]
    message: Any
    buffer_num: int
    views: int
    loans: int
    retain: bool


class Foreign:
    def scan(self, data: memoryview) -> None: ...
    def found(self) -> Found:
        raise ValueError


def message_from(
    channel_metadata: Mapping[str, str],
    schema_name: str,
    schema_encoding: str,
    schema_data: bytes,
    message_encoding: str,
) -> Found | Foreign:
    if message_encoding != mcap_format.MESSAGE_ENCODING:
        raise ValueError(f"found messages in {message_encoding!r}")
    kind = mcap_format.type_of(schema_name, schema_encoding, schema_data)
    buffers = channel_metadata.get("buffer_num", "")
    # int() accepts only some thousand digits; 30 are refused as well.
    buffer_num = int(buffers[:30]) if buffers.isdecimal() else USUAL_BUFFERS
    return Found(kind.__name__, {}, JsonMessage(kind), buffer_num, 2, 1, False)
