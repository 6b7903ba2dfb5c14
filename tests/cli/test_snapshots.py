"""record --snapshot: what is in the file of each."""

import threading
from pathlib import Path
from typing import Any

import pytest
from support.waiting import until

from ._recorder import (
    BOOTED,
    SECOND,
    Made,
    count,
    messages,
    notes,
    played,
    recorder_of,
    values,
)

pytest.importorskip("mcap")
from shm_pub_sub._recording import snapshot as module
from shm_pub_sub._recording.memory import Memory
from shm_pub_sub._recording.parts import Parts, parts_of
from shm_pub_sub._recording.snapshot import Snapshots


class WithSnapshots(Made):
    """Snapshots of a topic, which a test feeds with values and triggers."""

    def __init__(self, path: Path, seconds: float = 30, memory: int = 10**7) -> None:
        super().__init__(path)
        self.said: list[str] = []
        self.snapshots = Snapshots(
            Parts(path, split=True),
            self.receiver,  # type: ignore[arg-type]
            self.clocks.clock,
            Memory(memory),
            round(seconds * SECOND),
            self.said.append,
        )
        self.recorder = recorder_of(self.receiver, self.snapshots, self.clocks)

    def record(self, *steps: Any) -> None:
        """Take steps one after the other: a batch, or a function to call."""
        left = [*steps]

        def step() -> Any:
            first = left.pop(0) if left else None
            if not callable(first):
                return first
            first()
            return []

        self.feed(step)

    def until_a_trigger(self) -> tuple[Any, ...]:
        """Steps: 100 s of values, and the first snapshot."""
        values = each_second(self.topic, 0, 100)
        return values, self.run(100), self.trigger(1100), self.run(1)

    def run(self, seconds: float) -> Any:
        """A step: time passes, and the recorder looks at its triggers."""
        return lambda: self.clocks.run(seconds)

    def trigger(self, seconds: float) -> Any:
        """A step: a trigger so many seconds after the boot."""
        return lambda: self.snapshots.trigger(round(seconds * SECOND), "a test")

    def written(self) -> Any:
        """A step: wait until a snapshot is written."""
        return lambda: until(lambda: not _writes(), "the snapshot")


def _writes() -> bool:
    return any(t.name == "shm_pub_sub snapshot" for t in threading.enumerate())


