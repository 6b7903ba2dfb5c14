"""Messages with values: what other bridges may write, what is refused, and limits."""

import math
import random
import struct
import tracemalloc
from typing import Any

import pytest
from shm_pub_sub._network import values
from shm_pub_sub._network.cbor import BYTES, Reader, WireError, head, integer
from shm_pub_sub._network.messages import (
    Codec,
    Values,
    codec_of,
    pack_value,
    pack_values,
    unpack_values,
)
from shm_pub_sub._network.records import Record

TAIL = bytes.fromhex("616e 1b0000000000000005 6174 1b0000000000000006 6169 1b0000000000000007")
TEXT = '{"kind":"text","max":9}'
DATA = '{"kind":"bytes","max":9}'
ROWS = '{"kind":"array","dtype":"<u1","shape":[null,2],"max":3}'
MATRIX = '{"kind":"array","dtype":"<u1","shape":[2,2]}'
COMPLEX = '{"kind":"array","dtype":"<c8","shape":[null],"max":3}'
POINT = '{"kind":"record","size":8,"fields":[["x","<i2",0],["on","<b1",2],["y","<f4",4]]}'
NAMED = '{"kind":"record","size":24,"fields":[["n","<u1",0],["t",{"kind":"text","max":5},8]]}'
CLOUD = f'{{"kind":"array","dtype":{POINT},"shape":[null],"max":4096}}'


def scalar(dtype: str) -> str:
    return f'{{"kind":"scalar","dtype":"<{dtype}"}}'


def message(value: str) -> bytes:
    return b"\xa4av" + bytes.fromhex(value) + TAIL


def read(descriptor: str, value: str) -> Any:
    (raw,) = unpack_values(codec_of(descriptor), message(value)).raws
    return raw if isinstance(raw, (bool, int, float)) else bytes(raw)


@pytest.mark.parametrize(
    ("descriptor", "value", "expected"),
    [
        *(("int", "05", 5), ("int", "20", -1), ("int", "18ff", 255), ("int", "3903e7", -1000)),
        *(("float", "f93c00", 1.0), ("float", "fa7f800000", math.inf)),
        (scalar("u8"), "01", bytes([1] + [0] * 7)),
        (scalar("i1"), "3b000000000000007f", b"\x80"),
        (scalar("f4"), "f98000", struct.pack("<f", -0.0)),
        *((TEXT, "7b0000000000000001 61", b"a"), (DATA, "590001 61", b"a")),
        ('{"kind":"list","dtype":"<b1","max":3}', "d828 82 8102 d840 420100", b"\1\0"),
        *((COMPLEX, "d855 48 0000000000000000", bytes(8)), (COMPLEX, "d855 40", b"")),
        (COMPLEX, "d828 82 8102 d855 48 0000000000000000", bytes(8)),
        *((ROWS, "d828 82 820102 d840 420102", b"\1\2"), (ROWS, "d828 82 820002 d840 40", b"")),
        *((CLOUD, "80", b""), (CLOUD, "d828 82 8100 80", b"")),
        (POINT, "a3 6179 fa00000000 626f6e f5 6178 20", b"\xff\xff\1\0\0\0\0\0"),
        # Unknown fields, of keys of any type.
        (
            POINT,
            "a5 6161 82a1015a00000000f7 6179 f90000 626f6e f5 05 81d81800 6178 20",
            b"\xff\xff\1" + bytes(5),
        ),
    ],
)
def test_other_forms_of_a_value_are_read(descriptor: str, value: str, expected: Any) -> None:
    assert read(descriptor, value) == expected


