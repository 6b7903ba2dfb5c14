"""Arrays of records, whose layout repeats, float16, and data that are not copied."""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from mcap_ros2._dynamic import generate_dynamic
from shm_pub_sub._messages import copying, halves, message_of
from shm_pub_sub._messages.cdr import HEADER, LARGE
from support.types import bits, comparable, descriptor, leaves, read


def record(*fields: tuple[Any, int], size: int) -> Any:
    named = [[f"f{n}", form, offset] for n, (form, offset) in enumerate(fields)]
    return {"kind": "record", "size": size, "fields": named}


def packed(count: int, form: Any) -> Any:
    return {"kind": "array", "dtype": form, "shape": [count]}


XYZI = record(("<f4", 0), ("<f4", 4), ("<f4", 8), ("<f4", 12), size=16)
LAST_IS_SMALL = record(("<f8", 0), ("<u1", 8), size=16)
FIRST_IS_SMALL = record(("<u1", 0), ("<f8", 8), ("<u1", 16), size=24)
PACKED = record(("<u1", 0), ("<f8", 1), ("<i2", 9), size=11)
HALVES = record(("<f2", 0), ("<u1", 2), ("<f2", 4), size=6)
NESTED = record(("<u1", 0), (packed(3, FIRST_IS_SMALL), 8), (packed(40, PACKED), 80), size=528)
TEXTS = record(({"kind": "text", "max": 5}, 0), ("<f8", 16), (packed(40, PACKED), 24), size=464)
BOOLS = record(("<b1", 0), ("<b1", 1), ("<b1", 2), size=3)


@pytest.fixture(params=["numpy", "without numpy"])
def _numpy(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param != "numpy":
        monkeypatch.setattr(copying, "numpy_or_none", lambda: None)
        monkeypatch.setattr(halves, "numpy_or_none", lambda: None)
    return None


def filled(form: Any, chance: random.Random) -> bytes:
    """Return a value of the type, with zeros as padding."""
    if isinstance(form, str):
        raw = chance.randbytes(int(form[2:]))
        return bytes([raw[0] & 1]) if form == "<b1" else raw
    if form["kind"] == "array":
        return b"".join(filled(form["dtype"], chance) for _ in range(form["shape"][0]))
    if form["kind"] == "text":
        return struct.pack("<Q", 3) + b"abc"
    memory = bytearray(form["size"])
    for _, kind, offset in form["fields"]:
        value = filled(kind, chance)
        memory[offset : offset + len(value)] = value
    return bytes(memory)


@pytest.mark.usefixtures("_numpy")
@pytest.mark.parametrize("count", [1, 2, 40])
@pytest.mark.parametrize(
    "form",
    [XYZI, LAST_IS_SMALL, FIRST_IS_SMALL, PACKED, HALVES, NESTED, TEXTS, BOOLS],
    ids=["xyzi", "last", "first", "packed", "halves", "nested", "texts", "bools"],
)
def test_arrays_of_records_are_what_others_read(form: Any, count: int) -> None:
    chance = random.Random(f"{form}{count}")
    inside = record(
        ("<u1", 0), (packed(count, form), 8), size=8 + -(-count * form["size"] // 8) * 8
    )
    for topic in (packed(count, form), inside):
        raw = filled(topic, chance)
        message = message_of(descriptor(topic), {})
        data = b"".join(message.encode(raw, 0))
        decode = generate_dynamic(message.schema_name, message.schema.decode())[message.schema_name]
        assert comparable(leaves(decode(data))) == comparable(read(topic, raw))
        back = message.decode(memoryview(data))
        assert bits(topic, bytes(back)) == bits(topic, raw)


@pytest.mark.usefixtures("_numpy")
def test_float16_comes_back_with_every_bit() -> None:
    every = array("H", range(1 << 16)).tobytes()
    topic = '{"kind":"array","dtype":"<f2","shape":[65536]}'
    message = message_of(topic, {})
    assert message.schema == b"float32[] data\n"
    data = b"".join(message.encode(every, 0))
    singles = np.frombuffer(data[8:], "<f4")
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(singles, np.frombuffer(every, "<f2").astype("f4"))
    assert bytes(message.decode(memoryview(data))) == every


@pytest.mark.usefixtures("_numpy")
@pytest.mark.parametrize(
    ("bits_of_float32", "half"),
    [
        (0x7F800001, 0x7C01),  # NaN, of which no bit fits
        (0xFFFFFFFF, 0xFFFF),
        (0x7F7FFFFF, 0x7C00),  # too large
        (0xFF7FFFFF, 0xFC00),
        (0x33000001, 0x0001),  # rounded
        (0x3F800001, 0x3C00),
        (0x80000001, 0x8000),
    ],
)
def test_what_no_float16_is_becomes_the_nearest(bits_of_float32: int, half: int) -> None:
    found = halves.narrowed(memoryview(struct.pack("<I", bits_of_float32)))
    assert bytes(found) == struct.pack("<H", half)


FRAME = {
    "kind": "record",
    "size": 921_632,
    "fields": [
        ["stamp", "<f8", 0],
        ["label", {"kind": "text", "max": 5}, 8],
        ["rgb", {"kind": "array", "dtype": "<u1", "shape": [480, 640, 3]}, 24],
        ["exposure", "<f4", 921_624],
    ],
}


@pytest.mark.parametrize(
    ("topic", "attributes"),
    [
        ({"kind": "array", "dtype": "<u1", "shape": [480, 640, 3]}, {}),
        ({"kind": "array", "dtype": "<f8", "shape": [90_000]}, {}),
        ({"kind": "array", "dtype": "<f4", "shape": [90_000, 3]}, {"names": ["x", "y", "z"]}),
        ({"kind": "array", "dtype": XYZI, "shape": [9_000]}, {}),
        ({"kind": "bytes", "max": 90_000}, {}),
        ({"kind": "bytes", "max": 90_000}, {"format": "png"}),
        (record(("<u1", 0), (packed(90_000, "<f4"), 4), size=360_004), {}),
        (FRAME, {}),
    ],
    ids=["image", "array", "cloud", "records", "bytes", "png", "record", "frame"],
)
def test_large_data_are_not_copied(topic: Any, attributes: dict[str, Any]) -> None:
    form = descriptor(topic)
    message = message_of(form, {"attributes": attributes})
    size = (
        topic.get("size")
        or topic.get("max")
        or int(np.prod(topic["shape"]) * np.dtype(_size(topic["dtype"])).itemsize)
    )
    memory = memoryview(bytearray(size))
    parts = message.encode(memory, 0)
    large = [part for part in parts if len(part) >= LARGE]
    assert sum(map(len, parts)) - sum(map(len, large)) < 400
    memory[size // 2] = 77
    assert sum(bytes(part).count(77) for part in large) == 1
    back = message.decode(memoryview(b"".join(parts)))
    assert bytes(back) == bytes(memory)


def _size(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else f"V{dtype['size']}"


def test_a_value_that_is_its_own_message_is_not_copied_when_read() -> None:
    message = message_of(descriptor({"kind": "array", "dtype": "<f4", "shape": [5]}), {})
    data = memoryview(bytes(HEADER + struct.pack("<I5f", 5, 1, 2, 3, 4, 5)))
    value = message.decode(data)
    assert isinstance(value, memoryview)
    assert value.obj is data.obj
    assert value.readonly
