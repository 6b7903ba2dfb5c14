"""shm-pub-sub list."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import shm_pub_sub
from support.layout import FIELDS
from support.programs import Program, Run, Start

from .conftest import AS_ANOTHER_USER, RunCli, needs_root

PUBLISH = """
import shm_pub_sub
pub = shm_pub_sub.Publisher("robot/speed", 0.0, 4)
pub.publish(1.5)
print("ready")
input()
"""


class Imu(NamedTuple):
    stamp: int = 0
    ax: float = 0.0


def rows(text: str) -> list[dict[str, str]]:
    """A table's rows, each value under its heading. No value has two spaces in it."""
    import re  # noqa: PLC0415

    heading, *lines = (re.split(r" {2,}", line.strip()) for line in text.splitlines())
    return [dict(zip(heading, line, strict=True)) for line in lines]


@pytest.fixture
def publisher(start_python: Start) -> Program:
    """A process that publishes robot/speed, once."""
    process = start_python(PUBLISH)
    assert process.line() == "ready"
    return process


def test_lists_names_sorted(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0), shm_pub_sub.Publisher("estop", False):
        ended = run_cli("list")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "estop\nrobot/speed\n", "")
        assert run_cli("list", "-t").stdout == "estop [bool]\nrobot/speed [float]\n"


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["robot/*"], ["robot/arm/1", "robot/arm/2", "robot/speed"]),
        (["*/speed"], ["robot/speed"]),
        (["robot/arm/[!1]"], ["robot/arm/2"]),
        (["estop", "*speed"], ["estop", "robot/speed"]),
        (["a[1]"], ["a[1]"]),
        (["nothing"], []),
    ],
)
def test_patterns_match_the_hierarchy(
    patterns: list[str], found: list[str], run_cli: RunCli
) -> None:
    names = ["robot/speed", "robot/arm/1", "robot/arm/2", "estop", "a[1]"]
    publishers = [shm_pub_sub.Publisher(name, 0) for name in names]
    assert run_cli("list", *patterns).stdout.splitlines() == found
    assert run_cli("list", "-c", *patterns).stdout == f"{len(found)}\n"
    for publisher in publishers:
        publisher.close()


def test_lists_as_json(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0) as pub:
        pub.publish(1.5)
        (line,) = run_cli("list", "--format", "json").stdout.splitlines()
        (verbose,) = run_cli("list", "-v", "--format", "json").stdout.splitlines()
    found = json.loads(line)
    assert (found["name"], found["type"], found["published"]) == ("robot/speed", "float", 1)
    assert set(found) == {*shm_pub_sub.TopicInfo._fields, "error"} - {"type_name"}
    assert set(json.loads(verbose)) == {*found, "command", "readers"}


def test_details_say_who_publishes(publisher: Program, run_cli: RunCli) -> None:
    (row,) = rows(run_cli("list", "-v").stdout)
    command = row.pop("command")
    assert command.endswith("program0.py")
    assert 0 < float(row.pop("age").split()[0]) < 1000
    assert row == {
        "topic": "robot/speed",
        "type": "float",
        "publisher": "alive",
        "buffers": "4",
        "published": "1",
        "rate": "-",
        "size": "8 KiB",
        "retained": "no",
        "readers": "-",
        "pid": str(publisher.pid),
    }
    publisher.kill()
    publisher.wait()
    (row,) = rows(run_cli("list", "-v").stdout)
    assert (row["publisher"], row["command"]) == ("dead", "-")
    shm_pub_sub.remove("robot/speed")


