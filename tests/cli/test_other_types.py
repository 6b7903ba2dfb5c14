"""What the verbs make of topics of arrays, text, bytes and lists."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from support.programs import Run

from .conftest import RunCli
from .test_list import rows

NAMES = {
    "t/camera": "uint8[480,640,3]",
    "t/data": "bytes <= 4096",
    "t/joints": "list[float] <= 3",
    "t/level": "uint8",
    "t/points": "float32[<=1000,4]",
    "t/speed": "float",
    "t/status": "str <= 200",
}
SHOWN = {
    "t/camera": "uint8[480,640,3], min 0, max 255, mean 127.5",
    "t/data": "3 bytes: 00 01 02",
    "t/joints": "[0.25, 1.5]",
    "t/level": "200",
    "t/points": "float32[2,4], min 1, max 1, mean 1",
    "t/speed": "1.5",
    "t/status": r'all, "well"\ntoday',
}


@pytest.fixture
def topics() -> Iterator[dict[str, Any]]:
    """A publisher of each type, with a value."""
    frame = np.arange(480 * 640 * 3, dtype="u4").astype("u1").reshape(480, 640, 3)
    publishers: dict[str, Any] = {
        "t/camera": shm_pub_sub.Publisher("t/camera", np.zeros_like(frame)),
        "t/data": shm_pub_sub.Publisher("t/data", b""),
        "t/joints": shm_pub_sub.Publisher("t/joints", [0.0], max_size=3),
        "t/level": shm_pub_sub.Publisher("t/level", np.uint8(0)),
        "t/points": shm_pub_sub.Publisher("t/points", np.zeros((0, 4), "f4"), max_size=1000),
        "t/speed": shm_pub_sub.Publisher("t/speed", 0.0),
        "t/status": shm_pub_sub.Publisher("t/status", "", max_size=200),
    }
    publishers["t/camera"].publish(frame)
    publishers["t/data"].publish(bytes(range(3)))
    publishers["t/joints"].publish([0.25, 1.5])
    publishers["t/level"].publish(200)
    publishers["t/points"].publish(np.ones((2, 4), "f4"))
    publishers["t/speed"].publish(1.5)
    publishers["t/status"].publish('all, "well"\ntoday')
    yield publishers
    for publisher in publishers.values():
        publisher.close()


@pytest.mark.usefixtures("topics")
def test_list_and_info_show_types_in_full(run_cli: RunCli) -> None:
    assert run_cli("list", "-t").stdout == "".join(f"{n} [{t}]\n" for n, t in NAMES.items())
    assert [row["type"] for row in rows(run_cli("list", "-v").stdout)] == [*NAMES.values()]
    found = [json.loads(line) for line in run_cli("list", "--format", "json").stdout.splitlines()]
    assert {one["name"]: one["type"] for one in found} == NAMES
    assert all("type_name" not in one for one in found)
    assert [one["views"] for one in found] == [2, 2, 2, 0, 2, 0, 2]
    for name, shown in SHOWN.items():
        lines = run_cli("info", name).stdout.splitlines()
        assert f"type:      {NAMES[name]}" in lines
        assert any(line.startswith(f"newest:    {shown}, ") for line in lines)
    newest = json.loads(run_cli("info", "t/camera", "--format", "json").stdout)["newest"]
    assert newest == {"dtype": "uint8", "shape": [480, 640, 3]} | {
        "min": 0,
        "max": 255,
        "mean": 127.5,
    }


@pytest.mark.usefixtures("topics")
def test_echo_prints_values_in_brief(run_cli: RunCli) -> None:
    ended = run_cli("echo", "t/*", "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(ended.stdout.splitlines()) == [f"{n}: {shown}" for n, shown in SHOWN.items()]

    rows_of = csv.DictReader(io.StringIO(run_cli("echo", "t/*", "--once", "--csv").stdout))
    found = {row["topic"]: row["value"] for row in rows_of}
    in_full = {"t/data": "000102", "t/joints": "[0.25, 1.5]", "t/level": "200", "t/speed": "1.5"}
    assert found == in_full | {"t/status": 'all, "well"\ntoday'}

    lines = run_cli("echo", "t/*", "--once", "--format", "json").stdout.splitlines()
    values = {one["topic"]: one["value"] for one in map(json.loads, lines)}
    assert values["t/status"] == 'all, "well"\ntoday'
    assert values["t/data"] == {"bytes": 3, "first": "000102"}
    assert values["t/joints"] == [0.25, 1.5]
    assert values["t/level"] == 200
    assert values["t/points"]["shape"] == [2, 4]


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from shm_pub_sub._cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.usefixtures("topics")
def test_echo_without_numpy_prints_shape_and_size(run_python: Run) -> None:
    ended = run_python(WITHOUT_NUMPY, "echo", "t/camera", "t/points", "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(ended.stdout.splitlines()) == [
        "t/camera: uint8[480,640,3], 921600 bytes",
        "t/points: float32[2,4], 32 bytes",
    ]


def test_echo_follows_a_change_of_type(run_cli: RunCli, cli: Any) -> None:
    with shm_pub_sub.Publisher("state", 0.0) as first:
        first.publish(1.5)
        echo = cli.start("echo", "state", "-n", 3)
        assert echo.line() == "1.5"
    with shm_pub_sub.Publisher("state", "") as second:
        second.publish("driving")
        assert echo.line() == "driving"
    with shm_pub_sub.Publisher("state", 0) as third:
        third.publish(7)
        assert echo.line() == "7"
    echo.wait(30)


@pytest.mark.parametrize("verb", ["hz", "delay"])
def test_times_of_every_type_are_measured(cli: Any, topics: dict[str, Any], verb: str) -> None:
    measuring = cli.start(verb, "t/camera", "t/status", "-n", 40, "-i", 0.1, "--format", "json")
    seen: set[str] = set()
    while len(seen) < 2:
        topics["t/camera"].publish(np.zeros((480, 640, 3), "u1"))
        topics["t/status"].publish("well")
        line = json.loads(measuring.line())
        if line["new"]:
            seen.add(line["topic"])
    measuring.interrupt(status=130)


@pytest.mark.usefixtures("topics")
def test_top_has_a_row_for_every_type(run_cli: RunCli) -> None:
    _, *lines = run_cli("top", "-n", 1).stdout.splitlines()
    found = {row["topic"]: row for row in rows("\n".join(lines))}
    assert {name: row["type"] for name, row in found.items()} == NAMES
    assert found["t/camera"]["value"] == "min 0, max 255, mean 127.5"
    assert found["t/status"]["value"] == r'all, "well"\ntoday'
    (line,) = run_cli("top", "-n", 1, "--format", "json").stdout.splitlines()
    as_json = {one["name"]: one for one in json.loads(line)["topics"]}
    assert as_json["t/camera"]["value"]["max"] == 255
    assert {name: one["type"] for name, one in as_json.items()} == NAMES


@pytest.mark.usefixtures("topics")
def test_record_takes_every_type(run_cli: RunCli, path: Path) -> None:
    reader = pytest.importorskip("mcap.reader")
    ended = run_cli("record", "t/*", "-o", path, "-d", 0.2)
    assert ended.returncode == 0, ended.stderr
    assert f"{len(NAMES)} values of {len(NAMES)} topics, 0 lost" in ended.stderr
    assert "left out" not in ended.stderr
    with path.open("rb") as file:
        channels = reader.make_reader(file).get_summary().channels.values()
    assert {channel.topic: channel.metadata["type"] for channel in channels} == NAMES