def each_second(topic: Any, start: int, end: int) -> list[Any]:
    """Return values of all tenths of seconds in start < time <= end, since the boot."""
    times = [BOOTED + n * SECOND // 10 for n in range(start * 10 + 1, end * 10 + 1)]
    return values(topic, times, start * 10 + 1)


def seconds(path: Path) -> list[float]:
    """Return the values in a file: each is its time, here since the boot."""
    return [round(value - BOOTED / SECOND, 6) for *_, value in played(path)]


def test_a_snapshot_has_the_last_seconds_to_the_value(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    made.record(
        each_second(made.topic, 0, 100),
        made.run(100),
        made.trigger(BOOTED / SECOND + 95),
        each_second(made.topic, 100, 101),
        made.run(1),
    )
    (part,) = parts_of(made.path)
    assert seconds(part) == [round(65 + n / 10, 1) for n in range(1, 301)]
    assert made.said == [f"{part}: the last 30 s, 300 values, {_size(part)} (a test)"]


def test_nothing_is_written_without_a_trigger(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap")
    made.record(each_second(made.topic, 0, 100), made.run(100))
    assert [*tmp_path.iterdir()] == []
    assert made.said == []


def test_a_trigger_without_values_writes_nothing(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    made.record(made.run(100), made.trigger(1100))
    assert [*tmp_path.iterdir()] == []
    assert made.said == ["a test: no value in the last 30 s; nothing is written"]


def test_a_trigger_at_the_end_is_written(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    made.record(each_second(made.topic, 0, 100), made.run(100), made.trigger(1100))
    assert seconds(made.path) == [round(70 + n / 10, 1) for n in range(1, 301)]


def test_snapshots_that_overlap_are_whole_and_play_as_one(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    made.record(
        *made.until_a_trigger(),
        made.written(),
        each_second(made.topic, 100, 110),
        made.run(10),
        made.trigger(1110),
        made.run(1),
    )
    first, second = parts_of(made.path)
    assert seconds(first) == [round(70 + n / 10, 1) for n in range(1, 301)]
    assert seconds(second) == [round(80 + n / 10, 1) for n in range(1, 301)]
    assert seconds(made.path) == [round(70 + n / 10, 1) for n in range(1, 401)]
    assert notes(second, "recording")[0]["previous"] == "run_0.mcap"
    assert [count(path) for path in (first, second, made.path)] == [300, 300, 400]


def test_a_trigger_while_one_is_written_waits_and_a_third_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    write = module._Writing._write

    def wait(writing: Any) -> None:
        assert release.wait(30)
        write(writing)

    monkeypatch.setattr(module._Writing, "_write", wait)
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    steps = [*made.until_a_trigger()]
    for second in range(101, 131):
        steps += [made.run(1), each_second(made.topic, second - 1, second)]
        if second == 110:
            steps += [made.trigger(1110), made.run(1)]
        if second >= 120:  # of all these, one is reported
            steps += [made.trigger(1000 + second), made.run(1)]
    made.record(*steps, release.set)
    first, second_part = parts_of(made.path)
    assert seconds(first) == [round(70 + n / 10, 1) for n in range(1, 301)]
    assert seconds(second_part) == [round(80 + n / 10, 1) for n in range(1, 301)]
    assert made.said[0] == "a test: ignored, as a snapshot is waiting to be written"
    assert len(made.said) == 3


def test_recording_goes_on_while_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(module.Part, "flush", lambda part: release.wait(30))
    made = WithSnapshots(tmp_path / "run.mcap", 30)

    def let_go() -> None:
        monkeypatch.undo()
        release.set()

    made.record(
        *made.until_a_trigger(),
        *[
            step
            for n in range(100, 140)
            for step in (each_second(made.topic, n, n + 1), made.run(1))
        ],
        let_go,
        made.trigger(1140),
        made.run(1),
    )
    _first, second = parts_of(made.path)
    assert seconds(second) == [round(110 + n / 10, 1) for n in range(1, 301)]
    assert notes(second, "lost")[-1] == {"speed": "0"}


def test_lost_values_are_those_missing_in_between(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    batch = [v for v in each_second(made.topic, 0, 100) if v[1] not in (5, 900, 901, 950)]
    made.record(batch, made.run(100), made.trigger(1100), made.run(1))
    (part,) = parts_of(made.path)
    assert len(messages(part)) == 297
    assert notes(part, "lost") == [{"speed": "3"}]


def test_memory_that_does_not_suffice_is_said(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30, memory=10_000)
    made.record(
        *[step for n in range(100) for step in (each_second(made.topic, n, n + 1), made.run(1))],
        made.trigger(1100),
        made.run(1),
    )
    (part,) = parts_of(made.path)
    found = seconds(part)
    assert found == [round(100 - n / 10, 1) for n in reversed(range(len(found)))]
    assert 100 < len(found) < 10_000 / 36
    short, done = made.said
    assert (
        "fill 9.766 KiB of memory: a snapshot will not have 30 s; pass a larger --memory" in short
    )
    assert "of it fitted into 9.766 KiB of memory (a test)" in done


def test_clock_steps_are_in_the_file(tmp_path: Path) -> None:
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    made.record(
        each_second(made.topic, 0, 10),
        made.run(10),
        lambda: made.clocks.set(-100),
        made.run(0.001),
        each_second(made.topic, 11, 20),
        made.run(10),
        made.trigger(1020),
        made.run(1),
    )
    (part,) = parts_of(made.path)
    first, second = notes(part, "clock")
    assert int(second["step_ns"]) == -100 * SECOND
    offsets = [int(note["epoch_minus_monotonic_ns"]) for note in (first, second)]
    assert offsets[0] - offsets[1] == 100 * SECOND
    for log_time, publish_time, value in played(part):
        offset = offsets[value > BOOTED / SECOND + 10.5]
        assert publish_time == round(value * 10) * SECOND // 10 + offset
        assert log_time == round(value * 10) * SECOND // 10 + offsets[0]


def test_an_error_of_the_disk_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_part: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.Part, "finish", fail)
    made = WithSnapshots(tmp_path / "run.mcap", 30)
    with pytest.raises(OSError, match="No space left on device"):
        made.record(
            *made.until_a_trigger(),
            made.written(),
            *[made.run(1)] * 5,
        )


def _size(path: Path) -> str:
    from shm_pub_sub._text import size  # noqa: PLC0415

    return size(path.stat().st_size)
