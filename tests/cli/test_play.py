"""shm-pub-sub play: what a recording has comes back as it was."""

import json
import math
import os
import signal
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import json_values
from support.programs import DEADLINE
from support.waiting import until

from ._reading import record
from .conftest import Cli, RunCli, check_failure

mcap_writer = pytest.importorskip("mcap.writer")
from shm_pub_sub._recording.mcap_writer import McapWriter  # noqa: E402
from shm_pub_sub._recording.reader import Recording  # noqa: E402

START = 1_700_000_000_000_000_000  # ns since the epoch

Timed = tuple[float, bool | int | float]


def write(path: Path, topics: dict[str, list[Timed]], buffers: int | str = 100) -> None:
    """Write a recording: of each topic its values, with their seconds since the start."""
    writer = McapWriter(path, "zstd")
    messages = []
    for topic, values in topics.items():
        kind = type(values[0][1])
        schema = writer.add_schema(kind.__name__, "jsonschema", json_values.schema(kind))
        channel = writer.add_channel(topic, "json", schema, {"buffer_num": str(buffers)})
        messages += [(seconds, channel, value) for seconds, value in values]
    for seconds, channel, value in sorted(messages, key=lambda message: message[0]):
        time_ns = START + round(seconds * 1e9)
        writer.add_message(channel, 1, time_ns, time_ns, (json_values.encode(value),))
    writer.finish()


def as_float(data: bytes) -> float:
    value: float = struct.unpack("d", data)[0]
    return value


def bits(value: bool | int | float) -> object:
    return struct.pack("d", value) if type(value) is float else (type(value), value)


class Listener:
    """Receives all values of a topic from now on."""

    def __init__(self, name: str, default: Any) -> None:
        self.name = name
        self.values: list[Any] = []
        self._listener: Any = shm_pub_sub.Subscriber(name, default, callback=self.values.append)

    def received(self, count: int) -> list[Any]:
        """Wait for the first so many values."""
        until(lambda: len(self.values) >= count, f"{count} values of {self.name}")
        return self.values[:count]

    def close(self) -> None:
        self._listener.close()


@contextmanager
def listening(*topics: tuple[str, Any]) -> Iterator[list[Listener]]:
    listeners = [Listener(*topic) for topic in topics]
    yield listeners
    for listener in listeners:
        listener.close()


