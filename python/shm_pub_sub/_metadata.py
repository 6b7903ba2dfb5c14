"""Metadata of a topic: what its publisher says about it, in JSON (docs/metadata.md)."""

from __future__ import annotations

import builtins

from ._arguments import kind_of, not_utf8, really_is, short_repr
from ._errors import TopicTypeError, TopicValueError
from ._log import logger

TYPE_CHECKING = False  # importing typing takes longer than the rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final, NoReturn

MOST: Final = 65536  # bytes of JSON: MaxMetadata in internal/segment/layout.go
DEEPEST: Final = 32  # nested dicts and lists: maxNesting in metadata.go

_DICTS: Final = (dict, getattr(builtins, "frozendict", dict))  # the latter from Python 3.15 on
_JSON = "expected a str, a number, a bool, None, or a list or dict of these"


def encoded(
    name: str,
    unit: Any = "",
    description: Any = "",
    attributes: Any = None,
    fields: dict[str, Any] | None = None,
) -> str:
    """Return a new topic's metadata as JSON, "" if there is none.

    fields is the metadata of a record's fields.
    """
    what = f"topic {short_repr(name)}"
    found: dict[str, Any] = {
        "unit": _text(f"{what}: unit", unit, "'m/s'"),
        "description": _text(f"{what}: description", description, "'speed of the left wheel'"),
    }
    if attributes is not None and not really_is(attributes, *_DICTS):
        raise TopicTypeError(
            f"{what}: attributes: found {kind_of(attributes)}; expected a dict such as "
            "{'frame_id': 'base_link'}"
        )
    found["attributes"] = _value(f"{what}: attributes", attributes or {}, 2)
    found["fields"] = _value(f"{what}: fields", fields or {}, 2)
    found = {key: value for key, value in found.items() if value}
    if not found:
        return ""
    from json import dumps  # slow to import

    text = dumps(found, ensure_ascii=False, separators=(",", ":"))
    if (size := len(text.encode())) > MOST:
        raise TopicValueError(
            f"{what}: found metadata of {size} bytes in JSON; expected {MOST} at most; keep large "
            "things in a file, and its name here"
        )
    return text


