"""The format of topics in an MCAP file: schemas, channels, messages and metadata.

MCAP: https://mcap.dev/spec. Each publisher of a topic is a channel with JSON messages, such as
{"value": 1.5}, which other programs understand. Times are those of publication, in nanoseconds
since the epoch.
"""

from __future__ import annotations

import json
import math
import re
import struct
from typing import Any

from .. import _errors
from .._extras import EXTRAS, install

INSTALL = install(EXTRAS["record"])

RecordingError = _errors.RecordingError

MAGIC = b"\x89MCAP0\r\n"
"""At the start and the end of a file."""

SCHEMA_ENCODING = "jsonschema"
MESSAGE_ENCODING = "json"

CLOCK = "shm_pub_sub.clock"
"""Metadata record: epoch_minus_monotonic_ns, added to the times of CLOCK_MONOTONIC."""
LOST = "shm_pub_sub.lost"
"""Metadata record: number of values lost per topic. The last one in the file counts."""
LEFT_OUT = "shm_pub_sub.left_out"
"""Metadata record: topics that could not be recorded, with the reason. The last one counts."""

REPEATS = "shm_pub_sub.repeats"
"""Metadata record: number of values up to repeats_until, by the `source` of their channels."""
RECORDING = "shm_pub_sub.recording"
"""Metadata record: the id of the recording, the number of this part, the file of the previous
one. repeats_until: messages with a publish_time up to this are in the previous one, too."""

JSON_TYPES = {bool: "boolean", int: "integer", float: "number"}
TYPES: dict[object, type] = {name: kind for kind, name in JSON_TYPES.items()}

NONFINITE = ("NaN", "Infinity", "-Infinity")
USUAL_NAN = struct.pack(">d", math.nan)


def check_installed() -> None:
    """Raise RecordingError if the mcap package is not installed."""
    try:
        import mcap  # noqa: F401 - the extra [record]
    except ImportError:
        raise RecordingError(f"recordings need the package mcap; {INSTALL}") from None


def schema_name(kind: type) -> str:
    return f"shm_pub_sub.{kind.__name__}"


def schema(kind: type) -> bytes:
    properties: dict[str, object] = {"value": {"type": JSON_TYPES[kind]}}
    if kind is float:
        properties["nonfinite"] = {
            "type": "string",
            "description": "Instead of value: NaN, Infinity or -Infinity, which JSON lacks. A NaN "
            "with unusual bits has them appended, as in 'NaN 0xfff8000000000000'.",
        }
    title = f"A {kind.__name__} of shm_pub_sub"
    return json.dumps({"title": title, "type": "object", "properties": properties}).encode()


def type_of(name: str, encoding: str, data: bytes) -> type:
    """Return the topic type for a schema.

    It may be another program's: any object whose property `value` is a number or a boolean. Raises
    ValueError with what was found instead.
    """
    if encoding != SCHEMA_ENCODING:
        raise ValueError(f"found the schema {name!r} in {encoding!r}")
    try:
        schema = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError(f"found the schema {name!r}, which is no JSON") from None
    try:
        found = schema["properties"]["value"]["type"]
        if isinstance(found, list):  # others add "null" if a value may be missing
            (found,) = (kind for kind in found if kind != "null")
        return TYPES[found]
    except (ValueError, TypeError, LookupError):
        raise ValueError(
            f"found the schema {name!r}, whose property 'value' is no number, integer or boolean"
        ) from None


def encode(value: bool | int | float) -> bytes:
    """Return the JSON message for a value, from which decode() restores it exactly."""
    if value is True:
        return b'{"value":true}'
    if value is False:
        return b'{"value":false}'
    # repr() of a float has as many digits as it needs to be exact.
    if value - value == 0:
        return b'{"value":%b}' % repr(value).encode()
    bits = struct.pack(">d", value)
    text = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value != value and bits != USUAL_NAN:
        text += f" 0x{bits.hex()}"
    return b'{"nonfinite":"%b"}' % text.encode()


def decode(data: bytes, kind: type) -> Any:
    """Return the value of a message; None if it has none, or null.

    Raises ValueError if it is no message of that type.
    """
    try:
        message = json.loads(data)
    except RecursionError:
        raise ValueError("expected a number, not deeply nested JSON") from None
    except ValueError:  # or a number with more digits than int() accepts
        raise ValueError(f"expected JSON with a {JSON_TYPES[kind]} as value") from None
    if type(message) is not dict:
        raise ValueError(f"expected an object with a {JSON_TYPES[kind]} as value")
    value = message.get("value")
    if value is None:
        text = message.get("nonfinite")
        return None if text is None else _nonfinite(text, kind)
    if kind is float and type(value) is int:
        try:
            value = float(value)  # others write 2 for 2.0
        except OverflowError:
            value = math.inf
    if type(value) is not kind:
        raise ValueError(f"expected a {JSON_TYPES[kind]} as value")
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise ValueError("expected a 64-bit integer")
    if type(value) is float and value in (math.inf, -math.inf) and b"Infinity" not in data:
        raise ValueError("expected a number within the range of a float")
    return value


def _nonfinite(text: object, kind: type) -> float:
    if kind is float and isinstance(text, str):
        if text in NONFINITE:
            return float(text)
        if match := re.fullmatch("NaN 0x([0-9a-f]{16})", text):
            (value,) = struct.unpack(">d", bytes.fromhex(match[1]))
            if value != value:
                return float(value)
    raise ValueError(f"expected a {JSON_TYPES[kind]}; 'nonfinite' is only for numbers")