def test_late_measurements_are_recorded_in_the_order_of_their_times(cli: Cli, path: Path) -> None:
    """A slow topic's values come after those of a fast one that were measured later."""
    with (
        shm_pub_sub.Publisher("slow", 0, 100) as slow,
        shm_pub_sub.Publisher("fast", 0, 100) as fast,
    ):
        recorder = record(cli, "-o", path, "-n", 60, topics=2)
        first = time.monotonic_ns()
        for n in range(30):
            fast.publish(n)
            slow.publish_at(n, first + (time.monotonic_ns() - first) // 2)
        recorder.communicate(timeout=DEADLINE)
    with closing(Recording(path)) as recording:
        found = [v for batch in recording.batches(recording.tracks, 0, 2**63) for v in batch]
        topic_of = {number: track.topic for number, track in recording.tracks.items()}
    assert [v.time_ns for v in found] == sorted(v.time_ns for v in found)
    for name in ("slow", "fast"):
        assert [v.value for v in found if topic_of[v.channel] == name] == [*range(30)]


def test_values_types_and_buffers_are_as_recorded(run_cli: RunCli, path: Path) -> None:
    values: dict[str, list[Timed]] = {
        "a/bool": [(0.0, True), (0.1, False)],
        "a/int": [(0.0, 2**63 - 1), (0.05, -(2**63))],
        "a/float": [(0.0, 0.1), (0.1, -0.0), (0.1, math.inf), (0.2, 1e-320)],
    }
    write(path, values, buffers=17)
    with listening(("a/bool", False), ("a/int", 0), ("a/float", 0.0)) as listeners:
        played = run_cli("play", path)
        assert played.returncode == 0, played.stderr
        assert "published 8 values of 3 topics" in played.stderr
        for listener in listeners:
            expected = [value for _, value in values[listener.name]]
            assert list(map(repr, listener.received(len(expected)))) == list(map(repr, expected))


def test_timing_is_as_recorded_or_by_the_rate(cli: Cli, path: Path) -> None:
    write(path, {"a": [(step / 5, step) for step in range(6)]})
    for options, expected in (((), 1.0), (("--speed", 5), 0.2)):
        subscriber = shm_pub_sub.Subscriber("a", 0)
        player = cli.start("play", path, *options)
        times = [subscriber.recv_sample(DEADLINE).time_ns for _ in range(6)]
        assert player.wait(DEADLINE) == 0
        assert abs((times[-1] - times[0]) / 1e9 - expected) < 0.35  # the machine may be busy


def test_part_of_a_recording_under_another_name(run_cli: RunCli, path: Path) -> None:
    write(path, {"a/x": [(n / 100, n) for n in range(100)], "b": [(0.5, True)]})
    options = ("--start-offset", 0.3, "--duration", 0.05, "--remap", "a/x:=new")
    with listening(("new", -1)) as (listener,):
        played = run_cli("play", path, "a/*", *options, "--format", "json")
        assert played.returncode == 0, played.stderr
        assert listener.received(5) == [30, 31, 32, 33, 34]
    assert json.loads(played.stdout)["values"] == 5


def test_loop_goes_on_until_it_is_ended(cli: Cli, path: Path, shm_dir: Path) -> None:
    write(path, {"a": [(0.0, 1), (0.01, 2), (0.02, 3)]})
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with listening(("a", 0)) as (listener,):
            player = cli.start("play", path, "--loop")
            assert listener.received(9) == [1, 2, 3] * 3
            player.send_signal(number)
            _out, err = player.communicate(timeout=DEADLINE)
        assert (player.returncode, err) == (code, "")
        assert list(shm_dir.iterdir()) == []


def test_topic_changes_its_type_as_it_did(run_cli: RunCli, path: Path) -> None:
    writer = McapWriter(path, "none")
    for step, value in enumerate([1.5, 7, True]):
        kind = type(value)
        schema = writer.add_schema(kind.__name__, "jsonschema", json_values.schema(kind))
        channel = writer.add_channel("a", "json", schema, {"buffer_num": str(step + 3)})
        writer.add_message(channel, 1, START + step * 10**8, START, (json_values.encode(value),))
    writer.finish()
    with closing(Recording(path)) as recording:
        kinds = [(track.type_name, track.buffer_num) for track in recording.tracks.values()]
    assert kinds == [("float", 3), ("int", 4), ("bool", 5)]
    with listening(("a", False)) as (listener,):
        played = run_cli("play", path)
        assert played.returncode == 0, played.stderr
        assert listener.received(1) == [True]


@given(
    data=st.fixed_dictionaries(
        {
            "bool": st.lists(st.booleans(), min_size=1, max_size=300),
            "int": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=300),
            "float": st.lists(
                st.floats() | st.binary(min_size=8, max_size=8).map(as_float),
                min_size=1,
                max_size=300,
            ),
        }
    )
)
@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_recording_is_played_to_the_bit(cli: Cli, path: Path, data: dict[str, list[Any]]) -> None:
    total = sum(map(len, data.values()))
    with ExitStack() as stack:
        publishers: Any = {
            name: stack.enter_context(shm_pub_sub.Publisher(name, type(values[0])(), 300))
            for name, values in data.items()
        }
        recorder = record(cli, "-o", path, "--force", "--count", total, topics=3)
        for name, values in data.items():
            publishers[name].publish_many(values)
        _out, err = recorder.communicate(timeout=DEADLINE)
        assert recorder.returncode == 0, err
    with listening(*((name, type(values[0])()) for name, values in data.items())) as listeners:
        assert cli.run("play", path).returncode == 0
        for listener in listeners:
            expected = data[listener.name]
            assert [*map(bits, listener.received(len(expected)))] == [*map(bits, expected)]


def test_live_publisher_is_refused_before_anything_is_played(run_cli: RunCli, path: Path) -> None:
    write(path, {"a": [(0.0, 1)], "b": [(0.0, 2)]})
    with shm_pub_sub.Publisher("b", 0), listening(("a", 0)) as (listener,):
        refused = run_cli("play", path)
        assert refused.returncode == 1
        assert f"found live publishers of b (process {os.getpid()})" in refused.stderr
        assert listener.values == []
        assert run_cli("play", path, "--remap", "b:=c").returncode == 0
        assert listener.received(1) == [1]


