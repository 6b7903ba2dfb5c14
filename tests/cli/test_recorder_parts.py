"""record: parts, and the space that they take."""

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import shm_pub_sub
from hypothesis import given, settings
from hypothesis import strategies as st

from ._recorder import (
    BOOTED,
    SECOND,
    Clocks,
    Fed,
    Made,
    messages,
    notes,
    played,
    recorder_of,
    source_of,
    values,
)

pytest.importorskip("mcap")
from shm_pub_sub._recording import parts as parts_module
from shm_pub_sub._recording.parts import DiskFullError, Parts, part_path, parts_of
from shm_pub_sub._recording.splitter import Splitter


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """Sources of four topics of bytes, whose publishers are gone."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHM_PUB_SUB_DIR", str(tmp_path_factory.mktemp("topics")))
        for number in range(4):
            with shm_pub_sub.Publisher(f"data{number}", b"", 3, max_size=9000) as data:
                found.append(source_of(data, b"1"))
    return found


class InParts(Made):
    """A recorder in parts, whose clock goes on with its values."""

    def __init__(self, path: Path, size: int | None = None, seconds: float = 0, **of: object):
        super().__init__(path)
        self.receiver.lost["speed"] = 0
        self.parts = Parts(path, "none", split=True, **of)  # type: ignore[arg-type]
        receiver: Any = self.receiver
        splitter = Splitter(
            self.parts, receiver, self.clocks.clock, size, round(seconds * SECOND) or None
        )
        self.recorder = recorder_of(receiver, splitter, self.clocks)

    def record(self, count: int, interval: float, at_once: int = 100) -> list[int]:
        """Record so many values at an interval; return their times since the boot."""
        step = round(interval * SECOND)
        times = [BOOTED + 1 + n * step for n in range(count)]
        batches = [times[n : n + at_once] for n in range(0, count, at_once)]
        first = iter(range(1, count + 1, at_once))

        def step() -> list[Any] | None:
            if not batches:
                return None
            batch = batches.pop(0)
            self.clocks.run((batch[-1] - self.clocks.monotonic) / SECOND)
            return values(self.topic, batch, next(first))

        self.feed(step)
        return times


def test_names_of_parts_are_numbered() -> None:
    assert part_path(Path("a/run.mcap"), 12) == Path("a/run_12.mcap")
    assert part_path(Path("run"), 0) == Path("run_0")
    assert part_path(Path("run.2026.mcap"), 3) == Path("run.2026_3.mcap")


def test_parts_are_found_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "r[u]n.mcap"
    for name in ("r[u]n_10.mcap", "r[u]n_9.mcap", "r[u]n_1x.mcap", "r[u]n_01.mcap", "run_3.mcap"):
        (tmp_path / name).touch()
    assert parts_of(path) == [tmp_path / "r[u]n_9.mcap", tmp_path / "r[u]n_10.mcap"]
    assert parts_of(tmp_path / "none" / "run.mcap") == []


def test_parts_of_a_duration_begin_with_its_first_value(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    times = InParts(path, seconds=1).record(2500, 0.001, at_once=700)
    found = [[m.publish_time for m in messages(part)] for part in parts_of(path)]
    assert [len(part) for part in found] == [1000, 1000, 500]
    assert [time for part in found for time in part] == [time for _, time, _ in played(path)]
    assert [value for *_, value in played(path)] == [time / SECOND for time in times]


def test_no_part_is_made_for_times_without_values(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    InParts(path, seconds=1).record(4, 10, at_once=1)
    assert [len(messages(part)) for part in parts_of(path)] == [1, 1, 1, 1]


def test_parts_of_a_size_are_as_large_at_most(tmp_path: Path) -> None:
    path, size = tmp_path / "run.mcap", 200_000
    times = InParts(path, size).record(20_000, 0.001)
    sizes = [part.stat().st_size for part in parts_of(path)]
    assert len(sizes) > 5
    assert max(sizes) <= size
    assert min(sizes[:-1]) > size * 0.9
    assert [value for *_, value in played(path)] == [time / SECOND for time in times]


def test_large_values_are_in_parts_of_that_size_too(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    made, size = InParts(path, 1_000_000), 300_000
    with shm_pub_sub.Publisher("data", b"", 3, max_size=size) as data:
        topic = source_of(data, b"1")
    made.receiver.lost["data"] = 0
    made.receiver.feed([(topic, n, BOOTED + n, bytes(size)) for n in range(1, 11)])
    made.record(1, 0.1)
    sizes = [part.stat().st_size for part in parts_of(path)]
    assert len(sizes) == 4
    assert max(sizes) <= 1_000_000
    assert len(played(path)) == 11


def test_each_part_knows_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    InParts(path, seconds=1).record(30, 0.1, at_once=3)
    found = [notes(part, "recording") for part in parts_of(path)]
    ids = {note["id"] for (note,) in found}
    assert len(ids) == 1
    (before,) = ids
    assert found == [
        [{"id": before, "part": "0"}],
        [{"id": before, "part": "1", "previous": "run_0.mcap"}],
        [{"id": before, "part": "2", "previous": "run_1.mcap"}],
    ]


def test_each_lost_value_is_counted_in_one_part(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    made = InParts(path, seconds=1)
    feed = made.receiver.feed

    def lose(batch: object) -> None:
        made.receiver.lost["speed"] += 7
        feed(batch)

    made.receiver.feed = lose  # type: ignore[method-assign]
    made.record(30, 0.1, at_once=10)
    lost = [int(notes(part, "lost")[-1]["speed"]) for part in parts_of(path)]
    assert len(lost) == 3
    assert sum(lost) == made.receiver.lost["speed"] > 0


def test_oldest_parts_are_removed_beyond_the_space_for_all(tmp_path: Path) -> None:
    path, most = tmp_path / "run.mcap", 200_000
    made = InParts(path, most // 10, max_disk=most)
    used = 0
    make_room = made.parts.make_room

    def watch(nbytes: int) -> None:
        nonlocal used
        make_room(nbytes)
        used = max(used, sum(part.stat().st_size for part in parts_of(path)))

    made.parts.make_room = watch  # type: ignore[method-assign]
    times = made.record(12_000, 0.001)
    assert made.parts.removed > 5
    assert most * 0.8 < used <= most
    assert most * 0.8 < sum(part.stat().st_size for part in parts_of(path)) <= most
    numbers = [int(part.stem[4:]) for part in parts_of(path)]
    assert numbers == [*range(made.parts.removed, made.parts.count)]
    left = [value for *_, value in played(path)]
    assert left == [time / SECOND for time in times[-len(left) :]]


def test_parts_that_somebody_removed_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    made = InParts(path, 50_000, max_disk=500_000)
    make_room = made.parts.make_room

    def remove(nbytes: int) -> None:
        for part in parts_of(path)[:-1]:
            part.unlink()
        make_room(nbytes)

    made.parts.make_room = remove  # type: ignore[method-assign]
    made.record(8_000, 0.001)
    assert len(parts_of(path)) in (1, 2)


def test_without_space_the_recording_ends_with_a_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, free = tmp_path / "run.mcap", iter([10**9] * 3)
    monkeypatch.setattr(parts_module, "free_space", lambda folder: next(free, 900_000))
    made = InParts(path, min_free=10**6)
    with pytest.raises(DiskFullError, match=r"found 878.9 KiB free .* at least 976.6 KiB"):
        made.record(10_000, 0.01)
    (part,) = parts_of(path)
    assert 100 <= len(messages(part)) < 10_000
    assert [n for _, n, _ in played(path)] == [m.publish_time for m in messages(part)]


def test_the_space_to_leave_free_is_kept_on_a_small_disk_between_two_ticks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.mcap"

    def free(_folder: Path) -> int:
        return 9_000_000 - sum(part.stat().st_size for part in tmp_path.iterdir())

    monkeypatch.setattr(parts_module, "free_space", free)
    made = InParts(path, min_free=4_000_000)
    with pytest.raises(DiskFullError):
        made.record(200_000, 1e-9, at_once=2000)
    assert 1_000_000 < free(path) < 4_000_000  # two chunks less, at most


def test_without_space_the_oldest_parts_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.mcap"
    disk = 600_000

    def free(_folder: Path) -> int:
        return disk - sum(part.stat().st_size for part in parts_of(path))

    monkeypatch.setattr(parts_module, "free_space", free)
    made = InParts(path, 50_000, max_disk=10**9, min_free=100_000)
    made.record(12_000, 0.001)
    assert made.parts.removed > 3
    assert free(path) >= 50_000
    disk = 50_000
    with pytest.raises(DiskFullError):
        made.parts.make_room(1)
    assert parts_of(path) == []


def test_existing_parts_are_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    InParts(path, seconds=1).record(30, 0.1, at_once=5)
    assert len(parts_of(path)) == 3
    with pytest.raises(FileExistsError) as error:
        Parts(path, split=True)
    assert error.value.filename == str(tmp_path / "run_0.mcap")
    InParts(path, seconds=100, force=True).record(3, 0.1)
    assert parts_of(path) == [tmp_path / "run_0.mcap"]


def test_a_file_of_the_recordings_name_would_hide_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    path.touch()
    with pytest.raises(FileExistsError) as error:
        Parts(path, split=True, append=True)
    assert error.value.filename == str(path)
    InParts(path, seconds=1, force=True).record(3, 0.1)
    assert not path.exists()


def test_parts_are_added_to_existing_ones(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    InParts(path, seconds=1, append=True).record(30, 0.1, at_once=5)
    made = InParts(path, seconds=1, append=True, max_disk=10**6)
    made.record(20, 0.1, at_once=5)
    assert [part.name for part in parts_of(path)] == [f"run_{n}.mcap" for n in range(5)]
    assert notes(parts_of(path)[3], "recording")[0]["previous"] == "run_2.mcap"
    assert made.parts.nbytes == sum(part.stat().st_size for part in parts_of(path))


def test_a_part_of_a_recorder_that_was_killed_at_once_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    InParts(path, seconds=1).record(20, 0.1, at_once=5)
    (tmp_path / "run_2.mcap").touch()
    InParts(path, seconds=1, append=True).record(10, 0.1, at_once=5)
    assert [part.name for part in parts_of(path)] == ["run_0.mcap", "run_1.mcap", "run_2.mcap"]
    assert len(played(path)) == 30


def test_parts_follow_one_that_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    InParts(path, seconds=1).record(30, 0.1, at_once=5)
    torn = tmp_path / "run_2.mcap"
    torn.write_bytes(torn.read_bytes()[:-200])  # as of a recorder that was killed
    InParts(path, seconds=1, append=True).record(20, 0.1, at_once=5)
    assert [part.name for part in parts_of(path)] == [f"run_{n}.mcap" for n in range(5)]
    assert len(played(path)) == 50


topics = st.lists(st.integers(0, 3), min_size=1, max_size=40)
gaps = st.lists(st.integers(1, SECOND), min_size=1, max_size=40)


@given(st.lists(st.tuples(topics, gaps), max_size=6), st.integers(10_000, 50_000),
       st.integers(1, 20 * SECOND))  # fmt: skip
@settings(max_examples=10, deadline=None)
def test_random_parts_have_every_value_once(
    sources: list[object], batches: list[tuple[list[int], list[int]]], size: int, span: int
) -> None:
    clocks, receiver, now, published = Clocks(), Fed(), BOOTED, []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.mcap"
        parts = Parts(path, "none", split=True)
        splitter = Splitter(parts, receiver, clocks.clock, size, span)  # type: ignore[arg-type]
        for wanted, after in batches:
            batch = []
            for topic, gap in zip(wanted, after, strict=False):
                now += gap
                batch.append(
                    (sources[topic], len(published) + 1, now, bytes([topic]) * (gap % 9000))
                )
                published.append(batch[-1])
            clocks.run((now - clocks.monotonic) / SECOND)
            splitter.add(batch)
            splitter.tick()
        splitter.finish()
        found = [] if not published else played(path)
        assert [bytes(value) for *_, value in found] == [value for *_, value in published]
        for part in parts_of(path) if published else ():
            times = [message.publish_time for message in messages(part)]
            assert times
            assert times[-1] - times[0] < span
            # A topic that is new in a part brings its schema with it.
            assert part.stat().st_size <= size + 4000 or len(times) == 1


@pytest.mark.parametrize("way", ["force", "append"])
def test_parts_that_are_being_written_are_left_alone(tmp_path: Path, way: str) -> None:
    path = tmp_path / "run.mcap"
    first = InParts(path, seconds=1)
    with pytest.raises(OSError, match="another recorder is writing it") as error:
        Parts(path, split=True, **{way: True})  # type: ignore[arg-type]
    assert error.value.errno == errno.EBUSY
    first.record(3, 0.1)
    assert len(messages(parts_of(path)[0])) == 3


def test_full_disk_leaves_parts_that_can_be_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.mcap"
    made, written = InParts(path, 50_000), 0
    writev = os.writev

    def limited(file: int, data: list[bytes]) -> int:
        nonlocal written
        written += sum(map(len, data))
        if written > 180_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return writev(file, data)

    monkeypatch.setattr(os, "writev", limited)
    with pytest.raises(OSError, match="No space left"):
        made.record(12_000, 0.001)
    monkeypatch.undo()
    made.recorder._drop_the_rest()
    before = made.recorder.summary()["lost"]
    made.receiver.feed(values(made.topic, [*range(77)]))
    made.recorder._drop_the_rest()
    assert made.recorder.summary()["lost"] == before + 77
    found = [value for *_, value in played(path)]
    assert len(found) > 1000
    assert found == pytest.approx([BOOTED / SECOND + n / 1000 for n in range(len(found))], abs=1e-6)
