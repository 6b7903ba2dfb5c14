"""The parts of a recording are read as one, whichever of them are there."""

from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("mcap")
from shm_pub_sub import RecordingError
from shm_pub_sub._recording import mcap_format, reader
from shm_pub_sub._recording.mcap_writer import McapWriter
from shm_pub_sub._recording.reader import Recording
from support import json_values

Values = list[tuple[str, int, int]]
"""Topic, number of its publisher, and the value, which is its time too."""


def write(path: Path, values: Values, about: dict[str, str] | None = None) -> None:
    """Write a part. Channels and schemas are numbered by their first values."""
    writer = McapWriter(path, "none")
    if about is not None:
        writer.add_metadata("shm_pub_sub.recording", about)
    schema = writer.add_schema("int", "jsonschema", json_values.schema(int))
    channels: dict[tuple[str, int], int] = {}
    for topic, source, value in values:
        if (topic, source) not in channels:
            metadata = {"buffer_num": "5", "source": str(source)}
            channels[topic, source] = writer.add_channel(topic, "json", schema, metadata)
        channel = channels[topic, source]
        writer.add_message(channel, value, value, value, [json_values.encode(value)])
    writer.add_metadata(mcap_format.LOST, {"a": "1", "b": "2"})
    writer.finish()


def values(path: Path) -> list[tuple[str, int]]:
    with closing(Recording(path)) as recording:
        batches = recording.batches(recording.tracks, 0, 2**63)
        return [(recording.tracks[v.channel].topic, v.value) for batch in batches for v in batch]


PARTS: list[Values] = [
    [("a", 1, 1), ("b", 2, 3), ("a", 1, 5)],
    [("b", 2, 4), ("a", 1, 6), ("a", 3, 8)],  # b's first value is older than a's last before
    [("a", 3, 9), ("b", 2, 10)],
]
ALL = [("a", 1), ("b", 3), ("b", 4), ("a", 5), ("a", 6), ("a", 8), ("a", 9), ("b", 10)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for number, part in enumerate(PARTS):
        write(tmp_path / f"run_{number}.mcap", part)
    return tmp_path / "run.mcap"


def test_parts_are_one_recording(run: Path) -> None:
    assert values(run) == ALL
    with closing(Recording(run)) as recording:
        assert [part.name for part in recording.parts] == [f"run_{n}.mcap" for n in range(3)]
        # Each publisher has one channel, in all parts.
        assert sorted(track.topic for track in recording.tracks.values()) == ["a", "a", "b"]
        assert sorted(recording.counts.values()) == [2, 3, 3]
        assert recording.lost == {"a": 3, "b": 6}
        assert (recording.start_ns, recording.end_ns, recording.complete) == (1, 10, True)


def test_a_part_by_its_name_is_that_part(run: Path) -> None:
    assert values(run.with_name("run_1.mcap")) == [("b", 4), ("a", 6), ("a", 8)]


def test_a_file_of_the_name_is_the_recording(run: Path) -> None:
    write(run, [("c", 1, 1)])
    assert values(run) == [("c", 1)]


def test_oldest_parts_may_be_gone(run: Path) -> None:
    run.with_name("run_0.mcap").unlink()
    assert values(run) == [value for value in ALL if value[1] not in (1, 3, 5)]


@pytest.mark.parametrize("content", [b"", b"\x89MC"])
def test_last_part_may_just_have_begun(run: Path, content: bytes) -> None:
    run.with_name("run_10.mcap").write_bytes(content)
    assert values(run) == ALL
    with closing(Recording(run)) as recording:
        assert not recording.complete


def test_other_part_that_is_no_recording_is_an_error(run: Path) -> None:
    run.with_name("run_1.mcap").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"run_1.mcap': found no MCAP file"):
        Recording(run)


def test_no_part_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"run\.mcap"):
        Recording(tmp_path / "run.mcap")


def test_more_parts_than_may_stay_open(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_OPEN", 1)
    assert values(run) == ALL


@pytest.mark.parametrize("before", [True, False])
def test_values_that_the_part_before_has_too_are_read_once(tmp_path: Path, before: bool) -> None:
    if before:
        write(tmp_path / "run_0.mcap", [("a", 1, 1), ("a", 1, 2)], {"part": "0"})
    about = {"part": "1", "previous": "run_0.mcap", "repeats_until": "2"}
    write(tmp_path / "run_1.mcap", [("a", 1, 2), ("a", 1, 3)], about)
    assert values(tmp_path / "run.mcap") == [("a", n) for n in ((1, 2, 3) if before else (2, 3))]
    assert values(tmp_path / "run_1.mcap") == [("a", 2), ("a", 3)]