@pytest.mark.parametrize("chunked", [True, False])
def test_numbers_of_another_program_are_played(run_cli: RunCli, path: Path, chunked: bool) -> None:
    with path.open("wb") as file:
        writer = mcap_writer.Writer(file, use_chunking=chunked)
        writer.start()
        number = {"type": "object", "properties": {"value": {"type": "number"}, "unit": {}}}
        schema = writer.register_schema("Reading", "jsonschema", json.dumps(number).encode())
        reading = writer.register_channel("reading", "json", schema)
        text = {"type": "object", "properties": {"text": {"type": "string"}}}
        schema = writer.register_schema("Log", "jsonschema", json.dumps(text).encode())
        log = writer.register_channel("log", "json", schema)
        for step in (2, 0, 1):  # the order of the file is not that of time
            time_ns = START + step * 10**6
            message = json.dumps({"value": step, "unit": "m"}).encode()
            writer.add_message(reading, time_ns, message, time_ns)
            writer.add_message(log, time_ns, b'{"text":"hello"}', time_ns)
        writer.finish()
    with listening(("reading", 0.0)) as (listener,):
        played = run_cli("play", path)
        assert played.returncode == 0, played.stderr
        assert "log is skipped: found the schema 'Log', whose property 'value'" in played.stderr
        assert listener.received(3) == [0.0, 1.0, 2.0]
    check_failure(
        run_cli("play", path, "log"), "found no topic that matches 'log'; expected one of reading"
    )


def test_chunks_that_overlap_are_read_in_the_order_of_time(path: Path) -> None:
    writer = McapWriter(path, "lz4")
    schema = writer.add_schema("int", "jsonschema", json_values.schema(int))
    channel = writer.add_channel("a", "json", schema, {})
    for chunk in ([3, 9, 1], [2, 4, 12], [0, 20], [15]):
        for value in chunk:
            writer.add_message(
                channel, 1, START + value, START + value, (json_values.encode(value),)
            )
        writer.flush()
    writer.finish()
    with closing(Recording(path)) as recording:
        assert (recording.start_ns, recording.end_ns) == (START, START + 20)
        for first, end in ((0, 21), (1, 20), (4, 5), (5, 9)):
            batches = recording.batches([channel], START + first, START + end)
            played = [value for batch in batches for *_, value in batch]
            values = [0, 1, 2, 3, 4, 9, 12, 15, 20]
            assert played == [value for value in values if first <= value < end]


def test_every_way_to_cut_a_file_off_leaves_what_was_flushed(path: Path) -> None:
    writer = McapWriter(path, "zstd")
    channel = writer.add_channel(
        "a", "json", writer.add_schema("int", "jsonschema", json_values.schema(int)), {}
    )
    chunks = []
    for value in range(3):
        writer.add_message(channel, 1, START + value, START + value, (json_values.encode(value),))
        writer.flush()
        chunks.append(path.stat().st_size)
    writer.finish()
    whole = path.read_bytes()
    for size in range(8, len(whole) - 8):
        path.write_bytes(whole[:size])
        with closing(Recording(path)) as recording:
            assert not recording.complete
            values = [v for batch in recording.batches([channel], 0, 2**63) for *_, v in batch]
        flushed = sum(size >= end for end in chunks)
        assert values[:flushed] == [*range(flushed)]
        assert len(values) - flushed in (0, 1)  # a chunk is whole before its index is


def test_damaged_file_is_an_error(run_cli: RunCli, path: Path) -> None:
    write(path, {"a": [(n / 1e6, n * 1.1) for n in range(100)]})
    whole = bytearray(path.read_bytes())
    whole[300] ^= 0xFF
    path.write_bytes(whole)
    check_failure(run_cli("play", path), "found a damaged chunk at byte")


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 20, "9" * 5000, "\u0669" * 5])
def test_absurd_number_of_buffers_is_the_usual_one(path: Path, number: str) -> None:
    write(path, {"a": [(0.0, 1)]}, buffers=number)
    with closing(Recording(path)) as recording:
        assert recording.tracks[1].buffer_num == 3


def test_more_buffers_than_there_is_memory_for_are_an_error(run_cli: RunCli, path: Path) -> None:
    write(path, {"a": [(0.0, 1)]}, buffers=2**36)
    check_failure(run_cli("play", path), "Failed to create shared memory")


