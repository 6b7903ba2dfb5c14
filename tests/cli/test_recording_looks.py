"""shm-pub-sub recording info and csv: what they print of a recording."""

import csv
import io
import json
import struct
import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("mcap")
from shm_pub_sub._cli import main
from support.recordings import START, write

from . import _mcap_suite as suite
from .test_mcap_conformance import numbers

HOSTILE = "a\x1b]0;b\n\N{RIGHT-TO-LEFT OVERRIDE}"
SUBNORMAL = 5e-324


class Pose(NamedTuple):
    x: float = 0.0
    label: Annotated[str, 40] = ""


class Imu(NamedTuple):
    ax: float = 0.0
    pose: Pose = Pose()
    joints: "np.ndarray[Any, Any]" = np.zeros(2, np.float32)


VALUES: dict[str, list[Any]] = {
    "speed": [0.1, SUBNORMAL, -0.0, float("nan"), float("-inf"), 1e300],
    "count": [2**63 - 1, -(2**63)],
    "on": [True, False],
    "camera": [np.full((2, 3), n, np.uint8) for n in range(2)],
    "imu": [Imu(0.1, Pose(1.5, 'a "b", c\r\n\x1b=1+1'), np.array([0.1, 2], "f4")), Imu()],
    HOSTILE: [1.5],
}


@pytest.fixture(autouse=True)
def _signals_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def recording(path: Path) -> Path:
    about = {"speed": {"unit": "m/s", "buffer_num": 7}}
    write(path, VALUES, about=about, lost={"speed": 3, "count": 0})
    return path


class Printed(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: object) -> Printed:
        code = main(["recording", *map(str, arguments)])
        return Printed(code, *capfd.readouterr())

    return run


def test_info(run: Any, recording: Path) -> None:
    found = run("info", recording)
    assert (found.code, found.err) == (0, "")
    about, heading, *lines = found.out.splitlines()
    size = recording.stat().st_size
    assert about == f"{recording}: 50 ms, from 2023-11-14 22:13:20 UTC, {size / 1024:.4g} KiB"
    assert heading.split() == [
        *("TOPIC", "TYPE", "UNIT", "PUBLISHERS", "VALUES", "LOST", "RATE", "BUFFERS")
    ]
    rows = {line.split()[0]: line.split() for line in lines}
    assert rows["speed"] == ["speed", "float", "m/s", "1", "6", "3", "100", "Hz", "7"]
    assert rows["camera"] == ["camera", "uint8[2,3]", "1", "2", "0", "20", "Hz", "3"]
    assert any(line.startswith(r"a\x1b]0;b\n\u202e ") for line in lines)
    assert len(lines) == len(VALUES)


def test_info_in_json(run: Any, recording: Path) -> None:
    found = json.loads(run("info", recording, "--format", "json").out)
    topics = {topic.pop("topic"): topic for topic in found.pop("topics")}
    assert found == {
        **{"file": str(recording), "parts": [str(recording)], "start": START / 1e9},
        **{"seconds": 0.05, "bytes": recording.stat().st_size, "complete": True, "clock": []},
        **{"left_out": {}, "others": {}},
    }
    assert topics["speed"] == {
        **{"type": "float", "unit": "m/s", "publishers": 1, "values": 6, "lost": 3},
        **{"rate": 100.0, "buffer_num": 7},
    }
    assert topics[HOSTILE]["values"] == 1


def test_info_of_another_programs_file(run: Any, path: Path) -> None:
    more = [
        suite.metadata("shm_pub_sub.left_out", {HOSTILE: "why\n"}),
        suite.metadata("shm_pub_sub.clock", {"epoch_minus_monotonic_ns": str(START)}),
        *(
            suite.metadata(
                "shm_pub_sub.clock",
                {"epoch_minus_monotonic_ns": str(START), "monotonic_ns": "0", **step},
            )
            for step in (
                {"step_ns": "-1500000000"},
                {"step_ns": "60000000000", "suspended_ns": "60000000000"},
                {"step_ns": "no number"},
                {"step_ns": "9" * 29},
            )
        ),
    ]
    path.write_bytes(suite.build(numbers() + more, frozenset({"ch"})))
    found = run("info", path)
    assert found.code == 0
    *_, back, suspended, far = found.out.splitlines()
    assert back == "2023-11-14 22:13:20 UTC: the clock was set back by 1.5 s"
    assert suspended.endswith(": the machine was suspended for 1 min 0 s")
    assert "set forward by" in far
    assert "text cannot be played: found" in found.err
    assert r"a\x1b]0;b\n\u202e was not recorded: why\n" in found.err
    text = next(line for line in found.out.splitlines() if line.startswith("text "))
    assert text.split()[:4] == ["text", "-", "1", "6"]
    found = json.loads(run("info", path, "--format", "json").out)
    assert [step["step_ns"] for step in found["clock"]][:2] == [-1500000000, 60000000000]
    assert [*found["others"]] == ["text"]


def test_info_of_parts_and_of_an_incomplete_file(run: Any, path: Path) -> None:
    write(path.with_name("run_0.mcap"), {"t": [1, 2]})
    write(path.with_name("run_1.mcap"), {"t": [3]}, start=START + 10**9)
    second = path.with_name("run_1.mcap")
    whole = second.read_bytes()
    second.write_bytes(whole[: whole.rindex(struct.pack("<BQ", suite.DATA_END, 4))])
    found = run("info", path)
    assert found.out.splitlines()[0].endswith(", 2 parts")
    assert found.out.splitlines()[2].split()[:4] == ["t", "int", "1", "3"]  # one process
    assert f"{path} is incomplete" in found.err