@pytest.mark.parametrize(
    ("descriptor", "value"),
    [
        *(
            ("bool", "00"),
            ("bool", "f6"),
            ("bool", ""),
            ("int", "f5"),
            ("int", "fb3ff8000000000000"),
        ),
        *(("int", "1b8000000000000000"), ("int", "3b8000000000000000"), ("float", "05")),
        *(("int", "c249010000000000000000"), ("float", "f5"), (scalar("u1"), "190100")),
        *(
            (scalar("u1"), "20"),
            (scalar("i1"), "1880"),
            (scalar("i1"), "3880"),
        ),
        *((scalar("f4"), "fb3ff0000000000000"), (scalar("f2"), "fa3f800000")),
        *((scalar("c8"), "d85540"), (scalar("c8"), "d856480000000000000000"), (TEXT, "4161")),
        *((TEXT, "61ff"), (TEXT, "6a61616161616161616161"), (TEXT, "7bffffffffffffffff")),
        *((TEXT, "7f6161ff"), (DATA, "6161"), (DATA, "5f4161ff"), (DATA, "5bffffffffffffffff")),
        *((DATA, "9f00ff"), (DATA, "1c"), (ROWS, "d8404102"), (ROWS, "d828 82 820202 d840 420102")),
        *((ROWS, "d828 82 820103 d840 420102"), (ROWS, "d828 82 8102 d840 420102")),
        *(
            (ROWS, "d828 83 820102 d840 420102 00"),
            (ROWS, "d828 82 820402 d840 480102030401020304"),
        ),
        *((ROWS, "d840 420102"), (MATRIX, "d828 82 820202 d840 43010203"), (MATRIX, "84 01020304")),
        *((MATRIX, "d828 82 820202 d841 4401020304"), (MATRIX, "d828 82 820104 d840 4401020304")),
        *((COMPLEX, "d828 82 8101 d855 480000000000000000"), (POINT, "a0"), (POINT, "81a0")),
        *((POINT, "a3 6179 fa00000000 626f6e f5 6179 fa00000000"), (POINT, "bf6179ff")),
        (POINT, "a4 6178 20 6179 fa00000000 626f6e f5 6179 fa00000000"),
        (POINT, "a3 6179 fa00000000 626f6e f5 6178 198000"),
        *((CLOUD, "9b0000100000000000"), (CLOUD, "81a0"), (CLOUD, "9910010000")),
        *((CLOUD, "d828 82 8102 81a3 6179 fa00000000 626f6e f5 6178 20"), (NAMED, "a2 616e 01")),
        (NAMED, "a2 616e 01 6174 66616161616161"),
    ],
)
def test_what_is_no_value_of_the_type_is_refused(descriptor: str, value: str) -> None:
    with pytest.raises(WireError, match=r"^found .+ at byte \d+; expected "):
        read(descriptor, value)


V = b"av" + bytes.fromhex("fb3ff8000000000000")
N, T, FIRST = b"an\5", b"at\6", b"ai\7"
Z = b"az" + bytes.fromhex("a2 01 82f7d81840 9a 00000000 61")[:-1] + b"ax"  # {1: [...], []: "x"}


def test_keys_come_in_any_order_and_unknown_ones_are_ignored() -> None:
    codec = codec_of("float")
    expected = ([1.5], 5, [6], 7)
    assert unpack_values(codec, b"\xa4" + FIRST + T + N + V) == expected
    assert unpack_values(codec, b"\xa4" + V + N + T + FIRST) == expected
    assert unpack_values(codec, b"\xa5" + Z + V + N + T + FIRST) == expected
    assert unpack_values(codec, b"\xa6" + V + N + b"\1\2" + T + FIRST + Z) == expected
    floats = b"am\2" + b"av" + bytes.fromhex("d85650") + struct.pack("<2d", 1, 2)
    assert unpack_values(codec, b"\xa6" + FIRST + T + N + Z + floats) == ([1, 2], 5, [6, 6], 7)
    one = b"am\1" + b"av" + bytes.fromhex("d85648") + struct.pack("<d", 1)
    assert unpack_values(codec, b"\xa5" + FIRST + T + N + one) == ([1], 5, [6], 7)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\x80", b"\xa0", b"\xa3" + V + N + T, b"\xa4" + V + N + T + FIRST + b"\0"),
        *(b"\xa4" + V + N + T + T, b"\xa3" + N + T + FIRST, b"\xa4" + V + N + T + b"ai\x20"),
        b"\xa5" + V + b"am\1" + N + T + FIRST,  # "m" too late
        b"\xa5" + b"am\0" + b"av\xd8\x56\x40" + N + T + FIRST,
        b"\xa5" + b"am\2" + b"av\xd8\x56\x48" + bytes(8) + N + T + FIRST,
        b"\xa5" + b"am\x1a\x00\x20\x00\x00" + b"av\xd8\x56\x40" + N + T + FIRST,
        b"\xa5" + V + b"ad\xd8\x46\x48" + bytes(8) + N + T + FIRST,  # two times
        b"\xa5" + V + b"ad\xd8\x46\x44\x07\0\0\0" + N + T + FIRST,  # before 0
        *(b"\xa5" + V + b"ad\xd8\x46\x43\0\0\0" + N + T + FIRST, b"\xbb" + b"\xff" * 8),
        *(
            b"\xa5" + V + b"ad\xd8\x45\x44\0\0\0\0" + N + T + FIRST,
            b"\xbf" + V + N + T + FIRST + b"\xff",
        ),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(WireError, match=r"^found .+ at byte \d+; expected "):
        unpack_values(codec_of("float"), data)


