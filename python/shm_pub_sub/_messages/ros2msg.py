"""Definitions of ROS 2 messages (ros2msg), read from files of anybody's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .definitions import HEADER_PARTS

if TYPE_CHECKING:
    from typing import Final

MOST_TEXT: Final = 1 << 20
"""Bytes of a definition."""

PRIMITIVES: Final = {
    **{"bool": "b1", "byte": "u1", "char": "u1", "string": "string"},
    **{"int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8"},
    **{"uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8"},
    **{"float32": "f4", "float64": "f8"},
}
"""dtypes by ROS's names, and string."""

_LINE: Final = re.compile(
    r"""(?P<type>[A-Za-z][A-Za-z0-9_/]*) (<=[0-9]{1,10})?  # the most bytes of a string
        (?P<array>\[ (?P<bound><=)? (?P<count>[0-9]{0,12}) \])?
        \s+ (?P<name>[A-Za-z][A-Za-z0-9_]*) \s* (?P<rest>.*)""",
    re.VERBOSE | re.ASCII,
)
_MESSAGE: Final = re.compile(r"^={3,}[ \t\r]*\nMSG:[ \t]*(\S+)[ \t\r]*\n", re.ASCII | re.MULTILINE)

_DEEPEST: Final = 16
_MOST_MEMBERS: Final = 5000  # with those of messages in messages

SEQUENCE: Final = -1
SINGLE: Final = 0


class Member(NamedTuple):
    """A field: its type is a dtype, string, or the name of a message such as std_msgs/Header."""

    name: str
    type: str
    length: int
    """Of a fixed array; SEQUENCE or SINGLE otherwise."""


Definitions = dict[str, tuple[Member, ...]]
"""The fields of messages, by names such as std_msgs/Header."""


def parse(name: str, data: bytes) -> tuple[str, Definitions]:
    """Return the name of the message, as in other definitions, and those that the text has.

    Raises ValueError with what was found.
    """
    if len(data) > MOST_TEXT:
        raise ValueError(f"found a definition of {len(data)} bytes; expected {MOST_TEXT} at most")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("found a definition that is not UTF-8; expected text") from None
    first, *others = _MESSAGE.split(text)
    own = short(name)
    # What ROS has always: definitions need not bring it.
    parts = {key: _members(key, lines) for key, lines in HEADER_PARTS.items()}
    parts["builtin_interfaces/Duration"] = parts["builtin_interfaces/Time"]
    for key, lines in zip(others[::2], others[1::2], strict=True):
        parts[short(key)] = _members(short(key), lines)
    parts[own] = _members(own, first)
    return own, parts


def short(name: str) -> str:
    """Return std_msgs/Header for std_msgs/msg/Header."""
    package, _, rest = name.partition("/")
    return f"{package}/{rest.rpartition('/')[2]}"


def _members(name: str, text: str) -> tuple[Member, ...]:
    package = name.partition("/")[0]
    members = []
    for line in map(str.strip, text.split("\n")):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"found the line {line[:80]!r} in a definition; expected a field")
        if found["rest"].startswith("="):
            continue  # a constant
        length = SINGLE
        if found["array"]:
            length = SEQUENCE if found["bound"] or not found["count"] else int(found["count"])
            if length == 0:
                raise ValueError(f"found the array {line[:80]!r}; expected 1 element or more")
        members.append(Member(found["name"], _type(package, found["type"]), length))
    return tuple(members)


def _type(package: str, name: str) -> str:
    if name in PRIMITIVES:
        return PRIMITIVES[name]
    if "/" in name:
        return short(name)
    if name in ("time", "duration"):
        return f"builtin_interfaces/{name.capitalize()}"
    return f"{package}/{name}"


def members_of(parts: Definitions, name: str) -> tuple[Member, ...]:
    """Return the fields of a message. Raises ValueError if there is no definition of it."""
    found = parts.get(name)
    if found is None and name.endswith("/Header"):  # without its package, as in ROS 1
        found = parts["std_msgs/Header"]
    if found is None:
        raise ValueError(f"found a field of type {name[:80]}; expected a definition of that")
    return found


def is_same(name: str, parts: Definitions, other: str, others: Definitions) -> bool:
    """Report whether two messages have the same layout, whatever the names in them are."""
    return _layout(name, parts, [0], 1) == _layout(other, others, [0], 1)


def _layout(name: str, parts: Definitions, total: list[int], depth: int) -> list[object]:
    members = members_of(parts, name)
    total[0] += len(members)
    if depth > _DEEPEST or total[0] > _MOST_MEMBERS:
        raise ValueError("found a definition of too many fields; expected fewer")
    return [
        (
            member.length,
            _layout(member.type, parts, total, depth + 1) if "/" in member.type else member.type,
        )
        for member in members
    ]
