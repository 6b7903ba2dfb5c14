"""What bridges send one another: requests, and rounds (docs/network-format.md)."""

from __future__ import annotations

import struct
from json import dumps
from typing import TYPE_CHECKING, Any, NamedTuple

from .._metadata import parse
from .cbor import (
    ARRAY,
    BYTES,
    EMBEDDED,
    FALSE,
    MAP,
    TAG,
    TRUE,
    Reader,
    WireError,
    head,
    integer,
    text,
)
from .keys import MOST_WORD, MOST_WORDS
from .value_messages import Values, pack_value, pack_values, unpack_values
from .values import Codec, codec_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from .cbor import Buffer

__all__ = [
    "Codec",
    "Description",
    "Request",
    "Round",
    "Values",
    "WireError",
    "codec_of",
    "pack_request",
    "pack_round",
    "pack_value",
    "pack_values",
    "unpack_request",
    "unpack_round",
    "unpack_values",
]

MOST_REQUEST: Final = 1 << 20
"""Bytes of a request."""
MOST_ITEMS: Final = 1 << 20
"""Ends, descriptions and values in a round."""
LEAST_UPDATE: Final = 16
"""Bytes of an id and a value's message, at least: that takes some 300 bytes once it is read."""

_REQUEST = struct.Struct(">B3sQ3sQ3sQ2s")
_REQUEST_KEYS = (b"as\x1b", b"ar\x1b", b"at\x1b", b"ab")
_ROUND = struct.Struct(">B3sQ3sQ3sQ3sQ2sB")
_ROUND_KEYS = (b"as\x1b", b"ar\x1b", b"aa\x1b", b"ab\x1b", b"ac")
_UPDATE = struct.Struct(">BIHBI")  # id, tag 24, length
_ID, _EMBEDDED, _LENGTH = 0x1A, 0xD818, 0x5A


class Description(NamedTuple):
    """A publisher of a topic. incarnation is larger for each later one of the topic."""

    topic: str
    incarnation: int
    descriptor: str
    every: bool
    retain: bool
    buffer_num: int
    views: int
    loans: int
    metadata: dict[str, Any]


class Request(NamedTuple):
    """What a receiver asks for a round with. Round 0 begins a session, and has patterns.

    A session goes on from what the one before has got if both have the same link.
    """

    session: int
    round: int
    sent_ns: int
    name: str
    patterns: tuple[str, ...] | None
    excluded: tuple[str, ...] | None
    link: int | None = None


class Round(NamedTuple):
    """What a sender answers with: ends and their publishers' values, descriptions, values."""

    session: int
    round: int
    arrived_ns: int
    replied_ns: int
    complete: bool
    ends: list[tuple[int, int]]
    descriptions: list[tuple[int, Description]]
    updates: list[tuple[int, bytes | memoryview]]


def pack_request(request: Request) -> bytes:
    """Return a request."""
    session, number, sent_ns, name, patterns, excluded, link = request
    s, r, t, b = _REQUEST_KEYS
    size = MAP << 5 | 4 + (patterns is not None) + (excluded is not None) + (link is not None)
    try:
        parts = [_REQUEST.pack(size, s, session, r, number, t, sent_ns, b), text(name)]
    except struct.error as error:
        raise WireError(f"found a request that has no place in a message: {error}") from None
    for key, words in ((b"ap", patterns), (b"ax", excluded)):
        if words is not None:
            parts += (key, head(ARRAY, len(words)), *map(text, words))
    if link is not None:
        parts += (b"al", integer(link))
    whole = b"".join(parts)
    if len(whole) > MOST_REQUEST:
        raise WireError(f"found a request of {len(whole)} bytes; expected {MOST_REQUEST} at most")
    return whole


def unpack_request(data: Buffer) -> Request:
    """Return a request. Raises WireError if it is damaged."""
    if len(data) > MOST_REQUEST:
        raise WireError(f"found a request of {len(data)} bytes; expected {MOST_REQUEST} at most")
    found = Reader(data)
    if len(data) >= _REQUEST.size:
        size, s, session, r, number, t, sent_ns, b = _REQUEST.unpack_from(data)
        if size == (MAP << 5 | 4) and (s, r, t, b) == _REQUEST_KEYS:
            found.at = _REQUEST.size
            name = found.text()
            found.finish()
            return Request(session, number, sent_ns, name, None, None)
    readers: dict[str, Callable[[], Any]] = {
        **dict.fromkeys("srtl", found.unsigned),
        **{"b": found.text, "p": lambda: _words(found), "x": lambda: _words(found)},
    }
    fields = _read_map(found, readers, {"p": None, "x": None, "l": None}, "a request")
    found.finish()
    return Request(*(fields[key] for key in "srtbpxl"))


def _words(found: Reader) -> tuple[str, ...]:
    words = tuple([found.text() for _ in range(found.count(ARRAY, MOST_WORDS))])
    for word in words:
        if (size := len(word.encode())) > MOST_WORD:
            found.wrong(f"{MOST_WORD} bytes at most", f"a pattern of {size} bytes")
    return words


def _read_map(
    found: Reader, readers: dict[str, Callable[[], Any]], defaults: dict[str, Any], what: str
) -> dict[str, Any]:
    """Return a map's values; defaults has those that may be missing."""
    fields: dict[str, Any] = {}
    for _ in range(found.count(MAP, each=2)):
        key = found.new_key(fields)
        read = readers.get(key)
        if read is None:
            found.skip()
        else:
            fields[key] = read()
    fields = defaults | fields
    if missing := readers.keys() - fields.keys():
        found.wrong(f"{what} with {', '.join(sorted(readers))}", f"one without {min(missing)!r}")
    return fields


