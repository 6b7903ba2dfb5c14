"""shm-pub-sub record: what is in the file, as the mcap package's own reader has it."""

import json
import math
import os
import pty
import signal
import struct
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub._recording import mcap_format
from shm_pub_sub._recording.receiver import Receiver
from support.programs import DEADLINE, Program
from support.waiting import until

from ._reading import followed, record
from .conftest import Cli, RunCli, check_failure

mcap_reader = pytest.importorskip("mcap.reader")
ros2 = pytest.importorskip("mcap_ros2.decoder")


def end(recorder: Program, number: signal.Signals = signal.SIGINT) -> str:
    recorder.send_signal(number)
    _out, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0, err
    return err


def wait_written(path: Path, count: int) -> None:
    """Wait for so many values in a file."""
    until(lambda: written(path) >= count, f"{count} values in the file")


def written(path: Path) -> int:
    """Return how many messages are in the file of a recorder that goes on."""
    count = 0
    with path.open("rb") as file:
        reader = mcap_reader.NonSeekingReader(file).iter_messages(log_time_order=False)
        with suppress(Exception):  # where it ends
            for _ in reader:
                count += 1
    return count


def read(path: Path) -> list[tuple[str, Any, Any]]:
    """Topic, message and value of all messages, decoded by another program's package."""
    with path.open("rb") as file:
        reader = mcap_reader.make_reader(
            file, validate_crcs=True, decoder_factories=[ros2.DecoderFactory()]
        )
        return [
            (channel.topic, message, decoded.data)
            for _, channel, message, decoded in reader.iter_decoded_messages()
        ]


def metadata(path: Path) -> dict[str, dict[str, str]]:
    with path.open("rb") as file:
        records = mcap_reader.make_reader(file).iter_metadata()
        return {record.name: record.metadata for record in records}


@pytest.mark.parametrize("compression", ["zstd", "lz4", "none"])
def test_numbers_are_ros_messages(cli: Cli, path: Path, compression: str) -> None:
    with (
        shm_pub_sub.Publisher("a/bool", False, 10) as flag,
        shm_pub_sub.Publisher("a/float", 0.0, 10) as number,
        shm_pub_sub.Publisher("a/int", 0, 10) as count,
    ):
        recorder = record(cli, "-o", path, "--compression", compression, topics=3)
        before = time.time_ns()
        flag.publish_many([True, False])
        number.publish_many([0.1, -0.0, math.nan, math.inf, 1e300])
        count.publish_many([-(2**63), 2**63 - 1])
        after = time.time_ns()
        err = end(recorder)
    found = read(path)
    values = {
        topic: [value for name, _, value in found if name == topic]
        for topic in ("a/bool", "a/float", "a/int")
    }
    assert values["a/bool"] == [True, False]
    assert values["a/int"] == [-(2**63), 2**63 - 1]
    assert repr(values["a/float"]) == "[0.1, -0.0, nan, inf, 1e+300]"
    for _, message, _ in found:
        assert before - 10**6 <= message.log_time == message.publish_time <= after + 10**6
    assert [m.sequence for topic, m, _ in found if topic == "a/float"] == [1, 2, 3, 4, 5]
    assert "9 values of 3 topics, 0 lost" in err
    with path.open("rb") as file:
        summary = mcap_reader.make_reader(file).get_summary()
    assert {
        channel.topic: (channel.message_encoding, summary.schemas[channel.schema_id].name)
        for channel in summary.channels.values()
    } == {
        "a/bool": ("cdr", "std_msgs/msg/Bool"),
        "a/float": ("cdr", "std_msgs/msg/Float64"),
        "a/int": ("cdr", "std_msgs/msg/Int64"),
    }


def test_summary_says_what_is_in_the_file(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 7, unit="m/s") as speed:
        recorder = record(cli, "-o", path)
        published = time.monotonic_ns()
        speed.publish_many([1.0, 2.0])
        end(recorder)
    with path.open("rb") as file:
        summary = mcap_reader.make_reader(file).get_summary()
    (channel,) = summary.channels.values()
    assert channel.metadata == {
        "type": "float",
        "descriptor": "float",
        "metadata": '{"unit":"m/s"}',
        "buffer_num": "7",
        "views": "0",
        "loans": "0",
        "retain": "false",
        "publisher_pid": str(os.getpid()),
        "offered_qos_profiles": "",
        "source": "1",
    }
    statistics = summary.statistics
    assert (statistics.message_count, statistics.channel_message_counts) == (2, {1: 2})
    assert metadata(path)[mcap_format.LOST] == {"speed": "0"}
    # With the offset of the clocks the times are CLOCK_MONOTONIC's again.
    offset = int(metadata(path)[mcap_format.CLOCK]["epoch_minus_monotonic_ns"])
    (_, message, _), _ = read(path)
    assert 0 <= message.publish_time - offset - published < 10**9