@pytest.mark.parametrize(
    ("descriptor", "raw"),
    [
        *(
            ("int", 2**64),
            ("int", -(2**64) - 1),
            ("float", "x"),
            (scalar("u2"), b"a"),
            (TEXT, b"\xff"),
        ),
        *((TEXT, b"a" * 10), (DATA, b"a" * 10), (ROWS, b"abc"), (ROWS, b"a" * 8), (MATRIX, b"abc")),
        *((POINT, bytes(7)), (CLOUD, bytes(9)), (NAMED, bytes([0] * 8 + [6] + [0] * 15))),
        (NAMED, bytes([0] * 8 + [1] + [0] * 7 + [255] + [0] * 7)),
        (NAMED, bytes([0] * 8 + [255] * 16)),
    ],
)
def test_raw_values_of_another_type_are_refused(descriptor: str, raw: Any) -> None:
    codec = codec_of(descriptor)
    with pytest.raises(WireError, match=r"^found "):
        pack_value(codec, raw, 1, 2, 3)
    good = raw if isinstance(raw, (int, str)) else bytes(codec.row or codec.most)
    with pytest.raises(WireError, match=r"^found "):
        pack_values(codec, [good, raw, raw], 1, [2, 2, 2], 3)


@pytest.mark.parametrize(("number", "time_ns", "first"), [(-1, 2, 3), (1, -2, 3), (1, 2, 2**64)])
@pytest.mark.parametrize("descriptor", ["float", DATA])
def test_numbers_beyond_64_bits_are_refused(
    descriptor: str, number: int, time_ns: int, first: int
) -> None:
    raw: Any = 1.5 if descriptor == "float" else b"a"
    with pytest.raises(WireError, match=r"^found "):
        pack_value(codec_of(descriptor), raw, number, time_ns, first)
    with pytest.raises(WireError, match=r"^found "):
        pack_values(codec_of(descriptor), [raw, raw], number, [time_ns] * 2, first)


def test_several_values_have_times_in_order() -> None:
    codec = codec_of("int")
    for times in ([1], [1, 2, 3], [2, 1]):
        with pytest.raises(WireError, match=r"^found "):
            pack_values(codec, [1, 2], 1, times, 3)
    with pytest.raises(WireError, match=r"^found 0 values"):
        pack_values(codec, [], 1, [], 3)


def test_several_values_are_few_enough() -> None:
    large = codec_of('{"kind":"bytes","max":20000000}')
    raws = [bytes(20_000_000)] * 4
    with pytest.raises(WireError, match=r"^found values of 80000000 bytes together"):
        pack_values(large, raws, 4, [1] * 4, 3)
    assert len(unpack_values(large, pack_values(large, raws[:3], 3, [1] * 3, 3)).raws) == 3
    each = head(BYTES, 20_000_000) + raws[0]
    hostile = b"\xa5am\4av\x84" + each * 4 + N + T + FIRST
    with pytest.raises(WireError, match="fewer bytes of several values"):
        unpack_values(large, hostile)


def test_a_small_message_takes_little_memory() -> None:
    """Records have room for text that the message need not have."""
    descriptor = '{"kind":"record","size":1000008,"fields":[["t",{"kind":"text","max":1000000},0]]}'
    codec = codec_of(descriptor)
    hostile = b"\xa5am" + integer(60_000) + b"av" + head(4, 60_000) + b"\xa1at\x60" * 60_000
    hostile += N + T + FIRST
    listed = codec_of(f'{{"kind":"list","dtype":{descriptor},"max":1000}}')
    short = b"\xa4av" + head(4, 900) + b"\xa1" * 900 + N + T + FIRST
    tracemalloc.start()
    try:
        for of, data in ((codec, hostile), (listed, short)):
            with pytest.raises(WireError):
                unpack_values(of, data)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_type_with_long_names_takes_little_memory() -> None:
    """A descriptor has a kilobyte, and its map, with a name for each of 1024 records, 800 kB."""
    long = "\u65e5" * 255
    record = f'{{"kind":"record","size":1,"fields":[["{long}","<u1",0]]}}'
    values._cached.cache_clear()
    tracemalloc.start()
    try:
        codec = codec_of(
            '{"kind":"record","size":1024,"fields":[["a",{"kind":"array",'
            f'"dtype":{record},"shape":[1024]}},0]]}}'
        )
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    raw = random.randbytes(1024)
    (found,) = unpack_values(codec, pack_value(codec, raw, 1, 2, 3)).raws
    assert bytes(found) == raw