def pack_round(round: Round) -> bytes:
    """Return a round."""
    session, number, arrived_ns, replied_ns, complete, ends, descriptions, updates = round
    size = MAP << 5 | 5 + bool(ends) + bool(descriptions) + bool(updates)
    s, r, a, b, c = _ROUND_KEYS
    done = TRUE if complete else FALSE
    try:
        parts: list[Buffer] = [
            _ROUND.pack(size, s, session, r, number, a, arrived_ns, b, replied_ns, c, done)
        ]
    except struct.error as error:
        raise WireError(f"found a round that has no place in a message: {error}") from None
    if ends:
        parts += (b"ae", head(ARRAY, len(ends)))
        parts += [b"\x82" + integer(each) + integer(count) for each, count in ends]
    if descriptions:
        parts += (b"ad", head(ARRAY, len(descriptions)))
        for each, description in descriptions:
            parts += (b"\x82", integer(each), _packed(description))
    if updates:
        parts += (b"au", head(ARRAY, 2 * len(updates)))
        for each, message in updates:
            size = len(message)
            if each >> 32 or size >> 32:
                parts += (integer(each), head(TAG, EMBEDDED), head(BYTES, size), message)
            else:
                parts += (_UPDATE.pack(_ID, each, _EMBEDDED, _LENGTH, size), message)
    return b"".join(parts)


def _packed(description: Description) -> bytes:
    topic, incarnation, descriptor, every, retain, buffer_num, views, loans, metadata = description
    parts = [
        head(MAP, 8 + bool(metadata)),
        *(b"ak", text(topic), b"ai", integer(incarnation), b"ay", text(descriptor)),
        *(b"ae", bytes((TRUE if every else FALSE,)), b"ar", bytes((TRUE if retain else FALSE,))),
        *(b"an", integer(buffer_num), b"aw", integer(views), b"al", integer(loans)),
    ]
    if metadata:
        parts += (b"am", text(dumps(metadata, ensure_ascii=False, separators=(",", ":"))))
    return b"".join(parts)


def unpack_round(data: Buffer) -> Round:
    """Return a round, whose values' messages are views of it. Raises WireError if it is damaged."""
    found = Reader(data)
    fields: dict[str, Any] = {}
    left = _read_start(found, fields)
    if left is None:
        left = found.count(MAP, each=2)
    lists = {"e": _ends, "d": _descriptions, "u": _updates}
    for _ in range(left):
        key = found.new_key(fields)
        if read := lists.get(key):
            fields[key] = read(found)
        elif key == "c":
            fields[key] = found.boolean()
        elif key in ("s", "r", "a", "b"):
            fields[key] = found.unsigned()
        else:
            found.skip()
    found.finish()
    for each in lists:
        fields.setdefault(each, [])
    if len(fields) != 8:
        found.wrong("a round with s, r, a, b and c", "one without them")
    return Round(*(fields[key] for key in "srabcedu"))


def _read_start(found: Reader, fields: dict[str, Any]) -> int | None:
    """Read the fields that come first, and return how many are left; None if others do."""
    if found.end < _ROUND.size:
        return None
    size, s, session, r, number, a, arrived, b, replied, c, done = _ROUND.unpack_from(found.data)
    pairs: int = size - (MAP << 5)
    if (s, r, a, b, c) != _ROUND_KEYS or not 5 <= pairs < 24 or done not in (FALSE, TRUE):
        return None
    found.at = _ROUND.size
    fields |= {"s": session, "r": number, "a": arrived, "b": replied, "c": done == TRUE}
    return pairs - 5


def _ends(found: Reader) -> list[tuple[int, int]]:
    ends = []
    for _ in range(found.count(ARRAY, MOST_ITEMS, 3)):
        _pair(found)
        ends.append((found.unsigned(), found.unsigned()))
    return ends


def _descriptions(found: Reader) -> list[tuple[int, Description]]:
    descriptions = []
    for _ in range(found.count(ARRAY, MOST_ITEMS, 3)):
        _pair(found)
        descriptions.append((found.unsigned(), _description(found)))
    return descriptions


def _pair(found: Reader) -> None:
    if (count := found.expect(ARRAY)) != 2:
        found.wrong("2 elements", f"{count} elements")


def _description(found: Reader) -> Description:
    readers: dict[str, Callable[[], Any]] = {
        **dict.fromkeys("ky", found.text),
        **dict.fromkeys("inwl", found.unsigned),
        **dict.fromkeys("er", found.boolean),
        "m": lambda: _metadata(found),
    }
    fields = _read_map(found, readers, {"m": {}}, "a description")
    return Description(*(fields[key] for key in "kiyernwlm"))


def _metadata(found: Reader) -> dict[str, Any]:
    data = found.text()
    try:
        return parse(data.encode())
    except ValueError as error:
        found.wrong("metadata in JSON", str(error))


def _updates(found: Reader) -> list[tuple[int, bytes | memoryview]]:
    count = found.count(ARRAY, 2 * MOST_ITEMS, LEAST_UPDATE // 2)
    if count % 2:
        found.wrong("pairs of an id and a value", f"{count} elements")
    updates: list[tuple[int, bytes | memoryview]] = []
    data, end = found.data, found.end
    for _ in range(count // 2):
        at = found.at + _UPDATE.size
        if at <= end:
            first, each, tag, length, size = _UPDATE.unpack_from(data, found.at)
            if (first, tag, length) == (_ID, _EMBEDDED, _LENGTH) and size <= end - at:
                found.at = at + size
                updates.append((each, data[at : at + size]))
                continue
        each = found.unsigned()
        found.tag(EMBEDDED)
        updates.append((each, found.bytes()))
    return updates