def encoded_whole(name: str, metadata: Mapping[str, Any] | None) -> str:
    """Return all the metadata of a topic, such as TopicInfo.metadata, as JSON.

    Raises TopicValueError for what decoded() would ignore.
    """
    from json import dumps

    try:
        text = dumps(
            dict(metadata or {}), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        parse(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise TopicValueError(f"topic {short_repr(name)}: metadata: {error}") from None
    return text if metadata else ""


def _text(what: str, value: Any, example: str) -> str:
    if not really_is(value, str):
        raise TopicTypeError(f"{what}: found {kind_of(value)}; expected a str such as {example}")
    return _utf8(what, value)


def _utf8(what: str, value: str) -> str:
    text = str.__str__(value)  # exactly a str, whatever a subclass makes of it
    if (at := not_utf8(text)) is not None:
        raise TopicValueError(
            f"{what}: found a lone surrogate at character {at}; expected text that UTF-8 can encode"
        )
    return text


def _value(what: str, value: Any, depth: int) -> Any:
    """Return a value as JSON has it; what names it, for errors."""
    if value is None or value is True or value is False:
        return value
    if really_is(value, str):
        return _utf8(what, value)
    if really_is(value, int):
        return _integer(what, int.__index__(value))
    if really_is(value, float):
        return _float(what, float.__float__(value))
    if really_is(value, *_DICTS, list, tuple):
        if depth > DEEPEST:
            raise TopicValueError(
                f"{what}: found dicts and lists nested deeper than {DEEPEST}; expected fewer levels"
            )
        if really_is(value, *_DICTS):
            return {
                _key(what, key): _value(f"{what}[{short_repr(key)}]", each, depth + 1)
                for key, each in value.items()
            }
        return [_value(f"{what}[{n}]", each, depth + 1) for n, each in enumerate(value)]
    if hasattr(type(value), "tolist"):  # numpy's arrays and numbers, array.array, memoryview
        plain = value.tolist()
        if not hasattr(type(plain), "tolist"):
            return _value(what, plain, depth)
    raise TopicTypeError(f"{what}: found {kind_of(value)}; {_JSON}, or numpy's arrays and numbers")


def _key(what: str, key: Any) -> str:
    if not really_is(key, str):
        raise TopicTypeError(f"{what}: found the key {short_repr(key)}; expected a str")
    return _utf8(f"{what}: key {short_repr(key)}", key)


def _integer(what: str, number: int) -> int:
    if not -(2**63) <= number < 2**64:
        raise TopicValueError(
            f"{what}: found {short_repr(number)}; expected an int of 64 bits, or a float"
        )
    return number


def _float(what: str, number: float) -> float:
    if number - number != 0:
        raise TopicValueError(
            f"{what}: found {number}; expected a finite number, as JSON has no other; leave it out "
            "or write None"
        )
    return number


def decoded(name: str, found: bytes) -> dict[str, Any]:
    """Return the metadata that a topic's file has; {}, and one line in the log, for anything else.

    found has more than MOST bytes if the file does.
    """
    if not found:
        return {}
    try:
        return parse(found)
    except ValueError as error:
        _say_once(name, str(error))
        return {}


def parse(found: bytes) -> dict[str, Any]:
    """Return metadata from JSON of anybody's. Raises ValueError if it is anything else."""
    from json import dumps, loads

    if len(found) > MOST:
        raise ValueError(f"found more than {MOST} bytes; expected {MOST} at most")
    try:
        value = loads(found.decode(), parse_constant=_refuse_constant)
        if _nesting(value) > DEEPEST:
            raise RecursionError
    except RecursionError:
        raise ValueError(
            f"found dicts and lists nested deeper than {DEEPEST}; expected fewer levels"
        ) from None
    except UnicodeDecodeError:
        raise ValueError("found text that is not UTF-8; expected JSON") from None
    except ValueError as error:
        raise ValueError(f"found no JSON ({error}); expected a JSON object") from None
    _check(value)
    if not_utf8(dumps(value, ensure_ascii=False)) is not None:
        raise ValueError("found a lone surrogate; expected text that UTF-8 can encode")
    checked: dict[str, Any] = value
    return checked


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _nesting(value: Any) -> int:
    """Return how deep dicts and lists are nested. More than DEEPEST is not counted."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [each for each in level if isinstance(each, (dict, list))]
        depth += bool(level)
        level = [x for each in level for x in (each.values() if isinstance(each, dict) else each)]
    return depth


_PARTS: Final = {"unit": str, "description": str, "attributes": dict, "fields": dict}


def _check(value: Any) -> None:
    """Raise ValueError if a part is not of its type, so that nobody else needs to ask."""
    if not isinstance(value, dict):
        raise ValueError(f"found {kind_of(value)}; expected a JSON object")
    for part, cls in _PARTS.items():
        if part in value and not isinstance(value[part], cls):
            raise ValueError(f"found {part} of {kind_of(value[part])}; expected {cls.__name__}")
    for each in value.get("fields", {}).values():
        _check(each)


def shown(metadata: dict[str, Any]) -> dict[str, list[str]]:
    """Return metadata for people: the lines of each part that is there."""
    from json import dumps

    lines = {part: [metadata[part]] for part in ("unit", "description") if metadata.get(part)}
    if attributes := metadata.get("attributes"):
        lines["attributes"] = [
            f"{key}: {each if isinstance(each, str) else dumps(each, ensure_ascii=False)}"
            for key, each in attributes.items()
        ]
    if fields := _fields(metadata, ""):
        lines["fields"] = fields
    return lines


def _fields(metadata: dict[str, Any], path: str) -> list[str]:
    lines = []
    for name, each in metadata.get("fields", {}).items():
        said = ", ".join(filter(None, (each.get("unit"), each.get("description"))))
        if said:
            lines.append(f"{path}{name}: {said}")
        lines += _fields(each, f"{path}{name}.")
    return lines


_said: set[tuple[str, str]] = set()


def _say_once(name: str, trouble: str) -> None:
    if (name, trouble) in _said:
        return
    if len(_said) >= 1000:
        _said.clear()
    _said.add((name, trouble))
    logger().warning("topic %r: ignored its metadata: %s", name, trouble)
