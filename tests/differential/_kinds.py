"""The kinds of topics: how integers, of which scripts consist, are published and read back."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shm_pub_sub

MAX_SIZE = 64
"""Steps of a value."""
TORN = -1
"""What a value reads as that nobody published."""


def _fill(memory: Any, value: Any) -> None:
    memory[:] = value


class Kind(NamedTuple):
    default: Any
    encode: Callable[[int], Any]
    decode: Callable[[Any], int]
    other: str
    """A kind that its subscribers do not read."""
    step: int = 0
    """What each of a value's steps takes of max_size=; 0: it has a fixed size."""
    pooled: bool = False
    size: Callable[[int], int] = lambda value: 0
    """Bytes of a value in a chunk."""
    lends: bool = False
    views: bool = False
    """Whether subscribers with copy=False get views."""
    room: Callable[[], Any] | None = None
    """Makes what into= fills with a value."""
    fill: Callable[[Any, Any], None] = _fill
    """Makes what is lent an encoded value."""

    @property
    def stacked(self) -> bool:
        """Whether drain(into=) and last() put values into one array."""
        return self.step == 0 and not isinstance(self.default, Record)

    def fits(self, value: int, most: int) -> bool:
        """Whether a publisher takes it whose values have so many steps at the most."""
        return self.step == 0 or length(value) <= most


def length(value: int) -> int:
    return 1 + value * 37 % MAX_SIZE


def _same(values: Any) -> int:
    first = int(values[0])
    return first if all(int(value) == first for value in values) else TORN


def _fixed(values: Any) -> int:
    return int(values[0]) if (values == values[0]).all() else TORN


def _variable(values: Any) -> int:
    return _same(values) if len(values) == length(int(values[0])) else TORN


def _text(value: int) -> str:
    return f"{value:6}" * length(value)


def _from_text(text: str) -> int:
    value = int(text[:6])
    return value if text == _text(value) else TORN


def _bytes(value: int) -> bytes:
    return struct.pack("<q", value) * length(value)


def _from_bytes(data: Any) -> int:
    (value,) = struct.unpack_from("<q", data)
    return int(value) if bytes(data) == _bytes(value) else TORN


@dataclass
class Record:
    """actor/kinds.go has it as a struct."""

    number: int = 0
    numbers: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(200, np.int64))
    text: Annotated[str, 6] = ""
    points: Annotated[npt.NDArray[np.int64], shm_pub_sub.MaxSize(MAX_SIZE)] = field(
        default_factory=lambda: np.zeros(0, np.int64)
    )


def _record(value: int) -> Record:
    return Record(value, np.full(200, value), f"{value:6}", np.full(length(value), value))


def _from_record(record: Record) -> int:
    same = {record.number, int(record.text), _fixed(record.numbers), _variable(record.points)}
    return record.number if len(same) == 1 else TORN


def _fill_record(place: Any, value: Record) -> None:
    place.number, place.text = value.number, value.text
    place.numbers[:] = value.numbers
    place.points[: len(value.points)] = value.points
    place.points = place.points[: len(value.points)]


KINDS: dict[str, Kind] = {
    "int": Kind(-1, int, int, "float"),
    "float": Kind(-1.0, float, int, "int"),
    "inline": Kind(
        np.zeros(4, np.int64),
        lambda value: np.full(4, value),
        _fixed,
        "float",
        lends=True,
        room=lambda: np.zeros(4, np.int64),
    ),
    "fixed": Kind(
        np.zeros(200, np.int64),
        lambda value: np.full(200, value),
        _fixed,
        "inline",
        pooled=True,
        size=lambda value: 1600,
        lends=True,
        views=True,
        room=lambda: np.zeros(200, np.int64),
    ),
    "variable": Kind(
        np.zeros(0, np.int64),
        lambda value: np.full(length(value), value),
        _variable,
        "text",
        1,
        pooled=True,
        size=lambda value: 8 * length(value),
        lends=True,
        views=True,
        room=lambda: np.zeros(MAX_SIZE, np.int64),
    ),
    "text": Kind(
        "",
        _text,
        _from_text,
        "bytes",
        6,
        pooled=True,
        size=lambda value: 6 * length(value),
    ),
    "bytes": Kind(
        b"",
        _bytes,
        _from_bytes,
        "fixed",
        8,
        pooled=True,
        size=lambda value: 8 * length(value),
        lends=True,
        views=True,
        room=lambda: bytearray(4096),
    ),
    "list": Kind(
        [0],
        lambda value: [value] * length(value),
        _variable,
        "float",
        1,
        pooled=True,
        size=lambda value: 8 * length(value),
    ),
    "record": Kind(
        Record(),
        _record,
        _from_record,
        "fixed",
        pooled=True,
        size=lambda value: 8 + 8 * 200 + 16 + 8 + 8 * MAX_SIZE,
        lends=True,
        views=True,
        room=lambda: Record(points=np.zeros(MAX_SIZE, np.int64)),
        fill=_fill_record,
    ),
}
