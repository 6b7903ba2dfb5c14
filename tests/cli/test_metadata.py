"""What `list -v` and `info` print of a topic's metadata."""

import json

import shm_pub_sub

from .conftest import RunCli


def test_list_has_columns_for_what_there_is(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("plain", 0.0):
        heading, _ = run_cli("list", "-v").stdout.splitlines()
        assert not {"unit", "description"} & {*heading.split()}
        with (
            shm_pub_sub.Publisher("speed", 0.0, unit="m/s"),
            shm_pub_sub.Publisher("wheel", 0.0, unit="m", description="d" * 100 + "\x1b"),
        ):
            lines = run_cli("list", "-v").stdout.splitlines()
            as_json = [*map(json.loads, run_cli("list", "--format", "json").stdout.splitlines())]
    heading, *rows = (line.split() for line in lines)
    unit, description = heading.index("unit"), heading.index("description")
    assert description == unit + 1
    assert [line[line.index("no") + 2] for line in rows] == ["-", "m/s", "m"]
    assert [line[line.index("no") + 3] for line in rows] == ["-", "-", "d" * 57 + "..."]
    assert [each["metadata"].get("unit") for each in as_json] == [None, "m/s", "m"]


def test_info_has_all_of_it(run_cli: RunCli) -> None:
    attributes = {"frame_id": "base_link", "range": [0, 5], "\x1b[2J": "\u202e"}
    with shm_pub_sub.Publisher(
        "speed", 0.0, unit="m/s", description="Speed of the left wheel", attributes=attributes
    ):
        ended = run_cli("info", "speed")
        found = json.loads(run_cli("info", "speed", "--format", "json").stdout)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[0] == "topic:       speed"
    assert lines[-5:] == [
        "unit:        m/s",
        "description: Speed of the left wheel",
        "attributes:  frame_id: base_link",
        "             range: [0, 5]",
        "             \\x1b[2J: \\u202e",
    ]
    assert found["metadata"]["attributes"] == attributes
