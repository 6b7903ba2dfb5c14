"""read_recording(): arrays, lists, DataFrames and streams of what a recording has."""

import gc
import multiprocessing
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("mcap")
import shm_pub_sub
from cli import _mcap_suite as suite
from cli.test_mcap_conformance import numbers
from shm_pub_sub import Recorded, RecordingError, TopicNotFoundError, read_recording
from shm_pub_sub._cli import main
from shm_pub_sub._recording import columns
from shm_pub_sub._recording.mcap_file import McapFile
from shm_pub_sub._recording.reader import Recording
from support.recordings import START, STEP, write

from unit.values.test_raw_values import same


class Imu(NamedTuple):
    ax: Annotated[float, shm_pub_sub.Unit("m/s^2")] = 0.0
    n: int = 0
    pose: np.ndarray[Any, Any] = np.zeros(3, np.float32)


class Labelled(NamedTuple):
    name: Annotated[str, 20] = ""
    x: float = 0.0


NAN = struct.unpack("<d", b"\1\2\3\4\5\6\xff\xff")[0]
POINT = np.dtype([("x", "f4"), ("y", "f8")], align=True)
VALUES: dict[str, list[Any]] = {
    "float": [0.5, -0.0, float("inf"), NAN],
    "int": [0, -(2**63), 2**63 - 1],
    "bool": [True, False],
    "float32": [np.float32(1.5), np.float32(2.5)],
    "complex": [1 + 2j],
    "image": [np.full((20, 30, 3), n, np.uint8) for n in range(4)],
    "joints": [np.arange(7.0) + n for n in range(3)],
    "half": [np.zeros((2, 2), np.float16)],
    "points": [np.array([(n, 2.5), (3, 4)], POINT) for n in range(3)],
    "imu": [Imu(0.5 * n, n, np.full(3, n, np.float32)) for n in range(5)],
    "text": ["one", "", "drei \N{SNOWMAN}"],
    "bytes": [b"\0\1", b""],
    "list": [[0.5, 1.5], []],
    "scan": [np.zeros((n, 2), np.float32) for n in (1, 0, 3)],
    "labelled": [Labelled("a", 0.5), Labelled("b", 1.5)],
    "labels": [[Labelled("a", 0.5)], []],
}
VARYING = {"text", "bytes", "list", "scan", "labels"}
LISTS = VARYING | {"labelled"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    about = {topic: {"max_size": 50} for topic in VARYING} | {
        "float": {"unit": "m/s", "description": "how fast <b>"},
    }
    path = tmp_path / "run.mcap"
    write(path, VALUES, about=about, lost={"float": 3})
    return path


def test_values_are_arrays_or_lists(recording: Path) -> None:
    found = read_recording(recording)
    assert [*found] == sorted(VALUES)
    for topic, recorded in found.items():
        values = VALUES[topic]
        assert recorded.time_ns.tolist() == [START + n * STEP for n in range(len(values))]
        assert recorded.time_ns.dtype == np.int64
        assert len(recorded) == len(values)
        if topic in LISTS:
            assert isinstance(recorded.values, list)
            continue
        assert len(recorded.values) == len(values)
        if topic == "imu":
            assert recorded.values["ax"].tolist() == [each.ax for each in values]
            assert recorded.values["pose"].tolist() == [each.pose.tolist() for each in values]
        elif topic == "points":
            assert recorded.values.tolist() == [each.tolist() for each in values]
        else:
            assert same(recorded.values, np.array(values, recorded.values.dtype)), topic
    assert found["image"].values.shape == (4, 20, 30, 3)
    assert found["float32"].values.dtype == np.float32
    assert found["points"].values.dtype == POINT
    assert found["float"].values.tobytes() == struct.pack("<4d", *VALUES["float"])


def test_iterating_gives_what_a_subscriber_gives(recording: Path) -> None:
    found = read_recording(recording)
    for topic, values in VALUES.items():
        varies = {"max_size": 50} if topic in VARYING else {}
        with (
            shm_pub_sub.Publisher(topic, values[0], **varies) as pub,
            shm_pub_sub.Subscriber(topic) as sub,
        ):
            for n, (time_ns, value) in enumerate(found[topic]):
                pub.publish(values[n])
                assert same(value, sub.recv(timeout=10)), topic
                assert time_ns == START + n * STEP
        assert len([*found[topic]]) == len(values)
        if topic in LISTS:
            assert same(found[topic].values, [value for _, value in found[topic]])


def test_about_a_topic(recording: Path) -> None:
    found = read_recording(recording)
    recorded = found["float"]
    assert isinstance(recorded, Recorded)
    assert (recorded.topic, recorded.type_name, recorded.unit) == ("float", "float", "m/s")
    assert recorded.metadata == {"unit": "m/s", "description": "how fast <b>"}
    assert (recorded.lost, found["int"].lost, found["int"].unit) == (3, 0, "")
    assert found["image"].type_name == "uint8[20,30,3]"
    assert repr(recorded) == "<Recorded 'float': float, 4 values>"
    assert (found.start_ns, found.seconds, found.complete) == (START, 0.04, True)
    assert found.not_read == {}
    lines = repr(found).splitlines()
    assert lines[0].split() == ["topic", "type", "values", "lost", "unit"]
    assert [line.split() for line in lines if line.startswith("float ")] == [
        ["float", "float", "4", "3", "m/s"]
    ]
    html = recorded._repr_html_() + found._repr_html_()
    assert "how fast &lt;b&gt;" in html
    assert "uint8[20,30,3]" in html


def test_nothing_is_read_until_asked_for(recording: Path, monkeypatch: Any) -> None:
    read: list[list[int]] = []
    batches = Recording.batches
    monkeypatch.setattr(
        Recording, "batches", lambda s, n, *span: read.append([*n]) or batches(s, n, *span)
    )
    found = read_recording(recording)
    assert repr(found)
    assert found._repr_html_()
    assert (len(found["image"]), read) == (4, [])
    assert found["image"].values is not None
    assert found["image"].time_ns is not None
    assert [len(each) for each in read] == [1]


@pytest.mark.parametrize("by_columns", [True, False])
def test_small_topics_are_read_in_one_pass(
    by_columns: bool, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents: list[int] = []
    content = McapFile.content
    monkeypatch.setattr(
        McapFile, "content", lambda s, chunk: contents.append(chunk.place) or content(s, chunk)
    )
    if not by_columns:
        monkeypatch.setattr(columns, "columns", lambda *_: None)
    found = read_recording(recording)
    small = ["float", "int", "bool", "float32"]
    assert [len(found[topic].values) for topic in small] == [len(VALUES[t]) for t in small]
    assert len(contents) == len({*contents}) == 1
    only = read_recording(recording)["float"]  # the others are forgotten
    gc.collect()
    assert only.values.size == 4
    assert len(only._channels.source.known) == 1


def values_of(path: Path, **span: float) -> dict[str, tuple[Any, list[int]]]:
    return {
        topic: (recorded.values, recorded.time_ns.tolist())
        for topic, recorded in read_recording(path, **span).items()
    }


def test_columns_are_what_a_loop_finds(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, merged = tmp_path / "other.mcap", tmp_path / "merged.mcap"
    # Another publisher of the same topics, at times between the first one's and equal to them.
    write(other, {t: v for t, v in VALUES.items() if t not in VARYING}, start=START + STEP // 2)
    assert main(["recording", "merge", str(recording), str(other), "-o", str(merged)]) == 0
    expected = []
    for path in (recording, merged):
        for span in ({}, {"start": 0.01, "end": 0.025}):
            with monkeypatch.context() as patch:
                patch.setattr(columns, "columns", lambda *_: None)
                expected.append(values_of(path, **span))
            found = values_of(path, **span)
            for topic, (values, times) in expected[-1].items():
                assert found[topic][1] == times
                assert same(found[topic][0], values), topic


INDEX, DATA_END = 7, 15


def damage_index(path: Path, place: int, *, killed: bool, number: int = 0, flip: int = 4) -> None:
    """Change a byte of an index record; cut the file off where its summary begins."""
    data = bytearray(path.read_bytes())
    record, found = len(suite.MAGIC), []
    while data[record] != DATA_END:
        if data[record] == INDEX:
            found.append(record)
        record += 9 + int(struct.unpack_from("<Q", data, record + 1)[0])
    data[found[number] + 9 + place] ^= flip
    path.write_bytes(data[:record] if killed else data)


@pytest.mark.parametrize(
    ("place", "killed"), [(0, False), (4, True), (6, False), (6, True), (14, True), (22, False)]
)
def test_a_wrong_index_costs_no_value(place: int, killed: bool, recording: Path) -> None:
    """Its channel, length, a time or a place is another: a loop reads the values."""
    expected = values_of(recording)
    damage_index(recording, place, killed=killed)
    try:
        found = values_of(recording)
    except RecordingError as error:
        assert "damaged" in str(error)  # noqa: PT017 - seen when the file is opened
        return
    for topic, (values, times) in expected.items():
        assert found[topic][1] == times
        assert same(found[topic][0], values), topic
        alone = read_recording(recording, topic)[topic]
        assert [time_ns for time_ns, _ in alone] == times
        assert len(read_recording(recording)[topic]) == len(times)


@pytest.mark.parametrize("number", range(3))
def test_a_wrong_index_of_a_killed_recorder_is_damage(number: int, tmp_path: Path) -> None:
    """Without a summary to compare it with, it is found when the chunk is read."""
    path = tmp_path / "run.mcap"
    write(path, {"big": [np.full(100_000, n, np.uint8) for n in range(3)], "float": [0.5, 1.5]})
    damage_index(path, 0, killed=True, number=number, flip=3)  # it says that it has the floats
    with pytest.raises(RecordingError, match="whose index has other messages"):
        len(read_recording(path)["float"].values)


def test_a_damaged_topic_leaves_the_others_readable(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    write(path, {"bool": [True], "int": [3, 4]})
    data = bytearray(path.read_bytes())
    file = McapFile(path, keep_open=False)
    (chunk,) = file.chunks
    content = bytearray(file.content(chunk))
    content[content.index(b"\0\1\0\0\1") + 4] = 9
    packed = struct.pack("<QQQII", chunk.start_ns, chunk.end_ns, len(content), 0, 0)
    packed += struct.pack("<Q", len(content)) + content
    data[chunk.place - 9 : chunk.place + chunk.length] = suite.packed_record(suite.CHUNK, packed)
    path.write_bytes(data)
    found = read_recording(path)
    assert [*found["int"].values] == [3, 4]
    with pytest.raises(RecordingError, match="bool"):
        len(found["bool"].values)


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ("float", ["float"]),
        (["float*", "int"], ["float", "float32", "int"]),
        ("no*", []),
        ([], []),
        (("im?",), ["imu"]),
    ],
    ids=str,
)
def test_topics(topics: Any, expected: list[str], recording: Path) -> None:
    assert [*read_recording(str(recording), topics)] == expected


def test_a_part_of_the_time(recording: Path) -> None:
    found = read_recording(recording, start=0.01, end=0.03)
    assert found["imu"].values["n"].tolist() == [1, 2]
    assert [len(found[topic]) for topic in ("imu", "float", "int", "complex")] == [2, 2, 2, 0]
    assert found["complex"].values.shape == (0,)
    assert found["image"].values.shape == (2, 20, 30, 3)
    assert read_recording(recording, "half", start=5)["half"].values.shape == (0, 2, 2)
    assert [time for time, _ in read_recording(recording, end=0.01)["int"]] == [START]


def test_a_dataframe_has_a_column_for_each_number(recording: Path) -> None:
    pytest.importorskip("pandas")
    found = read_recording(recording)
    for topic, values in VALUES.items():
        frame = found[topic].to_pandas()
        assert len(frame) == len(values), topic
        assert str(frame.index.tz) == "UTC"
        assert frame.index[0].value == START
    assert found["float"].to_pandas()["value"].dtype == "float64"
    imu = found["imu"].to_pandas()
    assert [*imu] == ["ax", "n", "pose[0]", "pose[1]", "pose[2]"]
    assert imu["pose[1]"].tolist() == [0, 1, 2, 3, 4]
    assert imu["pose[1]"].dtype == "float32"
    assert [*found["joints"].to_pandas()] == [f"value[{n}]" for n in range(7)]
    assert found["image"].to_pandas()["value"].iloc[2].tolist() == VALUES["image"][2].tolist()
    assert [*found["labelled"].to_pandas()["name"]] == ["a", "b"]


def test_publishers_of_several_types(tmp_path: Path) -> None:
    one, other, both = (tmp_path / f"{name}.mcap" for name in ("one", "other", "both"))
    write(one, {"t": [0.5]})
    write(other, {"t": [np.zeros(2), np.ones(2)]}, start=START + 1)
    assert main(["recording", "merge", str(one), str(other), "-o", str(both)]) == 0
    found = read_recording(both)["t"]
    assert found.type_name == "float, float64[2]"
    assert found.values[0] == 0.5
    assert [each.tolist() for each in found.values[1:]] == [[0, 0], [1, 1]]
    assert len(found) == 3
    pytest.importorskip("pandas")
    assert found.to_pandas()["value"].iloc[0] == 0.5


def test_parts_are_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in range(3):
        write(tmp_path / f"run_{part}.mcap", {"t": [part, part]}, start=START + part * 10**9)
    monkeypatch.chdir(tmp_path)
    found = read_recording("run.mcap")
    monkeypatch.chdir("/")
    assert found["t"].values.tolist() == [0, 0, 1, 1, 2, 2]
    assert len(read_recording(tmp_path / "run_1.mcap")["t"]) == 2


def _sum_of_image(recorded: Recorded, queue: Any) -> None:
    queue.put((int(recorded.values.sum()), len([*recorded])))


def test_no_descriptor_stays_open_and_forked_children_read_on(recording: Path) -> None:
    def descriptors() -> int:
        return len([*Path("/proc/self/fd").iterdir()])

    before = descriptors()
    found = read_recording(recording)
    assert descriptors() == before
    iterator = iter(found["image"])
    next(iterator)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    processes = [
        context.Process(target=_sum_of_image, args=(found["image"], queue)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    assert [queue.get(), queue.get()] == [(sum(range(4)) * 1800, 4)] * 2
    for process in processes:
        process.join(30)
    assert len([*iterator]) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((5,), shm_pub_sub.TopicTypeError, "found the path 5; expected a str"),
        (("\0",), shm_pub_sub.TopicValueError, "NUL"),
        (("{}", 5), shm_pub_sub.TopicTypeError, "found topics 5; expected names"),
        (("{}", [5]), shm_pub_sub.TopicTypeError, "expected names"),
        (("{}", "gone\n"), TopicNotFoundError, r"found no topic 'gone\\n'; expected one of bool"),
        (("{}", ["int", "gone"]), TopicNotFoundError, "found no topic 'gone'"),
        (("no.mcap",), FileNotFoundError, "No such file"),
        (("/",), RecordingError, "regular file"),
    ],
    ids=str,
)
def test_wrong_arguments(arguments: Any, error: Any, words: str, recording: Path) -> None:
    path, *more = arguments
    path = path.format(recording) if isinstance(path, str) else path
    with pytest.raises(error, match=words):
        read_recording(path, *more)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e300, "x", 10**400])
def test_wrong_times(seconds: Any, recording: Path) -> None:
    errors = (shm_pub_sub.TopicTypeError, shm_pub_sub.TopicValueError)
    with pytest.raises(errors, match=r"found start .*; expected"):
        read_recording(recording, start=seconds)
    with pytest.raises(errors, match=r"found end .*; expected"):
        read_recording(recording, end=seconds)


def test_damage_is_an_error_when_values_are_read(recording: Path) -> None:
    data = bytearray(recording.read_bytes())
    place = data.index(b"\x28\xb5\x2f\xfd")  # zstd's, of the first chunk
    data[place + 40] ^= 0xFF
    recording.write_bytes(data)
    found = read_recording(recording)
    for read in (lambda: found["float"].values, lambda: next(iter(found["image"]))):
        with pytest.raises(RecordingError, match="damaged"):
            read()


def test_a_topic_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    path.write_bytes(suite.build(numbers(), frozenset()))
    found = read_recording(path)
    assert [*found] == ["a/bool", "a/float", "a/int"]
    assert [*found.not_read] == ["text"]
    assert found["a/int"].values.tolist() == [-(2**63), 7]
    assert (found["a/int"].lost, len(found["a/float"])) == (None, 3)
    with pytest.raises(RecordingError, match="topic 'text': found"):
        read_recording(path, "text")
    assert [*read_recording(path, "t*")] == []


WITHOUT = """
import sys
sys.modules["numpy"] = None
import shm_pub_sub
found = shm_pub_sub.read_recording(sys.argv[1])
for topic in ("float", "int", "bool", "float32", "joints", "imu", "complex", "half", "text"):
    print(topic, found[topic].values, found[topic].time_ns == [time for time, _ in found[topic]])
print(found["points"].values[0][0], found["image"].values[3].shape)
"""


def test_without_numpy_values_are_lists(recording: Path, run_python: Callable[..., Any]) -> None:
    ended = run_python(WITHOUT, recording)
    assert ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert lines[:3] == [
        "float [0.5, -0.0, inf, nan] True",
        f"int [0, {-(2**63)}, {2**63 - 1}] True",
        "bool [True, False] True",
    ]
    assert lines[3].startswith("float32 [1.5, 2.5] True")
    assert all(line.endswith("True") for line in lines[:-1])


def test_arrays_are_numpys_though_the_program_has_not_imported_it(
    recording: Path, run_python: Callable[..., Any]
) -> None:
    ended = run_python(
        "import sys, shm_pub_sub\n"
        "found = shm_pub_sub.read_recording(sys.argv[1])\n"
        "print(*(type(value).__name__ for _, value in found['image']))\n",
        recording,
    )
    assert {*ended.stdout.split()} == {"ndarray"}, ended.stderr


def test_without_mcap_the_error_says_what_to_install(run_python: Callable[..., Any]) -> None:
    ended = run_python(
        "import sys\nsys.modules['mcap'] = None\n"
        "import shm_pub_sub\n"
        "try:\n    shm_pub_sub.read_recording('x.mcap')\n"
        "except shm_pub_sub.RecordingError as error:\n    print(error)\n"
    )
    assert "recordings need the package mcap; pip install mcap" in ended.stdout
    assert sys.modules["mcap"] is not None
