"""How topics are kept in an MCAP file: which schemas, channels and messages, and what they mean.

MCAP: https://mcap.dev/spec. A topic is a channel with JSON messages, {"value": 1.5}, so that
programs which know nothing of this library show it; another publisher of it is another channel.
Times are those of publication, in nanoseconds since the epoch.
"""

from __future__ import annotations

import json
import math
import struct

import shm_pub_sub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INSTALL = "pip install 'shm_pub_sub[record]'"

MAGIC = b"\x89MCAP0\r\n"
"""At the beginning and at the end of a file."""

SCHEMA_ENCODING = "jsonschema"
MESSAGE_ENCODING = "json"

CLOCK = "shm_pub_sub.clock"
"""Metadata record: epoch_minus_monotonic_ns, what was added to CLOCK_MONOTONIC's times."""
LOST = "shm_pub_sub.lost"
"""Metadata record: how many values of each topic were lost. The last one in the file counts."""

JSON_TYPES = {bool: "boolean", int: "integer", float: "number"}
TYPES: dict[object, type] = {name: kind for kind, name in JSON_TYPES.items()}

USUAL_NAN = struct.pack(">d", math.nan)


class RecordingError(shm_pub_sub.ShmError, RuntimeError):
    """A file cannot be written or read as a recording."""


def check_installed() -> None:
    """Raise RecordingError where the mcap package is not installed."""
    try:
        import mcap  # noqa: F401, PLC0415 - the extra [record]
    except ImportError:
        raise RecordingError(
            f"found no package mcap; expected it for recordings; {INSTALL}"
        ) from None


def schema_name(kind: type) -> str:
    return f"shm_pub_sub.{kind.__name__}"


def schema(kind: type) -> bytes:
    """Return the JSON schema of a topic's messages."""
    properties: dict[str, object] = {"value": {"type": JSON_TYPES[kind]}}
    if kind is float:
        properties["nonfinite"] = {
            "type": "string",
            "description": "Instead of value: NaN, Infinity or -Infinity, which JSON lacks. A NaN "
            "of unusual bits has them after it, as in 'NaN 0xfff8000000000000'.",
        }
    title = f"A {kind.__name__} of shm_pub_sub"
    return json.dumps({"title": title, "type": "object", "properties": properties}).encode()


def type_of(encoding: str, data: bytes) -> type | None:
    """Return which type of topic holds the values of a schema; None where none does.

    It need not be one of ours: an object with a property `value` that is a number will do.
    """
    if encoding != SCHEMA_ENCODING:
        return None
    try:
        found = json.loads(data)["properties"]["value"]["type"]
        return TYPES.get(found)
    except (ValueError, TypeError, LookupError):
        return None


def encode(value: bool | int | float) -> bytes:
    """Return the message for a value: JSON from which decode() has it back to the bit."""
    if value is True:
        return b'{"value":true}'
    if value is False:
        return b'{"value":false}'
    # Of a float, repr() has as many digits as it takes to tell it from its neighbours.
    if value - value == 0:
        return b'{"value":%b}' % repr(value).encode()
    bits = struct.pack(">d", value)
    text = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value != value and bits != USUAL_NAN:
        text += f" 0x{bits.hex()}"
    return b'{"nonfinite":"%b"}' % text.encode()


def decode(data: bytes, kind: type) -> Any:
    """Return the value of a message.

    Raises ValueError or TypeError for anything else than a message of that type.
    """
    message = json.loads(data)
    value = message.get("value")
    if type(value) is kind:
        return value
    if kind is float and type(value) is int:
        return float(value)  # others write 2 for 2.0
    text = message.get("nonfinite")
    if kind is not float or value is not None or not isinstance(text, str):
        raise ValueError(f"expected a {JSON_TYPES[kind]} as value")
    if text.startswith("NaN 0x"):
        return struct.unpack(">d", bytes.fromhex(text[6:]))[0]
    return float(text)
