"""shm-pub-sub info."""

import json
from pathlib import Path

import pytest
import shm_pub_sub
from support.programs import Start

from .conftest import RunCli


def fields(text: str) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (x.partition(":") for x in text.splitlines())}


def test_says_all_that_is_known(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0, 5, mode=0o640) as pub:
        pub.publish(1.5)
        ended = run_cli("info", "robot/speed")
        path = shm_pub_sub.inspect("robot/speed").path
    assert (ended.returncode, ended.stderr) == (0, "")
    found = fields(ended.stdout)
    assert found["topic"] == "robot/speed"
    assert found["type"] == "float"
    assert found["publisher"].startswith("alive, process ")
    assert Path("/proc/self/cmdline").read_text().split("\0")[0] in found["publisher"]
    assert found["newest"].startswith("1.5, ")
    assert found["newest"].endswith(" old")
    assert found["published"] == "1"
    assert found["buffers"] == "5 values stay readable"
    assert found["retained"] == "no"
    assert found["size"] == "8 KiB"
    assert found["file"].startswith(f"{path}, mode 0640, user ")


def test_says_it_as_json(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0, 5) as pub:
        pub.publish(float("nan"))
        pub.publish(float("inf"))
        ended = run_cli("info", "robot/speed", "--format", "json")
    found = json.loads(ended.stdout)
    assert (found["type"], found["newest"], found["published"]) == ("float", "Infinity", 2)
    assert found["rate"] > 0
    assert found["newest_ns"] > 0


def test_topic_without_a_value(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("topic", False, 1):
        found = fields(run_cli("info", "topic").stdout)
        as_json = json.loads(run_cli("info", "topic", "--format", "json").stdout)
    assert (found["newest"], found["published"]) == ("none yet", "0")
    assert found["buffers"] == "1 value stays readable"
    assert (as_json["newest"], as_json["age"]) == (None, None)


@pytest.mark.parametrize("retain", [False, True])
def test_topic_of_a_dead_publisher(retain: bool, run_cli: RunCli, start_python: Start) -> None:
    process = start_python(
        "import os, shm_pub_sub\n"
        f"pub = shm_pub_sub.Publisher('topic', 0, retain={retain})\n"
        "pub.publish(7)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    process.wait(30)
    found = fields(run_cli("info", "topic").stdout)
    assert found["publisher"].startswith(f"dead, process {process.pid};")
    if retain:
        assert found["newest"].startswith("7, ")
    else:
        assert found["newest"].startswith("gone with its publisher; it was ")
    shm_pub_sub.remove("topic")


def test_topic_that_is_not_there_has_close_ones(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0):
        for wrong in ("robot/sped", "speed"):
            ended = run_cli("info", wrong)
            assert (ended.returncode, ended.stdout) == (1, "")
            assert ended.stderr.startswith(f"shm-pub-sub: no topic '{wrong}' in /dev/shm/")
            assert ended.stderr.endswith("; did you mean 'robot/speed'?\n")
        ended = run_cli("info", "zzz")
    assert ended.stderr.endswith("; `shm-pub-sub list` shows the topics\n")