def test_newest_value_is_recorded_as_of_the_beginning(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as speed:
        speed.publish_many([1.0, 2.0])
        until(lambda: shm_pub_sub.inspect("speed").age > 0.05, "it is old")  # type: ignore[operator]
        recorder = record(cli, "-o", path)
        speed.publish(3.0)
        end(recorder)
    (_, first, value), (_, second, _) = read(path)
    assert value == 2.0
    assert first.publish_time < first.log_time <= second.log_time


def test_topics_that_appear_later_are_recorded_from_their_first_value(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("robot/a", 0), shm_pub_sub.Publisher("other", 0) as other:
        recorder = record(cli, "robot/*", "-o", path)
        with shm_pub_sub.Publisher("robot/b", 0, 10) as late:
            late.publish_many([1, 2, 3])
            other.publish(9)
            until(lambda: followed(recorder, 2), "the new topic")
            end(recorder)
    assert [(topic, value) for topic, _, value in read(path)] == [
        ("robot/b", value) for value in (1, 2, 3)
    ]


def test_first_values_that_a_late_topic_no_longer_keeps_are_lost(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("a", 0):
        recorder = record(cli, "-o", path)
        os.kill(recorder.pid, signal.SIGSTOP)
        with shm_pub_sub.Publisher("late", 0, 3) as late:
            late.publish_many(range(10))
            os.kill(recorder.pid, signal.SIGCONT)
            until(lambda: followed(recorder, 2), "the new topic")
            err = end(recorder)
    assert [value for *_, value in read(path)] == [7, 8, 9]
    assert metadata(path)[mcap_format.LOST] == {"a": "0", "late": "7"}
    assert "late: lost 7 of 10" in err


def test_another_publisher_is_another_channel_also_of_another_type(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 5) as first:
        recorder = record(cli, "-o", path, "--compression", "none")
        first.publish_many([1.0, 2.0])
    with shm_pub_sub.Publisher("speed", 0.0, 6) as second:
        second.publish_many([3.0, 4.0])
        wait_written(path, 4)
    with shm_pub_sub.Publisher("speed", 0, 7) as third:
        third.publish_many([5, 6])
        wait_written(path, 6)
        end(recorder)
    with path.open("rb") as file:
        summary = mcap_reader.make_reader(file).get_summary()
    channels = summary.channels
    found = [(m.channel_id, m.sequence, value) for _, m, value in read(path)]
    assert [value for *_, value in found] == [1.0, 2.0, 3.0, 4.0, 5, 6]
    assert [number for number, *_ in found] == [1, 1, 2, 2, 3, 3]
    assert [channels[n].metadata["type"] for n in (1, 2, 3)] == ["float", "float", "int"]
    assert channels[3].metadata["buffer_num"] == "7"
    assert len({channels[n].schema_id for n in (1, 2, 3)}) == 2


def test_values_that_are_overwritten_first_are_counted(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("fast", 0, 4) as fast, shm_pub_sub.Publisher("slow", 0) as slow:
        recorder = record(cli, "-o", path, "--format", "json", topics=2)
        os.kill(recorder.pid, signal.SIGSTOP)
        fast.publish_many(range(100))
        slow.publish(1)
        os.kill(recorder.pid, signal.SIGCONT)
        recorder.send_signal(signal.SIGTERM)
        out, _err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0
    (line,) = out.splitlines()
    summary = json.loads(line)
    assert summary["topics"] == {
        "fast": {"values": 4, "lost": 96},
        "slow": {"values": 1, "lost": 0},
    }
    assert (summary["values"], summary["lost"]) == (5, 96)
    assert summary["bytes"] == path.stat().st_size
    assert metadata(path)[mcap_format.LOST] == {"fast": "96", "slow": "0"}
    assert Counter(topic for topic, *_ in read(path)) == {"fast": 4, "slow": 1}


def test_nothing_is_lost_of_a_full_ring(cli: Cli, path: Path) -> None:
    count = 20_000
    with shm_pub_sub.Publisher("fast", 0, count) as fast:
        recorder = record(cli, "-o", path, "--count", count)
        for begin in range(0, count, 500):
            fast.publish_many(range(begin, begin + 500))
        recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0
    assert [value for *_, value in read(path)] == [*range(count)]


def test_file_of_a_killed_recorder_can_be_read(cli: Cli, run_cli: RunCli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 10) as speed:
        recorder = record(cli, "-o", path)
        size = path.stat().st_size
        speed.publish_many([1.0, 2.0, 3.0])
        until(lambda: path.stat().st_size > size + 100, "a chunk within a second or two")
        recorder.kill()
        recorder.wait()
    assert written(path) == 3
    with path.open("rb") as file:
        read_on = mcap_reader.NonSeekingReader(file).iter_messages(log_time_order=False)
        values = [struct.unpack("<4xd", next(read_on)[2].data)[0] for _ in range(3)]
    assert values == [1.0, 2.0, 3.0]
    # Torn in the next record.
    path.write_bytes(path.read_bytes() + b"\x06\xff\x00")
    played = run_cli("play", path, "--format", "json")
    assert "is incomplete" in played.stderr
    assert json.loads(played.stdout)["values"] == 3


def test_existing_file_is_kept_unless_forced(run_cli: RunCli, path: Path) -> None:
    path.write_text("precious")
    check_failure(
        run_cli("record", "-o", path, "-d", 0.1),
        "found an existing file; pass another name or --force",
        2,
    )
    assert path.read_text() == "precious"
    assert run_cli("record", "-o", path, "-d", 0.1, "--force").returncode == 0
    assert read(path) == []


def test_default_name_is_the_time(run_cli: RunCli, tmp_path: Path) -> None:
    assert run_cli("record", "-d", 0.1, cwd=tmp_path).returncode == 0
    (path,) = tmp_path.iterdir()
    time.strptime(path.name, "shm_%Y-%m-%d_%H-%M-%S.mcap")


def test_place_that_cannot_be_written_is_an_error(run_cli: RunCli, tmp_path: Path) -> None:
    check_failure(
        run_cli("record", "-o", tmp_path / "no" / "run.mcap"), "No such file or directory"
    )


def test_a_signal_that_comes_twice_at_once_leaves_a_complete_file(cli: Cli, path: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 100_000) as speed:
        speed.publish(1.0)
        recorder = record(cli, "-o", path, "--compression", "none")
        wait_written(path, 1)
        speed.publish_many([2.0] * 50_000)  # what it has yet to write
        recorder.send_signal(signal.SIGINT)
        err = end(recorder)
    assert "50001 values of 1 topic, 0 lost" in err
    with path.open("rb") as file:
        summary = mcap_reader.make_reader(file).get_summary()
    assert summary is not None
    assert summary.statistics.message_count == 50_001


def test_a_name_that_no_topic_had_is_said(run_cli: RunCli, tmp_path: Path) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0):
        ended = run_cli("record", "-o", tmp_path / "x", "-d", 0.1, "robot/sped", "robot/*")
    assert ended.returncode == 3
    assert "no topic 'robot/sped'" in ended.stderr
    assert "did you mean 'robot/speed'" in ended.stderr
    assert "robot/*" not in ended.stderr


def test_full_disk_is_an_error(run_cli: RunCli) -> None:
    check_failure(
        run_cli("record", "-o", "/dev/full", "--force", "-d", 5),
        "/dev/full: No space left on device",
    )


def test_without_the_mcap_package_it_says_what_to_install(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "mcap.py").write_text("raise ImportError\n")
    for verb in (["record", "-o", tmp_path / "x"], ["play", tmp_path / "x"]):
        environment = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        failed = run_cli(*verb, env=environment)
        assert failed.returncode == 1
        assert "pip install mcap" in failed.stderr


def test_progress_is_shown_on_a_terminal(cli: Cli, tmp_path: Path) -> None:
    terminal, screen = pty.openpty()
    with shm_pub_sub.Publisher("speed", 0.0, 10) as speed:
        speed.publish(1.0)
        recorder = cli.start("record", "-o", tmp_path / "run.mcap", "-d", 1, stderr=screen)
        assert recorder.wait(DEADLINE) == 0
    os.close(screen)
    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert shown.count("\r") > 2
    assert "1 value of 1 topic, 0 lost" in shown


def test_topics_that_are_gone_for_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shm_pub_sub._recording.receiver.FORGET", 0.0)
    monkeypatch.setattr("shm_pub_sub._opening.LOOK", 0.0)
    receiver = Receiver([], math.inf)
    for _ in range(2):
        with shm_pub_sub.Publisher("topic", 0) as pub:
            pub.publish(1)
            receiver._look()
        assert list(receiver._follower.topics) == ["topic"]
        receiver._look()
        receiver._look()
        assert list(receiver._follower.topics) == ["topic"], "its value has not been taken"
        receiver._take([receiver._follower.topics["topic"]])
        receiver._look()
        assert not receiver._follower.topics
        assert not receiver._taken
    assert receiver.batches.get() is not None
