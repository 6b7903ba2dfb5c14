"""Random values of random records: each reader gets what was published, and C what ctypes has."""

import ctypes
import random
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber
from shm_pub_sub._described import spec_of_descriptor
from shm_pub_sub._raw import raw_publisher, raw_subscriber
from shm_pub_sub._raw_values import value_of
from shm_pub_sub._topics import inspect_typed
from support.counts import RECORDS, dice
from support.records import Part, made, random_record
from unit.arrays._file import newest
from unit.values.test_raw_values import same

VALUES = 5
"""Of each record."""


def random_value(rng: random.Random, part: Part) -> Any:
    """Return a value of a field, or of a record."""
    kind, steps = part.kind, rng.randint(0, part.most)
    if kind == "record":
        return made(part, [random_value(rng, inner) for _, inner in part.fields])
    if kind == "records":
        return [random_value(rng, part.element) for _ in range(steps)]
    if kind == "text":
        text = "".join(rng.choice("aé€😀\0") for _ in range(steps)).encode()[: part.most]
        return text.decode(errors="ignore")
    if kind == "bytes":
        return rng.randbytes(steps)
    if kind == "list":
        return [_number(rng, part.dtype).item() for _ in range(steps)]
    if kind == "scalar":
        return _number(rng, part.dtype).item()
    if kind == "table":
        size = part.element.numpy.itemsize * int(np.prod(part.shape))
        padded = bytearray(rng.randbytes(size))  # which must not be published
        table = np.frombuffer(padded, part.element.numpy).reshape(part.shape)
        for place in table.reshape(-1):
            for name, inner in part.fields:
                place[name] = random_value(rng, inner)
        return table
    shape = (steps, *part.shape) if kind == "rows" else part.shape
    numbers = [_number(rng, part.dtype) for _ in range(int(np.prod(shape)))]
    return np.array(numbers, part.dtype).reshape(shape)


def _number(rng: random.Random, dtype: str) -> Any:
    """Any bits, but no signalling NaN: Python's floats have none of 4 bytes."""
    size = np.dtype(dtype).itemsize
    raw = rng.choice([bytes(size), b"\xff" * size, rng.randbytes(size), rng.randbytes(size)])
    if dtype == "b1":
        raw = bytes([raw[0] & 1])
    number = np.frombuffer(raw, dtype)[0]
    return np.nan_to_num(number) if dtype in ("f4", "c8") else number


class Memory(NamedTuple):
    """What C has for a value, and which of its bytes mean something: none behind a length."""

    data: bytearray
    known: bytearray


def in_c(part: Part, value: Any) -> Memory:
    """Fill a ctypes.Structure's memory, at ctypes' offsets."""
    size = ctypes.sizeof(part.ctypes)
    memory = Memory(bytearray(size), bytearray(b"\1" * size))
    _fill(memory, 0, part, value)
    return memory


def _fill(memory: Memory, at: int, part: Part, value: Any) -> None:
    if part.kind == "record":
        for name, inner in part.fields:
            own = value[name] if isinstance(value, dict | np.void) else getattr(value, name)
            _fill(memory, at + getattr(part.ctypes, name).offset, inner, own)
    elif part.kind in ("table", "records"):
        items = list(np.ravel(value)) if part.kind == "table" else value
        if part.kind == "records":
            at = _length(memory, at, part, len(items), ctypes.sizeof(part.element.ctypes))
        for number, item in enumerate(items):
            _fill(memory, at + number * ctypes.sizeof(part.element.ctypes), part.element, item)
    else:
        as_bytes = _as_bytes(part, value)
        if part.varies:
            steps = len(as_bytes) if part.kind in ("text", "bytes") else len(value)
            row = len(as_bytes) // steps if steps else 0
            at = _length(memory, at, part, steps, row)
        memory.data[at : at + len(as_bytes)] = as_bytes


def _as_bytes(part: Part, value: Any) -> bytes:
    if part.kind == "text":
        return str(value).encode()
    if part.kind == "bytes":
        return bytes(value)
    return np.asarray(value, part.dtype).tobytes()


def _length(memory: Memory, at: int, part: Part, steps: int, size: int) -> int:
    """Write a length, and note what lies behind; return where the room begins."""
    struct.pack_into("<Q", memory.data, at, steps)
    room = at + part.ctypes.room.offset
    end = at + ctypes.sizeof(part.ctypes)
    for unknown in range(room + steps * size, end):
        memory.known[unknown] = 0
    return room


def meant(data: bytes, known: bytes) -> bytes:
    return bytes(byte * flag for byte, flag in zip(data, known, strict=True))


def check_classes(part: Part, value: Any) -> None:
    """Records come back as their own classes, however deep."""
    if part.kind == "record":
        assert type(value) is part.cls
        for name, inner in part.fields:
            check_classes(inner, value[name] if part.how == "dict" else getattr(value, name))
    elif part.kind == "records":
        for item in value:
            check_classes(part.element, item)


@pytest.mark.timeout(60 + RECORDS)
def test_values_are_read_as_published_and_lie_as_in_c(shm_dir: Path) -> None:
    rng = dice()
    for _ in range(RECORDS):
        record = random_record(rng)
        default = record.default
        with (
            Publisher("topic", default) as publisher,
            Subscriber("topic", default) as own,
            Subscriber("topic", default, copy=False) as viewing,
            Subscriber("topic") as anyone,
            raw_subscriber("topic", inspect_typed("topic")[1]) as raw,
            raw_publisher("again", inspect_typed("topic")[1]) as again,
            Subscriber("again", default) as behind,
        ):
            for _ in range(VALUES):
                value = random_value(rng, record)
                data, known = in_c(record, value)
                publisher.publish(value)
                assert meant(newest(shm_dir).value, known) == data
                again._publish_raw(raw.subscribe()[0])
                for subscriber in (own, viewing, anyone, behind):
                    found, ok = subscriber.subscribe()
                    assert ok
                    assert in_c(record, found).data == data, (value, found)
                    if subscriber is not anyone:
                        check_classes(record, found)


def test_raw_values_become_what_a_subscriber_gives(shm_dir: Path) -> None:
    """Of any type of record: value_of() decodes the topic's bytes as C does."""
    rng = dice()
    for number in range(RECORDS // 4):
        part = random_record(rng)
        with Publisher("topic", part.default) as pub, Subscriber("topic") as sub:
            make = value_of(spec_of_descriptor(inspect_typed("topic")[1]))
            for _ in range(VALUES):
                pub.publish(random_value(rng, part))
                found, sample = make(newest(shm_dir).value), sub.sample()
                assert sample is not None
                assert same(found, sample.value), (number, part.__dict__)