@pytest.mark.parametrize(
    ("content", "arguments", "code", "error"),
    [
        (b"", (), 1, "found no MCAP file"),
        (b"name,value\n", (), 1, "found no MCAP file"),
        (b"\x89MCAP0\r\n", (), 1, "found no topic; expected"),
        (None, ("c",), 1, "found no topic that matches 'c'; expected one of a, b"),
        (None, ("--start-offset", 9), 1, "of 0.500 s; expected a smaller --start-offset"),
        (None, ("--remap", "c:=d"), 1, "found 'c' in --remap; expected a topic that is played"),
        (None, ("--remap", "a:=b"), 1, "found 2 topics with the new name 'b'"),
        (None, ("--remap", "a=b"), 2, "expected two names, OLD:=NEW"),
        (None, ("--speed", 0), 2, "more than 0"),
        (None, ("a", "--loop", "-d", 1e-9), 1, "found only one instant"),
    ],
)
def test_wrong_input_is_explained(
    run_cli: RunCli, path: Path, content: bytes | None, arguments: Any, code: int, error: str
) -> None:
    write(path, {"a": [(0.0, 1), (0.5, 2)], "b": [(0.0, 1.5)]})
    if content is not None:
        path.write_bytes(content)
    failed = run_cli("play", path, *arguments)
    check_failure(failed, error, code)


def test_missing_file_is_an_error(run_cli: RunCli, tmp_path: Path) -> None:
    check_failure(run_cli("play", tmp_path / "none.mcap"), "No such file or directory")


def test_loop_over_nothing_is_an_error(run_cli: RunCli, tmp_path: Path) -> None:
    write(tmp_path / "run.mcap", {"early": [(0, True)], "late": [(2.0, 1)]})
    check_failure(
        run_cli("play", tmp_path / "run.mcap", "early", "--loop", "--start-offset", 1),
        "found no value to publish",
    )


def test_name_that_looks_like_a_pattern_is_played(run_cli: RunCli, tmp_path: Path) -> None:
    write(tmp_path / "run.mcap", {"joint[1]": [(0, True)], "joint1": [(0, False)]})
    ended = run_cli("play", tmp_path / "run.mcap", "joint[1]")
    assert (ended.returncode, "published 1 value of 1 topic" in ended.stderr) == (0, True)


@pytest.mark.parametrize(("absent", "code"), [("nope", 1), ("nope*", 0)])
@pytest.mark.parametrize("options", [(), ("--format", "json")], ids=str)
def test_what_is_not_in_the_file_is_said(
    run_cli: RunCli, tmp_path: Path, options: tuple[str, ...], absent: str, code: int
) -> None:
    write(tmp_path / "run.mcap", {"speed": [(0, 1.0)]})
    ended = run_cli("play", *options, tmp_path / "run.mcap", "speed", absent)
    assert (ended.returncode, f"found no topic {absent!r}" in ended.stderr) == (code, True)


def test_excluded_topics_are_not_played(run_cli: RunCli, path: Path) -> None:
    write(path, {"arm/a": [(0, 1)], "arm/b": [(0, 2)], "leg": [(0, 3)]})
    played = run_cli("play", path, "arm/*", "--exclude", "*/b", "--exclude", "nothing")
    assert (played.returncode, "published 1 value of 1 topic" in played.stderr) == (0, True)
    check_failure(run_cli("play", path, "--exclude", "*"), "found no topic; expected one of arm/a")


def test_topic_has_one_new_name(run_cli: RunCli, tmp_path: Path) -> None:
    write(tmp_path / "run.mcap", {"speed": [(0, 1.0)]})
    ended = run_cli("play", tmp_path / "run.mcap", "-m", "speed:=a", "-m", "speed:=b")
    assert (ended.returncode, "found 2 new names for 'speed'" in ended.stderr) == (1, True)


def test_closed_terminal_takes_its_topics_away(cli: Cli, tmp_path: Path, shm_dir: Path) -> None:
    write(tmp_path / "run.mcap", {"speed": [(0, 1.0), (60.0, 2.0)]})
    with shm_pub_sub.Subscriber("speed", 0.0) as sub:
        player = cli.start("play", tmp_path / "run.mcap")
        assert sub.recv(DEADLINE) == 1.0
        player.send_signal(signal.SIGHUP)
        assert player.wait(DEADLINE) == 128 + signal.SIGHUP
    assert list(shm_dir.iterdir()) == []
