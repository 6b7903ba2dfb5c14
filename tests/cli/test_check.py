"""shm-pub-sub check: one line, and exit code 0 or 1."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic_ns
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub import Publisher
from shm_pub_sub._cli import main
from support.programs import Run, Start

from .conftest import RunCli, needs_root

AGE = ("--max-age", "10")


class Checked:
    """What a check in this process said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        self.code = main(["check", *arguments])
        self.out, self.err = capsys.readouterr()
        assert (self.out + self.err).count("\n") == 1


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *arguments: Checked(capsys, *arguments)


def publish_at_rate(pub: Any, hertz: int, count: int = 5) -> None:
    """As if values had come at that rate, the last one now."""
    now = monotonic_ns()
    for number in range(count):
        pub.publish_at(0.0, now - (count - 1 - number) * 10**9 // hertz)


@pytest.fixture
def speed() -> Iterator[Any]:
    with Publisher("robot/speed", 0.0, 10) as pub:
        yield pub


def test_a_fresh_topic_is_well(speed: Any, check: Any) -> None:
    publish_at_rate(speed, 100)
    done = check("robot/speed", *AGE)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"robot/speed: [\d.]+ [um]?s old, 100 Hz\n", done.out)


def test_it_works_as_a_program(speed: Any, run_cli: RunCli) -> None:
    speed.publish(1.0)
    assert run_cli("check", "robot/speed", *AGE).returncode == 0
    ended = run_cli("check", "robot/sped", *AGE)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("shm-pub-sub: robot/sped: no such topic in /dev/shm")
    for wrong in ((), ("a",), ("a", "--max-age", "0"), (*AGE,), ("a", *AGE, "--rate", "x")):
        assert run_cli("check", *wrong).returncode == 2


def test_an_old_value_fails(speed: Any, check: Any) -> None:
    speed.publish_at(1.0, monotonic_ns() - 60 * 10**9)
    done = check("robot/speed", *AGE)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "shm-pub-sub: robot/speed: newest value 1 min 0 s old, expected at most 10 s\n"
    )
    assert check("robot/speed", "--max-age", "100").code == 0


@pytest.mark.parametrize(("hertz", "code"), [(100, 0), (99, 0), (101, 1)])
def test_a_low_rate_fails(speed: Any, check: Any, hertz: int, code: int) -> None:
    publish_at_rate(speed, 100)
    done = check("robot/speed", *AGE, "--rate", str(hertz))
    assert done.code == code
    assert done.err == ("shm-pub-sub: robot/speed: 100 Hz, expected at least 101 Hz\n" * code)


def test_a_rate_needs_two_values(speed: Any, check: Any) -> None:
    assert "robot/speed: no value yet\n" in check("robot/speed", *AGE).err
    speed.publish(1.0)
    done = check("robot/speed", *AGE, "--rate", "1")
    assert (done.code, done.err) == (
        1,
        "shm-pub-sub: robot/speed: no rate yet, expected at least 1 Hz\n",
    )
    with Publisher("single", 0, 1) as single:
        single.publish(1)
        assert check("single", *AGE).code == 0
        done = check("single", *AGE, "--rate", "1")
        assert done.code == 1
        assert "expected buffer_num=2 or more" in done.err


def test_all_faults_are_in_one_line(speed: Any, check: Any) -> None:
    speed.publish(1.0)
    with Publisher("robot/arm", 0) as arm, Publisher("camera", b"") as camera:
        done = check("robot/*", "camera", "lidar", *AGE)
        assert (done.code, done.out) == (1, "")
        assert re.fullmatch(
            "shm-pub-sub: camera: no value yet; robot/arm: no value yet; "
            "lidar: no such topic in /dev/shm/.*\n",
            done.err,
        )
        arm.publish(1)
        camera.publish(b"jpeg")
        done = check("robot/*", "camera", *AGE)
        assert done.code == 0
        assert re.fullmatch("camera: .* old; robot/arm: .* old; robot/speed: .* old\n", done.out)
        assert check("nothing/*", *AGE).code == 1
        assert check("*", "--exclude", "robot/*", *AGE).out.startswith("camera: ")


def test_of_many_faults_ten_are_named(check: Any) -> None:
    topics = [Publisher(f"topic/{number:02}", 0) for number in range(12)]
    done = check("*", *AGE)
    assert done.err.endswith("topic/09: no value yet; and 2 more\n")
    for topic in topics:
        topic.publish(1)
    assert check("*", *AGE).out.endswith("; and 2 more\n")
    for topic in topics:
        topic.close()


def test_a_dead_publishers_value_fails_even_if_it_is_retained(
    check: Any, start_python: Start
) -> None:
    start_python(
        "import os, shm_pub_sub as s\n"
        "pubs = [s.Publisher(name, 0, retain=name == 'kept') for name in ('kept', 'gone')]\n"
        "for pub in pubs:\n"
        "    pub.publish(1)\n"
        "os.kill(os.getpid(), 9)"
    ).wait(30)
    done = check("kept", "gone", *AGE)
    assert done.code == 1
    assert done.err == ("shm-pub-sub: gone: its publisher is dead; kept: its publisher is dead\n")
    for name in ("kept", "gone"):
        shm_pub_sub.remove(name)


@pytest.mark.shm_leaves_files("it is no topic")
def test_a_damaged_topic_fails(check: Any, shm_dir: Path) -> None:
    (shm_dir / "shm_pub_sub.topic").write_bytes(b"nonsense" * 10_000)
    done = check("topic", *AGE)
    assert done.code == 1
    assert 'found magic "nonsense"' in done.err


@needs_root
def test_a_strangers_topic_fails(check: Any, shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)
    with Publisher("topic", 0) as topic:
        topic.publish(1)
        os.chown(shm_pub_sub.inspect("topic").path, 61001, 61001)
        done = check("topic", *AGE)
    assert done.code == 1
    assert done.err == "shm-pub-sub: topic: belongs to user 61001, who is not trusted\n"


def test_as_json(speed: Any, check: Any) -> None:
    publish_at_rate(speed, 100)
    done = check("robot/speed", "missing", *AGE, "--format", "json")
    assert done.code == 1
    found = json.loads(done.out)
    assert found["ok"] is False
    row, missing = found["topics"]
    assert row.keys() == {"name", "age", "rate", "fault"}
    assert (row["name"], row["fault"]) == ("robot/speed", None)
    assert 0 < row["age"] < 10
    assert row["rate"] == pytest.approx(100)
    assert missing["fault"].startswith("no such topic in ")
    assert json.loads(check("robot/speed", *AGE, "--format", "json").out)["ok"] is True


def test_odd_names_are_one_line(check: Any) -> None:
    with Publisher("a\nb\x1b[2J", 0) as pub:
        pub.publish(1)
        assert check("a*", *AGE).out.startswith("a\\nb\\x1b[2J: ")


def test_it_imports_nothing_slow(speed: Any, run_cli: RunCli, run_python: Run) -> None:
    """A probe runs every few seconds."""
    speed.publish(1.0)
    ended = run_python(
        "import sys\nfrom shm_pub_sub._cli import main\n"
        "assert main(['check', 'robot/speed', '--max-age', '10']) == 0\n"
        "print(*sorted(sys.modules))"
    )
    found = set(ended.stdout.split())
    slow = {"numpy", "asyncio", "difflib", "subprocess", "email", "dataclasses", "inspect", "mcap"}
    assert slow & found == set()
    assert "argparse" in found
