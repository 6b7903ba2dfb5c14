"""Values in JSON, as recordings had them once, and as other programs write them: read only.

A message is an object whose property `value` is a number or a boolean; where JSON has no such
number, `nonfinite` is NaN, Infinity or -Infinity, or a NaN with its bits: 'NaN 0xfff8000000000000'.
"""

from __future__ import annotations

import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Final

SCHEMA_ENCODING: Final = "jsonschema"
MESSAGE_ENCODING: Final = "json"

_JSON_TYPES: Final = {bool: "boolean", int: "integer", float: "number"}
_TYPES: Final[dict[object, type]] = {name: kind for kind, name in _JSON_TYPES.items()}
_NONFINITE: Final = ("NaN", "Infinity", "-Infinity")


def type_of(name: str, data: bytes) -> type:
    """Return the type of a schema's values.

    Raises ValueError with what was found instead.
    """
    try:
        schema = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError(f"found the schema {name!r}, which is not JSON") from None
    try:
        found = schema["properties"]["value"]["type"]
        if isinstance(found, list):  # others add "null" if a value may be missing
            (found,) = (kind for kind in found if kind != "null")
        return _TYPES[found]
    except (ValueError, TypeError, LookupError):
        raise ValueError(
            f"found the schema {name!r}, whose property 'value' is not a number, integer or boolean"
        ) from None


class JsonValue:
    """Messages in JSON of one type."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def decode(self, data: memoryview) -> Any:
        """Return the value of a message; None if it has none, or null.

        Raises ValueError if it is no message of that type.
        """
        kind, text = self._kind, bytes(data)
        try:
            message = json.loads(text)
        except RecursionError:
            raise ValueError("expected a number, not deeply nested JSON") from None
        except ValueError:  # or a number with more digits than int() accepts
            raise ValueError(f"expected JSON with a {_JSON_TYPES[kind]} as value") from None
        if type(message) is not dict:
            raise ValueError(f"expected an object with a {_JSON_TYPES[kind]} as value")
        value: Any = message.get("value")
        if value is None:
            other = message.get("nonfinite")
            return None if other is None else _nonfinite(other, kind)
        if kind is float and type(value) is int:
            try:
                value = float(value)  # others write 2 for 2.0
            except OverflowError:
                value = math.inf
        if type(value) is not kind:
            raise ValueError(f"expected a {_JSON_TYPES[kind]} as value")
        if type(value) is int and not -(2**63) <= value < 2**63:
            raise ValueError("expected a 64-bit integer")
        if type(value) is float and value in (math.inf, -math.inf) and b"Infinity" not in text:
            raise ValueError("expected a number within the range of a float")
        return value


def _nonfinite(text: object, kind: type) -> float:
    if kind is float and isinstance(text, str):
        if text in _NONFINITE:
            return float(text)
        if match := re.fullmatch("NaN 0x([0-9a-f]{16})", text):
            (value,) = struct.unpack(">d", bytes.fromhex(match[1]))
            if value != value:
                return float(value)
    raise ValueError(f"expected a {_JSON_TYPES[kind]}; 'nonfinite' is only for numbers")
