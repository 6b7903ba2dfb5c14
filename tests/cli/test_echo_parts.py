"""Parts of values, filters and tables in shm-pub-sub echo."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import MaxSize, Publisher
from support.programs import Run

from ._reading import interrupt
from .conftest import Cli, RunCli, check_failure


class Pose(NamedTuple):
    x: float = 0.0
    yaw: float = 0.0


class Imu(NamedTuple):
    stamp: int = 0
    ax: float = 0.0
    status: Annotated[str, MaxSize(32)] = ""
    pose: Pose = Pose()
    position: Any = np.zeros(3, "f4")


IMU = Imu(7, 2.5, 'all "well",\nnow', Pose(1.5, -0.25), np.array([1, 2, 3], "f4"))


@pytest.fixture
def imu() -> Iterator["Publisher[Imu]"]:
    with Publisher("imu", Imu(), 100) as pub:
        pub.publish(IMU)
        yield pub


def table(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text))]


@pytest.mark.usefixtures("imu")
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["imu.ax"], ["2.5"]),
        (["imu.pose"], ["x=1.5, yaw=-0.25"]),
        (["imu.position"], ["float32[3], [1, 2, 3]"]),
        (["imu.position[-1]"], ["3.0"]),
        (["imu.ax", "imu.pose.yaw"], ["imu.ax: 2.5", "imu.pose.yaw: -0.25"]),
        (["*.ax"], ["imu.ax: 2.5"]),
    ],
)
def test_words_select_parts(call_cli: RunCli, words: list[str], lines: list[str]) -> None:
    ended = call_cli("echo", *words, "--once")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == lines


@pytest.mark.usefixtures("imu")
def test_names_with_dots_and_brackets_come_before_parts(call_cli: RunCli) -> None:
    with Publisher("imu.ax", 0) as dotted, Publisher("imu[0]", 0) as bracket:
        dotted.publish(5)
        bracket.publish(6)
        assert call_cli("echo", "imu.ax", "--once").stdout == "5\n"
        assert call_cli("echo", "imu[0]", "--once").stdout == "6\n"


def test_part_of_a_topic_that_comes_later(cli: Cli) -> None:
    echo = cli.start("echo", "imu.ax")
    assert "waiting: no topic 'imu.ax' or 'imu' in " in echo.line(echo.stderr)
    with Publisher("imu", Imu()) as pub:
        pub.publish(IMU)
        assert echo.line() == "2.5"
        with Publisher("imu.ax", 0) as exact:  # which the word means from now on
            exact.publish(3)
            assert echo.line() == "3"
    interrupt(echo)


def test_part_that_goes_and_comes_back(cli: Cli) -> None:
    """Whatever the topic's types are, echo reports a missing part once and goes on."""
    echo = cli.start("echo", "imu.ax")
    echo.line(echo.stderr)
    reports = 0
    for default, value, shown in (
        (Imu(), IMU, "2.5"),
        ({"ay": 0.0}, {"ay": 1.0}, None),
        (0.0, 1.5, "reported already"),
        ({"ax": 0}, {"ax": 3}, "3"),
        (0.0, 1.5, None),
        (Imu(), IMU, "2.5"),
    ):
        with Publisher("imu", default) as pub:
            pub.publish(value)
            if shown is None:
                while "no field 'ax'" not in echo.line(echo.stderr):
                    pass
                reports += 1
            elif shown != "reported already":
                assert echo.line() == shown
    out, err = interrupt(echo)
    assert (out, reports) == ("", 2)
    assert "no field" not in err


def test_element_that_is_not_always_there(cli: Cli) -> None:
    with Publisher("scan", np.zeros(0, "f4"), 100, max_size=9) as pub:
        pub.publish(np.arange(3, dtype="f4"))
        echo = cli.start("echo", "scan[2]")
        assert echo.line() == "2.0"
        for length in (2, 1, 3, 1, 3):
            pub.publish(np.arange(length, dtype="f4"))
        assert [echo.line(), echo.line()] == ["2.0", "2.0"]
        _, err = interrupt(echo)
    lacking = [line for line in err.splitlines() if "found index 2 of" in line]
    assert lacking == [
        f"shm-pub-sub: scan[2]: found index 2 of {n} elements; expected -{n} to {n - 1}; "
        "waiting for values that have it"
        for n in (2, 1)
    ]