def test_an_empty_recording(run: Any, path: Path) -> None:
    path.write_bytes(suite.build([], frozenset()))
    found = run("info", path)
    assert found.code == 0
    assert found.out.splitlines()[0].startswith(f"{path}: no values, ")
    assert run("csv", path).code == 1


def test_csv_is_exact(run: Any, recording: Path) -> None:
    found = run("csv", recording, "speed", "count", "on", "imu", HOSTILE)
    assert (found.code, found.err) == (0, "")
    heading, *rows = csv.reader(io.StringIO(found.out, newline=""))
    columns = ["value", "ax", "pose.x", "pose.label", "joints[0]", "joints[1]"]
    assert sorted(heading) == sorted(["time", "topic", "sequence", *columns])
    cells = [dict(zip(heading, row, strict=True)) for row in rows]
    speeds = [float(row["value"]) for row in cells if row["topic"] == "speed"]
    expected = VALUES["speed"]
    assert struct.pack("<6d", *speeds) == struct.pack("<6d", *expected)
    counts = [int(row["value"]) for row in cells if row["topic"] == "count"]
    assert counts == VALUES["count"]
    assert [row["value"] for row in cells if row["topic"] == "on"] == ["True", "False"]
    first = next(row for row in cells if row["topic"] == "imu")
    assert (float(first["ax"]), float(first["pose.x"])) == (0.1, 1.5)
    assert np.float32(first["joints[0]"]) == np.float32(0.1)
    assert first["pose.label"] == r'a "b", c\r' + "\n" + r"\x1b=1+1"
    assert first["time"] == f"{START // 10**9}.000000000"
    assert {row["sequence"] for row in cells if row["topic"] == "speed"} == {*"123456"}
    times = [row["time"] for row in cells]
    assert times == sorted(times)
    assert found.out.isascii()
    assert "\r" not in found.out
    assert "\x1b" not in found.out


def test_csv_of_parts_and_to_a_file(run: Any, recording: Path) -> None:
    out = recording.with_name("out.csv")
    found = run("csv", recording, "-o", out, "imu.pose.x", "camera[1,2]")
    assert found == (0, "", "")
    assert out.read_text().splitlines() == [
        'time,topic,sequence,"value[1,2]",pose.x',
        "1700000000.000000000,camera,1,0,",
        "1700000000.000000000,imu,1,,1.5",
        "1700000000.010000000,camera,2,1,",
        "1700000000.010000000,imu,2,,0.0",
    ]
    before = out.read_text()
    assert run("csv", recording, "-o", out).code == 2
    assert run("csv", recording, "-o", recording, "--force").code == 2
    assert out.read_text() == before
    assert run("csv", recording, "-o", out, "--force", "on").code == 0
    assert len(out.read_text().splitlines()) == 3


def test_csv_leaves_out_what_fits_no_table(run: Any, recording: Path) -> None:
    found = run("csv", recording)
    assert found.code == 0
    assert "camera is left out: found uint8[2,3] in 'camera'" in found.err
    assert "camera" not in found.out
    found = run("csv", recording, "camera", "on")
    assert (found.code, "left out" in found.err, ",on," in found.out) == (1, True, True)
    found = run("csv", recording, "c*", "on", "gone*")
    assert (found.code, "found no topic 'gone*'" in found.err) == (0, True)
    found = run("csv", recording, "on", "gone")
    assert (found.code, "found no topic 'gone'" in found.err) == (1, True)
    for words, error in (
        (["camera"], "found no topic that fits a table"),
        (["gone"], "found no topic"),
        (["imu.gone"], "found no field 'gone' in Imu; expected ax, pose, joints"),
        (["*", "--exclude", "*"], "found no topic"),
    ):
        found = run("csv", recording, *words)
        assert (found.code, found.out) == (1, "")
        assert error in found.err


def test_csv_of_publishers_of_several_types(run: Any, path: Path) -> None:
    one, two = path.with_name("one.mcap"), path.with_name("two.mcap")
    write(one, {"t": [0.5]})
    write(two, {"t": [Pose(1.5, "a")]}, start=START + 1)
    assert run("merge", one, two, "-o", path).code == 0
    assert run("csv", path).out.splitlines() == [
        "time,topic,sequence,value,x,label",
        "1700000000.000000000,t,1,0.5,,",
        "1700000000.000000001,t,1,,1.5,a",
    ]


def test_a_publisher_that_was_restarted_is_left_out_once(run: Any, path: Path) -> None:
    one, two = path.with_name("one.mcap"), path.with_name("two.mcap")
    write(one, {"t": [np.zeros(9)], "n": [1]})
    write(two, {"t": [np.zeros(9)]}, start=START + 1)
    assert run("merge", one, two, "-o", path).code == 0
    assert run("csv", path).err.count("t is left out") == 1


def test_damage_leaves_no_table(run: Any, recording: Path) -> None:
    data = bytearray(recording.read_bytes())
    data[data.index(b"\x28\xb5\x2f\xfd") + 40] ^= 0xFF
    recording.write_bytes(data)
    out = recording.with_name("out.csv")
    found = run("csv", recording, "-o", out, "speed")
    assert (found.code, found.out) == (1, "")
    assert "damaged" in found.err
    assert [*recording.parent.iterdir()] == [recording]


@pytest.mark.parametrize("arguments", [("info",), ("csv",), ("info", "{}", "more"), ("look",)])
def test_wrong_usage(arguments: tuple[str, ...], run: Any, recording: Path) -> None:
    found = run(*(word.format(recording) for word in arguments))
    assert (found.code, found.out) == (2, "")
    assert "usage: shm-pub-sub recording" in found.err


def test_without_mcap(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcap", None)
    assert "pip install mcap" in run("info", "x.mcap").err
