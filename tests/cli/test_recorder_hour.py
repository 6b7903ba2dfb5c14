"""record: an hour of values, on a clock that goes faster, in constant memory."""

import gc
import mmap
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub

from ._recorder import BOOTED, SECOND, Clocks, Fed, count, recorder_of, source_of, values

pytest.importorskip("mcap")
from shm_pub_sub._recording.memory import Memory
from shm_pub_sub._recording.parts import Parts, parts_of
from shm_pub_sub._recording.snapshot import Snapshots
from shm_pub_sub._recording.splitter import Splitter

SHORT, HOUR = 20, 3600
SPAN = 5
"""Seconds of a part, and of a snapshot."""
RATE = 1000
"""Values a second, in ten batches."""
GROWTH = 4 << 20
"""Bytes of memory that may be added after the first tenth: what allocators do."""


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


def record(receiver: Fed, sink: Any, clocks: Clocks, seconds: int) -> int:
    """Record so many seconds; return by how many bytes memory grew in the last nine tenths."""
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        topic = source_of(speed, 0.0)
    receiver.lost["speed"] = 0
    total, at_once, published, at_first = seconds * RATE, RATE // 10, 0, 0

    def each() -> None:
        nonlocal published, at_first
        if not receiver.batches.empty():
            return
        if published == total:
            receiver.feed(None)
            return
        if published == total // 10:
            at_first = resident()
        clocks.run(0.1)
        step = SECOND // RATE
        times = range(BOOTED + published * step, BOOTED + (published + at_once) * step, step)
        receiver.feed(values(topic, times, published + 1))
        published += at_once

    receiver.feed([])
    recorder_of(receiver, sink, clocks).record(each)
    return resident() - at_first


@pytest.mark.parametrize("seconds", [SHORT, pytest.param(HOUR, marks=pytest.mark.soak)])
@pytest.mark.timeout(600)
def test_memory_of_a_recording_in_parts(tmp_path: Path, seconds: int) -> None:
    path, clocks, receiver = tmp_path / "run.mcap", Clocks(), Fed()
    parts = Parts(path, split=True)
    growth = record(
        receiver, Splitter(parts, receiver, clocks.clock, None, SPAN * SECOND), clocks, seconds
    )
    print(f"{seconds} s in {parts.count} parts: {growth} bytes more")
    assert growth < GROWTH
    assert parts.count == len(parts_of(path)) == seconds // SPAN
    assert count(path) == seconds * RATE


@pytest.mark.parametrize("seconds", [SHORT, pytest.param(HOUR, marks=pytest.mark.soak)])
@pytest.mark.timeout(600)
def test_memory_of_snapshots(tmp_path: Path, seconds: int) -> None:
    path, clocks, receiver, said = tmp_path / "run.mcap", Clocks(), Fed(), []
    memory = Memory(10**7)
    snapshots = Snapshots(
        Parts(path, split=True),
        receiver,  # type: ignore[arg-type]
        clocks.clock,
        memory,
        SPAN * SECOND,
        said.append,
    )
    growth = record(receiver, snapshots, clocks, seconds)
    print(f"{seconds} s: {growth} bytes more, {memory.nbytes} bytes of values")
    assert growth < GROWTH
    assert memory.nbytes < (SPAN + 2) * RATE * 40 + (1 << 20)
    snapshots.trigger(BOOTED + seconds * SECOND, "a test")
    snapshots.finish()
    assert said == [f"{tmp_path}/run_0.mcap: the last 5 s, 4999 values, {said[0].split(', ')[2]}"]
    assert count(path) == SPAN * RATE - 1  # one is at the very start of the span


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_memory_of_one_large_file(tmp_path: Path) -> None:
    path, clocks, receiver = tmp_path / "run.mcap", Clocks(), Fed()
    growth = record(receiver, Splitter(Parts(path), receiver, clocks.clock), clocks, HOUR)
    print(f"{HOUR} s in one file: {growth} bytes more")
    assert growth < GROWTH
    assert count(path) == HOUR * RATE