@pytest.mark.usefixtures("imu")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["imu.ay2"], "topic 'imu': found no field 'ay2' in Imu; expected stamp, ax, status, pose"),
        (["imu.position[3]"], "found index 3 of 3 elements; expected -3 to 2"),
        (["imu", "--filter", "ay > 1"], "--filter: at character 1: found no field 'ay' in Imu"),
        (["imu", "--filter", "ax >"], "argument --filter: "),
        (["imu", "--filter", "ax.real()"], "found a call of ax.real; expected one of abs, min"),
        (["imu", "--filter", "status > 1"], "expected two numbers, or two texts"),
        (["imu", "--csv", "--format", "json"], "found --csv and --format json"),
    ],
)
def test_what_cannot_be_is_wrong_usage(call_cli: RunCli, arguments: list[str], said: str) -> None:
    check_failure(call_cli("echo", *arguments), said, 2)


@pytest.mark.usefixtures("imu")
def test_topics_of_a_pattern_without_the_part_are_left_out(call_cli: RunCli) -> None:
    with Publisher("speed", 0.0) as pub:
        pub.publish(1.0)
        for arguments in (["*.ax"], ["*", "--filter", "ax > 1"]):
            ended = call_cli("echo", *arguments, "--once")
            assert ended.returncode == 0
            assert ended.stdout.startswith("imu")
            assert ended.stdout.count("\n") == 1
            assert "left out: speed: topic 'speed': " in ended.stderr


def test_filter_passes_what_it_is_true_of(cli: Cli) -> None:
    with Publisher("imu", Imu(), 100) as pub, Publisher("speed", 0.0, 100) as speed:
        echo = cli.start("echo", "imu.ax", "--filter", "ax > 3", "--filter", "pose.x == 1", "-n", 2)
        numbers = cli.start("echo", "speed", "--filter", "2 <= value < 4", "-n", 2)
        for follower in (echo, numbers):
            assert "published nothing yet" in follower.line(follower.stderr)
        for n in range(6):
            pub.publish(Imu(ax=n, pose=Pose(n % 2)))
            speed.publish(n)
        pub.publish(Imu(ax=7, pose=Pose(1)))
        assert echo.communicate(timeout=30) == ("5.0\n7.0\n", "")
        assert numbers.communicate(timeout=30) == ("2.0\n3.0\n", "")


@pytest.mark.parametrize("how", [[], ["--interval", 0.01]])
def test_values_that_do_not_pass_do_not_keep_it_from_ending(
    cli: Cli, start_python: Any, how: list[object]
) -> None:
    publisher = start_python(
        "import shm_pub_sub, time\npub = shm_pub_sub.Publisher('speed', 0.0)\nprint('ready')\n"
        "while True:\n  pub.publish(1.0)\n  time.sleep(0.01)"
    )
    assert publisher.line() == "ready"
    ended = cli.run("echo", "speed", "--filter", "value > 3", "--timeout", 0.3, *how)
    assert (ended.returncode, ended.stdout) == (3, "")
    publisher.kill()
    publisher.wait()
    shm_pub_sub.remove("speed")


@pytest.mark.usefixtures("imu")
def test_table_has_a_column_for_each_field(call_cli: RunCli) -> None:
    ended = call_cli("echo", "imu", "--once", "--csv")
    assert (ended.returncode, ended.stderr) == (0, "")
    (row,) = table(ended.stdout)
    del row["time"]
    assert row == {
        **{"topic": "imu", "sequence": "1", "stamp": "7", "ax": "2.5", "status": IMU.status},
        **{"pose.x": "1.5", "pose.yaw": "-0.25"},
        **{"position[0]": "1.0", "position[1]": "2.0", "position[2]": "3.0"},
    }
    (row,) = table(call_cli("echo", "imu.pose", "imu.ax", "--once", "--csv").stdout)
    assert [*row][3:] == ["pose.x", "pose.yaw", "ax"]


@pytest.mark.usefixtures("imu")
def test_table_of_several_topics_has_all_their_columns(call_cli: RunCli) -> None:
    with (
        Publisher("speed", 0.0) as speed,
        Publisher("data", b"") as data,
        Publisher("list", [0.0], max_size=9) as several,
    ):
        speed.publish(1.5)
        data.publish(b"\1\2")
        several.publish([0.5, float("inf")])
        rows = table(call_cli("echo", "*", "--once", "--csv").stdout)
    found = {row["topic"]: row for row in rows}
    assert (found["imu"]["ax"], found["imu"]["value"]) == ("2.5", "")
    assert (found["speed"]["ax"], found["speed"]["value"]) == ("", "1.5")
    assert found["data"]["value"] == "0102"
    assert found["list"]["value"] == '[0.5, "Infinity"]'


