"""record --snapshot: the memory of the last values."""

import random
from typing import Any

import pytest

pytest.importorskip("mcap")
from shm_pub_sub._recording.clock import Offsets
from shm_pub_sub._recording.memory import LARGE, Memory

OFFSETS = Offsets(1, 2)
SEED = 20


def all_of(memory: Memory, start: int = -1, end: int = 1 << 61) -> list[Any]:
    """Return the values, as bytes those that are views."""
    kept = memory.take(start, end)
    found = [
        (*value[:3], bytes(value[3]) if isinstance(value[3], memoryview) else value[3])
        for block in kept.blocks
        for batch in block.values(start, end)
        for value in batch
    ]
    for block in kept.blocks:
        memory.release(block)
    return found


def test_values_of_every_kind_come_back() -> None:
    batch = [
        ("flag", 1, 10, True),
        ("flag", 2, 11, False),
        ("count", 1, 12, -(2**63)),
        ("count", 2**40, 13, 2**63 - 1),
        ("speed", 1, 14, 0.1),
        ("speed", 2, 15, float("-inf")),
        ("text", 1, 16, b""),
        ("text", 2, 17, b"abc"),
        ("image", 1, 18, memoryview(b"x" * 200)),
        ("image", 2, 19, memoryview(bytes(range(256)) * 1000)),
        ("count", 2**40 + 1, 20, 7),
    ]
    memory = Memory(10**7)
    memory.add(batch, OFFSETS)
    found = sorted(all_of(memory), key=lambda value: value[2])
    assert found == [
        (*value[:3], bytes(value[3]) if isinstance(value[3], memoryview) else value[3])
        for value in batch
    ]
    assert [type(value[3]) for value in found] == [bool] * 2 + [int] * 2 + [float] * 2 + [
        bytes
    ] * 4 + [int]


def test_it_keeps_nothing_of_what_it_was_given() -> None:
    memory, buffer = Memory(10**7), bytearray(b"a" * 100_000)
    memory.add(
        [("image", 1, 1, memoryview(buffer)), ("text", 1, 1, memoryview(buffer)[:9])], OFFSETS
    )
    buffer[:] = b"b" * len(buffer)
    buffer.extend(b"c")  # it has no views
    assert {value[3][:9] for value in all_of(memory)} == {b"a" * 9}


def test_a_span_has_its_end_and_not_its_start() -> None:
    memory = Memory(10**6)
    memory.add([("speed", n, n, float(n)) for n in range(100)], OFFSETS)
    assert [value[2] for value in all_of(memory, 20, 40)] == [*range(21, 41)]
    assert all_of(memory, 200, 300) == []


def test_beyond_its_limit_the_oldest_go() -> None:
    limit = 10**6
    memory = Memory(limit)
    for n in range(0, 100_000, 100):
        memory.add([("speed", k, k, float(k)) for k in range(n, n + 100)], OFFSETS)
        assert memory.nbytes <= limit
    found = [value[2] for value in all_of(memory)]
    assert found == [*range(found[0], 100_000)]
    assert limit / 40 < len(found) < limit / 36
    assert memory.dropped_ns == found[0] - 1
    assert memory.take(-1, 10**6).missing_ns == found[0]


def test_random_sizes_stay_below_the_limit() -> None:
    made, limit, sequence = random.Random(SEED), 3 * 10**6, 0
    memory, held = Memory(limit), []
    for _ in range(400):
        batch = []
        for _ in range(made.randrange(1, 20)):
            sequence += 1
            size = made.choice([1, 100, LARGE - 1, LARGE, 300_000])
            batch.append(("data", sequence, sequence, bytes(size)))
        memory.add(batch, OFFSETS)
        assert memory.nbytes <= limit
        if made.random() < 0.1:
            held.append(memory.take(memory.dropped_ns, sequence))
        if made.random() < 0.1 and held:
            kept = held.pop(made.randrange(len(held)))
            while kept.blocks:
                memory.release(kept.blocks.popleft())
        if made.random() < 0.05:
            memory.drop(sequence - 10)
    for kept in held:
        while kept.blocks:
            memory.release(kept.blocks.popleft())
    found = [value[1] for value in all_of(memory, memory.dropped_ns)]
    assert sorted(found)[-1] == sequence
    memory.drop(1 << 61)
    assert memory.nbytes <= limit // 8 + (1 << 20)


def test_a_value_larger_than_the_memory_is_dropped() -> None:
    memory = Memory(10**6)
    memory.add([("image", 1, 5, bytes(2 * 10**6))], OFFSETS)
    memory.add([("speed", 1, 6, 1.0)], OFFSETS)
    assert all_of(memory) == [("speed", 1, 6, 1.0)]
    assert memory.take(0, 10).missing_ns == 5


def test_what_a_snapshot_has_stays_until_it_is_released() -> None:
    memory = Memory(10**6)
    memory.add([("image", n, n, bytes([n]) * 100_000) for n in range(9)], OFFSETS)
    kept = memory.take(-1, 100)
    memory.add([("image", n, n, bytes([n]) * 100_000) for n in range(9, 30)], OFFSETS)
    assert memory.nbytes <= memory.limit
    found = [v for block in kept.blocks for batch in block.values(-1, 100) for v in batch]
    assert [value[1] for value in found] == [*range(9)]
    assert all(bytes(value[3]) == bytes([value[1]]) * 100_000 for value in found)
    for block in kept.blocks:
        memory.release(block)
    memory.add([("image", n, n, bytes([n]) * 100_000) for n in range(30, 40)], OFFSETS)
    assert [value[1] for value in all_of(memory)] == [*range(31, 40)]


def test_clocks_steps_divide_it() -> None:
    memory = Memory(10**6)
    memory.add([("speed", 1, 1, 1.0)], Offsets(1, 1))
    memory.add([("speed", 2, 2, 2.0)], Offsets(5, 5))
    memory.add([("speed", 3, 3, 3.0)], Offsets(5, 5))
    blocks = memory.take(-1, 100).blocks
    assert [block.offsets.publish for block in blocks] == [1, 5]
