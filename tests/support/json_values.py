"""Values in JSON, as recordings had them before they had ROS 2's messages."""

import json
import math
import struct

JSON_TYPES = {bool: "boolean", int: "integer", float: "number"}
USUAL_NAN = struct.pack(">d", math.nan)


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