def test_bridged_topics_are_marked_if_there_are_any(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("here", 0):
        assert "bridged" not in run_cli("list", "-v").stdout.splitlines()[0]
        with shm_pub_sub.Publisher("there", 0, bridged=True):
            marks = {row["topic"]: row["bridged"] for row in rows(run_cli("list", "-v").stdout)}
            assert "\nbridged:   yes: " in run_cli("info", "there").stdout
        assert "bridged" not in run_cli("info", "here").stdout
    assert marks == {"here": "-", "there": "yes"}


def test_process_with_the_publishers_number_is_not_taken_for_it(
    publisher: Program, shm_dir: Path, run_cli: RunCli
) -> None:
    """As where a subscriber in this container has the pid that the publisher has in another."""
    sub = shm_pub_sub.Subscriber("robot/speed", 0.0)
    assert sub.subscribe() == (1.5, True)
    with open(shm_dir / "shm_pub_sub.robot%2Fspeed", "r+b") as file:  # noqa: PTH123
        file.seek(FIELDS["pid"][0])
        file.write(os.getpid().to_bytes(4, "little"))
    found = json.loads(run_cli("list", "-v", "--format", "json").stdout)
    assert (found["alive"], found["pid"], found["command"]) == (True, os.getpid(), None)
    sub.close()
    publisher.communicate("\n")


def test_rate_is_that_of_the_values_kept() -> None:
    with shm_pub_sub.Publisher("topic", 0, 4, retain=True) as pub:
        assert shm_pub_sub.inspect("topic").rate is None, "none yet"
        pub.publish(0)
        assert shm_pub_sub.inspect("topic").rate is None, "one"
        for number in range(10):
            pub.publish(number)
        with shm_pub_sub.Subscriber("topic", 0, history=4) as sub:
            times = [sub.recv_sample(timeout=0).time_ns for _ in range(4)]
        assert shm_pub_sub.inspect("topic").rate == pytest.approx(3e9 / (times[-1] - times[0]))
        pub.publish_many([1, 2, 3, 4])
        assert shm_pub_sub.inspect("topic").rate is None, "a batch has one time"
    assert shm_pub_sub.inspect("topic").rate is None, "gone"
    shm_pub_sub.remove("topic")


@pytest.mark.usefixtures("damaged")
def test_topic_that_cannot_be_opened_is_there_with_the_reason(run_cli: RunCli) -> None:
    assert run_cli("list").stdout == "robot/arm\n"
    assert run_cli("list", "-t").stdout == "robot/arm [?]\n"
    ended = run_cli("list", "-v")
    (row,) = ended.stdout.splitlines()[1:]
    assert row.split()[:4] == ["robot/arm", "?", "?", "-"]
    for reason in (ended.stderr, run_cli("list", "-t").stderr):
        assert reason.startswith("shm-pub-sub: Failed to open shared memory: ")
        assert 'expected "SHMPUBSB"' in reason
        assert reason.count("\n") == 1
    found = json.loads(run_cli("list", "--format", "json").stdout)
    assert (found["name"], found["type"], found["alive"]) == ("robot/arm", None, None)
    assert found["error"].startswith("Failed to open shared memory: ")


@needs_root
def test_topics_of_another_user_are_there(shm_dir: Path, run_python: Run) -> None:
    shm_dir.chmod(0o755)
    with (
        shm_pub_sub.Publisher("theirs/open", 0, mode=0o644),
        shm_pub_sub.Publisher("theirs/secret", 0),
    ):
        ended = run_python(AS_ANOTHER_USER, "list", "-v")
    assert ended.returncode == 0
    _, visible, hidden = ended.stdout.splitlines()
    assert visible.split()[:3] == ["theirs/open", "int", "alive"]
    assert visible.split()[-3:] == [str(os.getpid()), "-", "-"], "whose process cannot be looked at"
    assert hidden.split()[:3] == ["theirs/secret", "?", "?"]
    assert ended.stderr.startswith("shm-pub-sub: Failed to open shared memory: ")
    assert "this process is user 61001" in ended.stderr


def test_rate_leaves_out_what_an_earlier_publisher_retained() -> None:
    with shm_pub_sub.Publisher("topic", 0, retain=True) as pub:
        pub.publish(1)
    with shm_pub_sub.Publisher("topic", 0, 10, retain=True) as pub:
        reader = shm_pub_sub.Subscriber("topic", 0)
        times = []
        for value in range(3):
            pub.publish(value)
            sample = reader.sample()
            assert sample is not None
            times.append(sample.time_ns)
        found = shm_pub_sub.inspect("topic").rate
        reader.close()
    shm_pub_sub.remove("topic")
    assert found == pytest.approx(2e9 / (times[-1] - times[0]))


@pytest.fixture
def _among_strangers(shm_dir: Path) -> Iterator[None]:
    """A live topic "odd" of somebody else's, where anyone can create files."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")
    shm_dir.chmod(0o1777)
    with shm_pub_sub.Publisher("odd", 0, mode=0o644) as pub, shm_pub_sub.Publisher("own", 0):
        pub.publish(1)
        os.chown(shm_dir / "shm_pub_sub.odd", 61002, 61002)
        yield


@pytest.mark.usefixtures("_among_strangers")
def test_says_whose_topics_are_not_trusted(run_cli: RunCli, shm_dir: Path) -> None:
    whose = "belongs to user 61002, who is not trusted"
    ended = run_cli("list")
    assert ended.stdout == "odd\nown\n"
    assert f"'odd' {whose}" in ended.stderr
    assert run_cli("list", "-t").stdout == f"odd [int] {whose}\nown [int]\n"
    ended = run_cli("list", "-v")
    assert ended.stderr == f"shm-pub-sub: 'odd' {whose}; file {shm_dir}/shm_pub_sub.odd\n"
    assert [row["topic"] for row in rows(ended.stdout)] == ["odd", "own"]
    odd, own = map(json.loads, run_cli("list", "--format", "json").stdout.splitlines())
    assert (odd["uid"], odd["trusted"], own["uid"], own["trusted"]) == (61002, False, 0, True)
    assert "publisher: user 61002, not trusted; " in run_cli("info", "odd").stdout


@pytest.mark.usefixtures("_among_strangers")
def test_doctor_says_whose_topics_are_not_trusted(run_cli: RunCli) -> None:
    ended = run_cli("doctor", "--format", "json")
    (owners,) = (v for v in map(json.loads, ended.stdout.splitlines()) if v["check"] == "owners")
    assert owners["verdict"] == "warn"
    assert (
        owners["found"]
        == "1 topic of untrusted users, which subscribers refuse: 'odd' of user 61002"
    )


@pytest.mark.usefixtures("_among_strangers")
def test_trusts_whom_the_variable_names(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run_cli("echo", "odd", "--once")
    assert refused.returncode == 1
    assert "found a file of user 61002 in " in refused.stderr
    monkeypatch.setenv("SHM_PUB_SUB_TRUST", "61002")
    assert run_cli("echo", "odd", "--once").stdout.startswith("1")
    assert run_cli("list").stderr == ""
    monkeypatch.setenv("SHM_PUB_SUB_TRUST", "no such user")
    refused = run_cli("echo", "odd", "--once")
    assert refused.returncode == 1
    assert "SHM_PUB_SUB_TRUST: found user" in refused.stderr


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("uint8[*", ["camera", "mask"]),
        ("uint8[480,640,3]", ["camera"]),
        ("uint8[480,640]", []),
        ("Imu", ["imu"]),
        ("Imu{*ax: float64*", ["imu"]),
        ("list[Imu]", ["imus"]),
        ("str", ["status"]),
        ("str <= 200", ["status"]),
        ("float", ["speed"]),
        ("*Imu*", ["imu", "imus"]),
        ("[fs]*", []),
        ("f?oat", ["speed"]),
    ],
)
def test_topics_of_a_type(call_cli: RunCli, pattern: str, found: list[str]) -> None:
    np = pytest.importorskip("numpy")
    with ExitStack() as stack:
        for name, default, size in (
            ("camera", np.zeros((480, 640, 3), "u1"), None),
            ("imu", Imu(), None),
            ("imus", [Imu()], 5),
            ("mask", np.zeros((4, 4), "u1"), None),
            ("speed", 0.0, None),
            ("status", "", 200),
        ):
            stack.enter_context(shm_pub_sub.Publisher(name, default, max_size=size))
        assert call_cli("list", "--type", pattern).stdout.splitlines() == found
        counted = call_cli("list", "--type", pattern, "--exclude", "m*", "-c").stdout
        assert counted == f"{len(set(found) - {'mask'})}\n"


def test_types_are_whole_in_lines_and_short_in_tables(call_cli: RunCli) -> None:
    fields = {f"field{n}": float(n) for n in range(20)}
    with shm_pub_sub.Publisher("wide", fields):
        (line,) = call_cli("list", "-t").stdout.splitlines()
        assert line == f"wide [{shm_pub_sub.inspect('wide').type_name}]"
        (row,) = rows(call_cli("list", "-v").stdout)
    assert row["type"] == "{field0: float64, field1: float64, field2: float64, ...}"


@pytest.mark.usefixtures("damaged")
def test_topic_of_an_unknown_type_is_reported(call_cli: RunCli) -> None:
    ended = call_cli("list", "--type", "*")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert 'expected "SHMPUBSB"' in ended.stderr
