"""Messages with values of a topic: one, or several of one publisher (docs/network-format.md)."""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from .cbor import BYTES, MAP, TAG, Reader, WireError, head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from .cbor import Buffer
    from .codec import Codec

MOST_VALUES: Final = 1 << 20
"""Values in a message."""
MOST_TOGETHER: Final = 1 << 26
"""Bytes that several values in a message have in shared memory, unless one alone can have more."""

_TAIL = struct.Struct(">3sQ3sQ3sQ")
_V = b"\xa4av"
_KEYS = (b"an\x1b", b"at\x1b", b"ai\x1b")
_U32, _U64 = 70, 71  # RFC 8746


class Values(NamedTuple):
    """Values of one publisher, one after the other. number is that of the last one.

    raws are numbers or bytes, as of a raw subscriber; bytes are views of the message.
    """

    raws: list[Any]
    number: int
    times_ns: list[int]
    incarnation: int


def pack_value(codec: Codec, raw: Any, number: int, time_ns: int, incarnation: int) -> bytes:
    """Return a message with one value. Raises WireError if it is none of the type."""
    try:
        if codec.message is not None:
            return codec.message(raw, number, time_ns, incarnation)
        parts: list[Buffer] = [_V]
        codec.write(parts, raw)
        parts.append(_tail(number, time_ns, incarnation))
    except struct.error as error:
        raise WireError(f"found a value that has no place in a message: {error}") from None
    return b"".join(parts)


def pack_values(
    codec: Codec, raws: Sequence[Any], number: int, times_ns: Sequence[int], incarnation: int
) -> bytes:
    """Return a message with several values; number is that of the last one.

    Raises WireError if one is none of the type, or if they are too many for a message.
    """
    count = len(raws)
    if count == 1:
        return pack_value(codec, raws[0], number, times_ns[0], incarnation)
    if not 0 < count == len(times_ns) <= MOST_VALUES:
        raise WireError(
            f"found {count} values and {len(times_ns)} times; expected 1 to {MOST_VALUES}"
        )
    most = max(MOST_TOGETHER, codec.most)
    size = sum(map(len, raws)) if codec.row else count * codec.most
    if size > most:
        raise WireError(f"found values of {size} bytes together; expected {most} at most")
    parts: list[Buffer] = [b"\xa6am", head(0, count), b"av"]
    try:
        codec.write_many(parts, raws)
        parts += (b"ad", _before(times_ns))
        parts.append(_tail(number, times_ns[-1], incarnation))
    except struct.error as error:
        raise WireError(f"found a value that has no place in a message: {error}") from None
    return b"".join(parts)


def _tail(number: int, time_ns: int, incarnation: int) -> bytes:
    n, t, i = _KEYS
    return _TAIL.pack(n, number, t, time_ns, i, incarnation)


def _before(times_ns: Sequence[int]) -> bytes:
    """Return how much earlier than the last one each time is."""
    last = times_ns[-1]
    before = [last - each for each in times_ns]
    try:
        if max(before) < 1 << 32:
            data, tag = array("I", before).tobytes(), _U32
        else:
            data, tag = array("Q", before).tobytes(), _U64
    except OverflowError:
        raise WireError(
            "found times that go back; expected each at the one before or later"
        ) from None
    return head(TAG, tag) + head(BYTES, len(data)) + data


def unpack_values(codec: Codec, message: Buffer) -> Values:
    """Return the values of a message. Raises WireError if it is damaged, or of another type."""
    if codec.unpack is not None and (one := codec.unpack(message)) is not None:
        return Values([one[0]], one[1], [one[2]], one[3])
    found = Reader(message)
    if found.data[:3] == _V:
        found.at = 3
        raw = codec.read(found)
        if found.end - found.at == _TAIL.size:
            n, number, t, time_ns, i, incarnation = _TAIL.unpack_from(message, found.at)
            if (n, t, i) == _KEYS:
                return Values([raw], number, [time_ns], incarnation)
        found.at = 0
    return _read(codec, found)


def _read(codec: Codec, found: Reader) -> Values:
    """Return the values of a message that another program may have written."""
    fields: dict[str, Any] = {}
    for _ in range(found.count(MAP, each=2)):
        key = found.new_key(fields)
        if key == "v":
            if "m" in fields:
                most = max(MOST_TOGETHER, codec.most)
                fields[key] = codec.read_many(found, fields["m"], most)
            else:
                fields[key] = [codec.read(found)]
        elif key == "m":
            if "v" in fields:
                found.wrong('"m" before "v"')
            fields[key] = count = found.unsigned()
            if not 0 < count <= MOST_VALUES:
                found.wrong(f"1 to {MOST_VALUES}", f"{count} values")
        elif key == "d":
            fields[key] = _read_before(found)
        elif key in ("n", "t", "i"):
            fields[key] = found.unsigned()
        else:
            found.skip()
    found.finish()
    if not fields.keys() >= {"v", "n", "t", "i"}:
        found.wrong('a value message with "v", "n", "t" and "i"', "a map without them")
    raws, time_ns = fields["v"], fields["t"]
    before: Sequence[int] = fields["d"] if "d" in fields else [0] * len(raws)
    if len(before) != len(raws) or max(before) > time_ns:
        found.wrong(f"{len(raws)} times from 0 on", f"{len(before)} times")
    return Values(raws, fields["n"], [time_ns - each for each in before], fields["i"])


def _read_before(found: Reader) -> Sequence[int]:
    tag = found.expect(TAG)
    size = {_U32: 4, _U64: 8}.get(tag, 0)
    data = found.bytes()
    if not size or len(data) % size or len(data) > size * MOST_VALUES:
        found.wrong("times as typed array of uint32 or uint64", f"tag {tag}, {len(data)} bytes")
    return data.cast("I" if size == 4 else "Q").tolist()