def test_table_has_no_column_for_a_long_array(call_cli: RunCli) -> None:
    with Publisher("camera", np.zeros((4, 6, 3), "u1")) as pub:
        pub.publish(np.arange(72, dtype="u1").reshape(4, 6, 3))
        said = (
            "found uint8[4,6,3] in 'camera'; expected arrays of up to 8 elements in a table; select"
        )
        check_failure(call_cli("echo", "camera", "--csv", "--once"), said, 2)
        ended = call_cli("echo", "camera[0,1]", "camera[3][5,2]", "--csv", "--once")
    (row,) = table(ended.stdout)
    assert [*row.items()][3:] == [
        ("value[0,1,0]", "3"),
        ("value[0,1,1]", "4"),
        ("value[0,1,2]", "5"),
        ("value[3,5,2]", "71"),
    ]


def test_topic_whose_columns_the_table_lacks_is_left_out(cli: Cli) -> None:
    with Publisher("a", 0) as first:
        first.publish(1)
        echo = cli.start("echo", "*", "--csv")
        assert echo.line() == "time,topic,sequence,value"
        assert echo.line().endswith(",a,1,1")
        with Publisher("b", {"ax": 0}):
            line = echo.line(echo.stderr)
            assert "left out: b: topic 'b': found the columns ax, which the table lacks" in line
            with Publisher("c", "") as third:
                third.publish("text")
                assert echo.line().endswith(",c,1,text")
        interrupt(echo)


@pytest.mark.usefixtures("imu")
def test_json_of_parts_names_topic_and_part(call_cli: RunCli) -> None:
    lines = call_cli("echo", "imu.pose", "imu.position[1]", "--once", "--format", "json").stdout
    first, second = map(json.loads, lines.splitlines())
    assert (first["topic"], first["part"], first["value"]) == (
        "imu",
        "pose",
        Pose(1.5, -0.25)._asdict(),
    )
    assert (second["topic"], second["part"], second["value"]) == ("imu", "position[1]", 2.0)
    assert "part" not in json.loads(call_cli("echo", "imu", "--once", "--format", "json").stdout)


WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from shm_pub_sub._cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.usefixtures("imu")
def test_parts_without_numpy(run_python: Run) -> None:
    words = ("imu.position[1]", "imu.pose", "--filter", "max(position) > 2", "--once")
    ended = run_python(WITHOUT_NUMPY, "echo", *words)
    assert ended.stdout == "imu.position[1]: 2.0\nimu.pose: x=1.5, yaw=-0.25\n"
    ended = run_python(WITHOUT_NUMPY, "echo", "imu", "--csv", "--once")
    assert ended.stdout.splitlines()[0].endswith(",position[0],position[1],position[2]")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["half[-2]"], "1.5"),
        (["half", "--filter", "any(value == 1.5)"], "float16[2], 4 bytes"),
        (["grid[1]"], "[3, 4]"),
        (["grid[1,0]"], "3.0"),
        (["phasors[0]", "phasors[1]"], "0+3j"),
        (["phasors", "--csv"], "(1+2j),3j"),
    ],
)
def test_elements_that_python_does_not_unpack(
    words: list[str], shown: str, run_python: Run
) -> None:
    values = {"half": np.array([1.5, 2.0], "f2"), "phasors": np.array([1 + 2j, 3j])}
    values["grid"] = np.array([[1, 2], [3, 4]], "f2")
    for name, value in values.items():
        with Publisher(name, value, retain=True) as publisher:
            publisher.publish(value)
    ended = run_python(WITHOUT_NUMPY, "echo", *words, "--once")
    for name in values:
        shm_pub_sub.remove(name)
    assert ended.stdout.splitlines()[-1].endswith(shown), ended


@pytest.mark.usefixtures("imu")
def test_no_such_element_without_numpy(run_python: Run) -> None:
    ended = run_python(WITHOUT_NUMPY, "echo", "imu.position[3]", "--once")
    assert ended.returncode == 2
    assert "found index 3 of 3 elements" in ended.stderr
