"""record: clocks that are set, and machines that are suspended."""

from pathlib import Path

import pytest
import shm_pub_sub

from ._recorder import BOOTED, SECOND, START, Clocks, Fed, notes, played, source_of, values

pytest.importorskip("mcap")
from shm_pub_sub._recording.clock import JUMP, Clock, Offsets, read_clocks
from shm_pub_sub._recording.parts import Parts
from shm_pub_sub._recording.recorder import Recorder
from shm_pub_sub._recording.splitter import Splitter

OFFSET = START - BOOTED


def test_offset_is_that_of_the_clocks() -> None:
    clocks = Clocks()
    assert clocks.clock.offsets == Offsets(OFFSET, OFFSET)
    assert clocks.clock.check() is None


def test_times_are_those_of_this_machine() -> None:
    clock, before = Clock(), read_clocks()
    assert abs(clock.offsets.publish - (before.epoch - before.monotonic)) < 10**9
    assert clock.check() is None


def test_small_changes_are_no_step_and_count_together() -> None:
    clocks = Clocks()
    for _ in range(10):
        clocks.set(0.001)
        assert clocks.clock.check() is None
    clocks.set(0.001)
    step = clocks.clock.check()
    assert step is not None
    assert step.step_ns == 11_000_000 > JUMP
    assert clocks.clock.check() is None


def test_small_changes_are_in_the_next_file() -> None:
    clocks = Clocks()
    clocks.set(0.005)
    assert clocks.clock.check() is None
    assert clocks.clock.renew().publish == OFFSET + 5_000_000


def test_a_busy_machines_slow_reading_is_no_step() -> None:
    clocks = Clocks()
    clocks.set(0.1)
    clocks.width = SECOND
    assert clocks.clock.check() is None
    clocks.width = 0
    assert clocks.clock.check() is not None


def test_values_from_before_a_step_keep_their_offset() -> None:
    clocks = Clocks()
    clocks.run(1)
    assert clocks.clock.check() is None
    clocks.run(0.1)
    clocks.set(3600)
    clocks.run(0.1)
    assert clocks.clock.check() is not None
    before, after = BOOTED + SECOND // 2, BOOTED + SECOND + SECOND // 5
    batch = values("topic", [before, after])
    (early, old), (late, new) = clocks.clock.portions(batch)
    assert [value[2] for value in early] == [before]
    assert [value[2] for value in late] == [after]
    assert (old.publish, new.publish) == (OFFSET, OFFSET + 3600 * SECOND)
    assert clocks.clock.portions(late) == [(late, new)]


def test_clock_that_is_set_back_keeps_the_offset_of_log_time() -> None:
    clocks = Clocks()
    clocks.set(-60)
    step = clocks.clock.check()
    assert step is not None
    assert str(step) == "the clock was set back by 1 min 0 s"
    assert clocks.clock.offsets == Offsets(OFFSET - 60 * SECOND, OFFSET)
    clocks.set(90)
    step = clocks.clock.check()
    assert str(step) == "the clock was set forward by 1 min 30 s"
    assert clocks.clock.offsets == Offsets(OFFSET + 30 * SECOND, OFFSET + 30 * SECOND)


def test_a_suspended_machine_is_told_from_a_clock_that_is_set() -> None:
    clocks = Clocks()
    clocks.suspend(3 * 3600)
    step = clocks.clock.check()
    assert step is not None
    assert str(step) == "the machine was suspended for 3 h 0 min"
    assert step.metadata()["suspended_ns"] == str(3 * 3600 * SECOND)
    clocks.suspend(60)
    clocks.set(2)
    step = clocks.clock.check()
    assert str(step) == (
        "the machine was suspended for 1 min 0 s, and the clock was set forward by 2 s"
    )


def test_a_step_at_a_files_beginning_is_noted_once() -> None:
    clocks = Clocks()
    clocks.set(5)
    assert clocks.clock.renew().publish == OFFSET + 5 * SECOND
    step = clocks.clock.check()
    assert step is not None
    assert step.step_ns == 5 * SECOND
    assert clocks.clock.check() is None


@pytest.mark.parametrize("by", [5.0, -5.0])
def test_a_recording_over_a_step_of_the_clock(tmp_path: Path, by: float) -> None:
    path, clocks, receiver = tmp_path / "run.mcap", Clocks(), Fed()
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        topic = source_of(speed, 0.0)
    recorder = Recorder(receiver, Splitter(Parts(path), receiver, clocks.clock), clocks.clock, 99)
    times = [BOOTED + n * SECOND for n in range(1, 7)]
    receiver.lost["speed"] = 0

    def each() -> None:
        if not receiver.batches.empty():
            return
        number = (clocks.monotonic - BOOTED) // SECOND
        if number == len(times):
            receiver.feed(None)
            return
        clocks.run(1)
        if number == 3:
            clocks.set(by)
        receiver.feed(values(topic, [times[number]], number + 1))

    receiver.feed([])
    recorder.record(each)
    step = round(by * SECOND)
    assert [publish for _, publish, _ in played(path)] == [
        time_ns + OFFSET + (step if n >= 3 else 0) for n, time_ns in enumerate(times)
    ]
    logged = [log_time for log_time, *_ in played(path)]
    assert logged == [
        time_ns + OFFSET + (step if n >= 3 and by > 0 else 0) for n, time_ns in enumerate(times)
    ]
    first, second = notes(path, "clock")
    assert first == {"epoch_minus_monotonic_ns": str(OFFSET)}
    assert second == {
        "epoch_minus_monotonic_ns": str(OFFSET + step),
        "monotonic_ns": str(times[2]),
        "step_ns": str(step),
    }
    assert recorder.steps.get().step_ns == step
    assert recorder.steps.empty()