def test_no_key_comes_twice() -> None:
    codec = codec_of("float")
    for key in (V, N, T, FIRST, b"ad\xd8\x46\x44" + bytes(4)):
        twice = b"\xa6" + V + N + T + FIRST + key + key
        with pytest.raises(WireError, match=r"twice at byte .* expected each key once"):
            unpack_values(codec, twice)


@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\0", b"\xd8\x18", b"\xa1"])
def test_nesting_takes_no_stack(opening: bytes) -> None:
    deep = opening * 200_000
    found = Reader(deep + b"\0" * 200_001)
    found.skip()
    with pytest.raises(WireError):
        unpack_values(codec_of("float"), b"\xa5az" + deep)
    with pytest.raises(WireError):
        unpack_values(codec_of(CLOUD), b"\xa5av" + deep)


def test_large_values_are_not_copied_by_the_reader() -> None:
    codec = codec_of('{"kind":"array","dtype":"<u1","shape":[480,640,3]}')
    raw = memoryview(random.randbytes(921_600))
    data = pack_value(codec, raw, 1, 2, 3)
    (found,) = unpack_values(codec, data).raws
    assert isinstance(found, memoryview)
    assert found.obj is data
    assert found == raw


def by_fields(codec: Codec, raw: bytes, count: int) -> bytes:
    assert isinstance(codec, Record)
    parts: list[Any] = []
    for at in range(0, len(raw), codec.most):
        codec.write(parts, raw[at : at + codec.most])
    return b"".join(parts)


@pytest.mark.parametrize("count", [1, 2, 3, 50, 5000])
@pytest.mark.parametrize(
    "descriptor",
    [
        POINT,
        '{"kind":"record","size":16,"fields":[["a","<i1",0],["b","<i8",8]]}',
        '{"kind":"record","size":40,"fields":[["c","<c16",0],["m",{"kind":"array","dtype":"<u2",'
        f'"shape":[2,2]}},16],["p",{{"kind":"array","dtype":{POINT},"shape":[2]}},24]]}}',
    ],
)
def test_lanes_write_and_read_what_fields_do(descriptor: str, count: int) -> None:
    codec = codec_of(descriptor)
    assert isinstance(codec, Record)
    assert codec._lanes is not None
    seed = random.randrange(2**32)
    raw = random.Random(seed).randbytes(codec.most * count)
    expected = by_fields(codec, raw, count)
    assert b"".join(codec._lanes.write(raw, count)) == expected, f"seed {seed}"
    memory = bytearray(len(raw))
    assert codec._lanes.read(memoryview(expected), memory, count), f"seed {seed}"
    found = Reader(expected)
    again = bytearray(len(raw))
    for at in range(0, len(raw), codec.most):
        codec.read_into(found, again, at)
    assert memory == again, f"seed {seed}"
    assert by_fields(codec, bytes(memory), count) == expected, f"seed {seed}"


def test_a_record_of_another_form_among_many_is_read_by_fields() -> None:
    codec = codec_of(CLOUD)
    point = struct.pack("<h?xf", -2, True, 1.5)
    data = pack_value(codec, point * 100, 1, 2, 3)
    first = 5  # behind the map's head, "v" and the array's head
    one = data[first : first + (len(data) - first - 33) // 100]
    other = bytes.fromhex("a4 6179 f93e00 6161 00 6178 21 626f6e f5")
    mixed = data[:first] + one * 50 + other + one * 49 + data[-33:]
    (found,) = unpack_values(codec, mixed).raws
    assert bytes(found) == point * 100
    assert isinstance(unpack_values(codec, mixed), Values)
    for at in range(first, first + len(one)):  # a damaged one is an error, or another value
        damaged = bytearray(data)
        damaged[at + 50 * len(one)] ^= 0xFF
        try:
            (found,) = unpack_values(codec, damaged).raws
        except WireError:
            continue
        assert len(found) == 800
        assert bytes(found) != point * 100
