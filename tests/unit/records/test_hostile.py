"""Records in memory that contradicts itself, and values that the program's classes do not have."""

import enum
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.layout import FIRST_SLOT, read_field, topic_file, write_at

from ._codec import (
    Layout,
    Refused,
    array,
    nested,
    publisher,
    raw,
    records,
    rows,
    scalar,
    several,
    subscriber,
    text,
)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntFlag):
    A = 1
    B = 2


@dataclass
class Point:
    x: float = 0.0
    on: bool = False


POINT = Layout("direct", Point, {"x": scalar("f8"), "on": scalar("b1")})
FIELDS = {
    "text": text(8),
    "raw": raw(8),
    "numbers": several("f8", 2),
    "points": records(POINT, 2),
    "rows": rows("f4", 2),
    "colour": text(3),
    "level": scalar("i4"),
    "point": nested(POINT),
}
VALUE = {
    "text": "abc",
    "raw": b"abc",
    "numbers": [1.0],
    "points": [Point(1.0, True)],
    "rows": np.ones(1, np.float32),
    "colour": Colour.RED,
    "level": Level.A | Level.B,
    "point": Point(2.0, False),
}
PINS = 8  # in the file
VARIABLE = ("text", "raw", "numbers", "points", "rows", "colour")


def layout(pooled: bool) -> Layout:
    fields = {"image": array("u1", 4096), **FIELDS} if pooled else FIELDS
    return Layout("dict", None, fields, enums={"colour": Colour, "level": Level})


def value(pooled: bool) -> dict[str, Any]:
    return {"image": np.zeros(4096, np.uint8), **VALUE} if pooled else VALUE


def damage(directory: Path, form: Layout, name: str, data: bytes) -> None:
    """Write over the beginning of a field of the newest value."""
    path = topic_file(directory)
    slot = FIRST_SLOT + read_field(path, "head") % read_field(path, "slots") * read_field(
        path, "stride"
    )
    begin = slot + 16
    if read_field(path, "chunks"):
        chunk = struct.unpack_from("<I", path.read_bytes(), begin)[0]
        begin = read_field(path, "chunks_offset") + chunk * read_field(path, "chunk_stride") + 128
    write_at(path, begin + offset(form, name), data)


def offset(form: Layout, name: str) -> int:
    return next(o for n, _, o in form.json_fields if n == name)


def check_refused(form: Layout, *expected: Any) -> None:
    for copy in (True, False):
        with subscriber(form, copy=copy) as sub:
            with pytest.raises(Refused) as refused:
                sub.subscribe()
            assert refused.value.args == expected
            with pytest.raises(Refused):
                sub.recv(1)


@pytest.mark.parametrize("pooled", [False, True], ids=["inline", "pooled"])
@pytest.mark.parametrize("name", VARIABLE)
def test_a_length_beyond_the_room(name: str, pooled: bool, shm_dir: Path) -> None:
    form = layout(pooled)
    most = next(t["max"] for n, t, _ in form.json_fields if n == name)
    with publisher(form) as pub:
        for length in (most + 1, 2**32, 2**63, 2**64 - 1):
            pub.publish(value(pooled))
            damage(shm_dir, form, name, struct.pack("<Q", length))
            check_refused(form, "corrupt")


@pytest.mark.parametrize("pooled", [False, True], ids=["inline", "pooled"])
def test_bytes_that_are_no_text(pooled: bool, shm_dir: Path) -> None:
    form = layout(pooled)
    with publisher(form) as pub:
        pub.publish(value(pooled))
        damage(shm_dir, form, "text", struct.pack("<Q", 3) + b"a\xff\xff")
        check_refused(form, "no text")


@pytest.mark.parametrize("pooled", [False, True], ids=["inline", "pooled"])
def test_a_value_that_is_no_member(pooled: bool, shm_dir: Path) -> None:
    form = layout(pooled)
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(value(pooled))
        damage(shm_dir, form, "colour", struct.pack("<Q", 3) + b"sky")
        pub.publish(value(pooled))
        with pytest.raises(Refused) as refused:
            sub.recv(1)
        assert refused.value.args == ("no member", "colour", "sky")
        assert sub.recv(1)["colour"] is Colour.RED  # the other counts as taken
        assert sub.lost == 0


def test_a_drain_hands_over_what_is_before_an_error(shm_dir: Path) -> None:
    form = layout(pooled=False)
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(value(pooled=False))
        pub.publish(value(pooled=False))
        damage(shm_dir, form, "colour", struct.pack("<Q", 3) + b"sky")
        pub.publish(value(pooled=False))
        assert len(sub.drain()) == 1
        with pytest.raises(Refused):
            sub.drain()
        assert len(sub.drain()) == 1
        assert sub.drain() == []
        assert sub.lost == 0


def test_flags_of_several_members_and_of_none(shm_dir: Path) -> None:
    form = layout(pooled=False)
    with publisher(form) as pub, subscriber(form) as sub:
        for level in (Level(0), Level.A, Level.A | Level.B):
            pub.publish({**VALUE, "level": level})
            assert sub.subscribe()[0]["level"] is level


def test_a_bool_is_any_byte_but_zero(shm_dir: Path) -> None:
    form = layout(pooled=False)
    with publisher(form) as pub, subscriber(form) as sub:
        pub.publish(VALUE)
        damage(shm_dir, form, "point", struct.pack("<dB", 1.0, 0x80))
        assert sub.subscribe()[0]["point"] == Point(1.0, True)


@pytest.mark.parametrize("copy", [True, False])
def test_without_a_free_pin_the_whole_value_is_copied(copy: bool, shm_dir: Path) -> None:
    form = layout(pooled=True)
    with publisher(form, views=1) as pub:
        pub.publish(value(pooled=True))
        with subscriber(form, copy=False) as other:
            kept = other.subscribe()
            path = topic_file(shm_dir)
            first = PINS + 8
            write_at(
                path, first, path.read_bytes()[PINS:first]
            )  # the entry for copies is another one's
            with subscriber(form, copy=copy) as sub:
                found, _ = sub.subscribe()
                assert found["image"].flags.writeable == copy
                assert {n: x for n, x in found.items() if n not in ("image", "rows")} == {
                    n: x for n, x in VALUE.items() if n != "rows"
                }
                assert sub.copied == (not copy)
                del kept
            assert found["rows"].tolist() == [1.0]
