"""The memory of snapshots: what it keeps of small and large values together."""

from typing import Any

import pytest

pytest.importorskip("mcap")
from shm_pub_sub._recording.clock import Offsets
from shm_pub_sub._recording.memory import BLOCK, LARGE, SPARE, Kept, Memory

CLOCK = Offsets(0, 0)


def feed(memory: Memory, start: int, end: int, span: int = 1000) -> None:
    """Add a number and an image each nanosecond, and drop what is older than the span."""
    for n in range(start, end):
        memory.drop(n - span)
        batch: list[Any] = [("speed", n, n, n), ("camera", n, n, bytes(LARGE))]
        memory.add(batch, CLOCK)


def kept(memory: Memory, start_ns: int, end_ns: int) -> tuple[Kept, dict[Any, list[int]]]:
    """Return a snapshot, and the sequences of its values by topic."""
    found: dict[Any, list[int]] = {"speed": [], "camera": []}
    taken = memory.take(start_ns, end_ns)
    for block in taken.blocks:
        for batch in block.values(start_ns, end_ns):
            for topic, sequence, *_ in batch:
                found[topic].append(sequence)
    return taken, found


def test_numbers_are_not_dropped_before_images_of_the_same_age() -> None:
    memory = Memory(20 * LARGE)
    feed(memory, 0, 500)
    taken, found = kept(memory, -1, 499)
    images, first = found["camera"], 499 - len(found["camera"]) + 1
    assert len(images) > 10
    assert images == [*range(first, 500)]
    assert found["speed"] == [*range(found["speed"][0], 500)]
    assert found["speed"][0] <= first
    assert taken.missing_ns == first


def test_an_old_block_of_numbers_keeps_no_images() -> None:
    memory = Memory(1 << 24)
    feed(memory, 0, 200, span=10)
    assert memory.nbytes < 12 * (LARGE + 100) + BLOCK + memory.limit // SPARE
    assert memory.first_ns == 0  # of the numbers, whose block is not full
    taken, found = kept(memory, 189, 199)
    assert found == {"speed": [*range(190, 200)], "camera": [*range(190, 200)]}
    assert taken.missing_ns == 0


def test_a_value_larger_than_the_memory_costs_no_other_values() -> None:
    memory = Memory(100_000)
    memory.add([("speed", 1, 1, 1.0), ("camera", 2, 2, bytes(200_000))], CLOCK)
    taken, found = kept(memory, 0, 3)
    assert found == {"speed": [1], "camera": []}
    assert taken.missing_ns == 2
