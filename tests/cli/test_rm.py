"""shm-pub-sub rm."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import shm_pub_sub

from .conftest import RunCli


def test_removes_what_is_dead_and_what_is_retained(
    run_cli: RunCli, leave: Callable[..., int], shm_dir: Path
) -> None:
    leave("dead")
    leave("retained", retain=True)
    ended = run_cli("rm", "dead", "retained")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "removed dead\nremoved retained\n"
    assert list(shm_dir.iterdir()) == []


def test_removes_by_pattern_and_says_it_as_json(run_cli: RunCli, leave: Callable[..., int]) -> None:
    leave("robot/a", "robot/b", "other")
    ended = run_cli("rm", "robot/*", "robot/a", "--format", "json")
    assert ended.returncode == 0, "robot/a is named twice, and removed once"
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"removed": "robot/a"},
        {"removed": "robot/b"},
    ]
    assert run_cli("list").stdout == "other\n"
    shm_pub_sub.remove("other")


def test_live_topic_stays_and_the_others_go(run_cli: RunCli, leave: Callable[..., int]) -> None:
    leave("robot/a")
    with shm_pub_sub.Publisher("robot/b", 0) as pub:
        ended = run_cli("rm", "robot/*")
        assert pub.publisher_alive
        assert run_cli("list").stdout == "robot/b\n"
    assert (ended.returncode, ended.stdout) == (1, "removed robot/a\n")
    assert f"process {os.getpid()} " in ended.stderr


def test_topic_that_is_not_there_is_an_error(run_cli: RunCli, leave: Callable[..., int]) -> None:
    leave("robot/speed")
    ended = run_cli("rm", "robot/sped", "robot/speed")
    assert (ended.returncode, ended.stdout) == (1, "removed robot/speed\n")
    assert ended.stderr.endswith("; did you mean 'robot/speed'?\n")
    assert run_cli("rm").returncode == 2


def test_damaged_file_that_is_named_goes(run_cli: RunCli, shm_dir: Path) -> None:
    (shm_dir / "shm_pub_sub.broken").write_bytes(b"nonsense")
    assert run_cli("rm", "broken").stdout == "removed broken\n"
    assert list(shm_dir.iterdir()) == []


def test_name_like_a_pattern_is_that_topic_alone(
    run_cli: RunCli, leave: Callable[..., int]
) -> None:
    leave("joint1", "joint[1]")
    assert run_cli("list", "joint[1]").stdout == "joint[1]\n"
    assert run_cli("rm", "joint[1]").stdout == "removed joint[1]\n"
    assert run_cli("rm", "joint[1]").stdout == "removed joint1\n", "a pattern, now"
