"""shm-pub-sub echo."""

import csv
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._cli import following
from support.programs import Start, run

from ._reading import interrupt, stop
from .conftest import ENVIRONMENT, PROGRAM, Cli, RunCli

WAITING = "shm-pub-sub: waiting: no topic 'robot/speed' in "

PUBLISH = """
import sys, time, shm_pub_sub
name, value = sys.argv[1], eval(sys.argv[2])
pub = shm_pub_sub.Publisher(name, type(value)())
pub.publish(value)
print("ready")
sys.stdin.read()
"""


def test_topic_that_comes_later_is_printed_from_its_first_value(cli: Cli) -> None:
    echo = cli.start("echo", "robot/speed", "--count", 1000)
    assert echo.line(echo.stderr).startswith(WAITING)
    with shm_pub_sub.Publisher("robot/speed", 0.0, 1000) as pub:
        pub.publish_many([n / 4 for n in range(1000)])
        out, err = echo.communicate(timeout=30)
    assert (echo.returncode, err) == (0, "")
    assert out.splitlines() == [str(n / 4) for n in range(1000)]


@pytest.mark.parametrize("value", [True, -(2**63), 2.5, math.nan])
def test_once_prints_the_newest_value_alone(run_cli: RunCli, value: float) -> None:
    with shm_pub_sub.Publisher("robot/speed", type(value)()) as pub:
        pub.publish(type(value)())
        pub.publish(value)
        ended = run_cli("echo", "robot/speed", "--once")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{value}\n", "")


def test_retained_value_is_printed(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, retain=True) as pub:
        pub.publish(7)
    ended = run_cli("echo", "robot/speed", "--once")
    shm_pub_sub.remove("robot/speed")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "7\n", "")


def test_nothing_in_time_is_exit_code_3(run_cli: RunCli) -> None:
    ended = run_cli("echo", "robot/speed", "--timeout", 0.2)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(WAITING)
    with shm_pub_sub.Publisher("robot/speed", 0.0):
        assert run_cli("echo", "robot/speed", "--timeout", 0.2).returncode == 3


def test_silence_ends_it_which_is_too_early_only_where_more_was_asked_for(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0) as pub:
        pub.publish(1)
        for arguments, code in (["--timeout", 0.2], 0), (["--timeout", 0.2, "--count", 2], 3):
            ended = run_cli("echo", "robot/speed", *arguments)
            assert (ended.returncode, ended.stdout) == (code, "1\n")
        for wrong in ("0", "-1", "nan", "soon"):
            ended = run_cli("echo", "robot/speed", "--timeout", wrong)
            assert ended.returncode == 2
            assert "expected seconds, more than 0" in ended.stderr


def test_csv_is_read_back_by_the_csv_module(cli: Cli) -> None:
    name = 'odd, "name"\n'
    values = [0.1, math.nan, math.inf, -math.inf, 5e-324, 1e308]
    echo = cli.start("echo", name, "--csv", "--count", len(values))
    echo.line(echo.stderr)
    start = time.time()
    with shm_pub_sub.Publisher(name, 0.0, 10) as pub:
        for value in values:
            pub.publish(value)
        out, _ = echo.communicate(timeout=30)
    header, *rows = csv.reader(io.StringIO(out))
    assert header == ["time", "topic", "sequence", "value"]
    assert [row[1:] for row in rows] == [[name, str(n), str(v)] for n, v in enumerate(values, 1)]
    assert all(start - 1 < float(row[0]) < time.time() + 1 for row in rows)


def test_json_has_an_object_a_value(cli: Cli) -> None:
    values = [1.5, math.nan, math.inf, -math.inf]
    echo = cli.start("echo", "robot/speed", "--format", "json", "--count", len(values))
    echo.line(echo.stderr)
    before, start = time.monotonic_ns(), time.time()
    with shm_pub_sub.Publisher("robot/speed", 0.0, 10) as pub:
        for value in values:
            pub.publish(value)
        out, _ = echo.communicate(timeout=30)
    found = [json.loads(line) for line in out.splitlines()]
    assert [object["value"] for object in found] == [1.5, "NaN", "Infinity", "-Infinity"]
    assert [object["sequence"] for object in found] == [1, 2, 3, 4]
    assert {object["topic"] for object in found} == {"robot/speed"}
    assert all(before < object["time_ns"] < time.monotonic_ns() for object in found)
    assert all(start - 1 < object["time"] < time.time() + 1 for object in found)


def test_json_of_bools_and_ints(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("a", False) as a, shm_pub_sub.Publisher("b", 0) as b:
        a.publish(True)
        b.publish(2**63 - 1)
        lines = run_cli("echo", "a", "b", "--once", "--format", "json").stdout.splitlines()
    found = {object["topic"]: object["value"] for object in map(json.loads, lines)}
    assert found["a"] is True
    assert found["b"] == 2**63 - 1


def test_values_of_several_topics_are_named_and_in_order_of_publication(run_cli: RunCli) -> None:
    with (
        shm_pub_sub.Publisher("robot/b", 0) as b,
        shm_pub_sub.Publisher("robot/a", 0.0) as a,
        shm_pub_sub.Publisher("other", 0) as other,
    ):
        b.publish(1)
        a.publish(2.5)
        other.publish(3)
        assert run_cli("echo", "robot/*", "--once").stdout == "robot/b: 1\nrobot/a: 2.5\n"
        stamped = run_cli("echo", "other", "robot/a", "--once", "-T").stdout
    assert re.fullmatch(r"\[\d+\.\d{9}\] robot/a: 2\.5\n\[\d+\.\d{9}\] other: 3\n", stamped)


def test_new_topic_that_matches_joins_in(cli: Cli) -> None:
    echo = cli.start("echo", "robot/*")
    assert "waiting: no topic matches 'robot/*'" in echo.line(echo.stderr)
    with shm_pub_sub.Publisher("robot/a", 0) as a:
        a.publish(1)
        assert echo.line() == "robot/a: 1"
        with shm_pub_sub.Publisher("robot/b", True) as b:
            b.publish(False)
            assert echo.line() == "robot/b: False"
            a.publish(2)
            assert echo.line() == "robot/a: 2"
    assert interrupt(echo) == ("", "")


def test_name_with_a_bracket_is_a_name_where_there_is_such_a_topic(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("joint[1]", 0) as pub, shm_pub_sub.Publisher("joint1", 0) as other:
        pub.publish(1)
        other.publish(2)
        assert run_cli("echo", "joint[1]", "--once").stdout == "1\n"


def test_killed_publisher_may_be_followed_by_one_of_another_type(
    cli: Cli, start_python: Start
) -> None:
    echo = cli.start("echo", "robot/speed")
    echo.line(echo.stderr)
    for value in (1.5, 2.5, True, 7):
        publisher = start_python(PUBLISH, "robot/speed", value)
        assert publisher.line() == "ready"
        assert echo.line() == str(value)
        publisher.kill()
        publisher.wait()
    rest, remarks = interrupt(echo)
    # Each end that it had the time to see is reported.
    ends = "shm-pub-sub: 'robot/speed' has no live publisher now; waiting for the next"
    assert (rest, {*remarks.splitlines()} - {ends}) == ("", set())
    shm_pub_sub.remove("robot/speed")


def test_topic_of_a_dead_publisher_is_waited_for(cli: Cli, start_python: Start) -> None:
    publisher = start_python(PUBLISH, "robot/speed", 1)
    assert publisher.line() == "ready"
    publisher.kill()
    publisher.wait()
    echo = cli.start("echo", "robot/speed", "--once")
    assert "waiting: 'robot/speed' has no live publisher" in echo.line(echo.stderr)
    with shm_pub_sub.Publisher("robot/speed", 0.0) as pub:
        pub.publish(2.5)
        assert echo.line() == "2.5"


def test_what_a_crash_left_holds_up_no_pattern(run_cli: RunCli, start_python: Start) -> None:
    publisher = start_python(
        "import shm_pub_sub\np = shm_pub_sub.Publisher('a', 0)\nprint(input())"
    )
    with shm_pub_sub.Publisher("b", 0) as pub:
        pub.publish(1)
        while len(shm_pub_sub.topics()) < 2:
            assert publisher.poll() is None
        publisher.kill()
        publisher.wait()
        ended = run_cli("echo", "*", "--once")
    assert (ended.returncode, ended.stdout) == (0, "b: 1\n")
    assert ended.stderr == "shm-pub-sub: waiting: 'a' has no live publisher\n"
    shm_pub_sub.remove("a")


def test_topic_that_cannot_be_read_is_an_error_or_left_out(cli: Cli, shm_dir: Path) -> None:
    with shm_pub_sub.Publisher("a", 0) as a, shm_pub_sub.Publisher("b", 0) as b:
        a.publish(1)
        b.publish(2)
        echo = cli.start("echo", "*")
        assert [echo.line() for _ in range(2)] == ["a: 1", "b: 2"]
        a.close()
        (shm_dir / "shm_pub_sub.a").write_bytes(b"not a topic" * 1000)
        assert re.fullmatch("shm-pub-sub: left out: .*", echo.line(echo.stderr))
        b.publish(3)
        assert echo.line() == "b: 3"
        interrupt(echo)
        assert "left out: " in cli.run("echo", "*", "--once").stderr
        named = cli.run("echo", "a", "--once")
        (shm_dir / "shm_pub_sub.a").unlink()
    assert (named.returncode, named.stdout) == (1, "")
    assert named.stderr.startswith("shm-pub-sub: ")


@pytest.mark.parametrize("more", [[], ["robot/b"], ["--interval", 0.05]], ids=str)
def test_publishers_end_is_told_and_the_next_one_is_printed(cli: Cli, more: list[str]) -> None:
    with shm_pub_sub.Publisher("robot/b", 0) as other:
        other.publish(0)
        for first in (True, False):
            with shm_pub_sub.Publisher("robot/a", 0) as pub:
                pub.publish(1)
                if first:
                    echo = cli.start("echo", "robot/a", *more)
                while not echo.line().endswith("1"):
                    pass
            ended = "shm-pub-sub: 'robot/a' has no live publisher now; waiting for the next"
            assert echo.line(echo.stderr) == ended
        _, err = interrupt(echo)
    assert err == ""


def test_retained_value_has_no_publisher(cli: Cli) -> None:
    with shm_pub_sub.Publisher("gain", 0, retain=True) as pub:
        pub.publish(7)
    echo = cli.start("echo", "gain")
    assert echo.line() == "7"
    assert "'gain' has no live publisher now" in echo.line(echo.stderr)
    interrupt(echo)
    shm_pub_sub.remove("gain")


def test_value_is_printed_before_its_publishers_end(
    call_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late echo starts: --once has nothing left to wait for."""
    monkeypatch.setattr(following, "LOOK_FOR_END", 0)
    with shm_pub_sub.Publisher("gain", 0, retain=True) as pub:
        pub.publish(7)
    ended = call_cli("echo", "gain", "--once")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "7\n", "")
    shm_pub_sub.remove("gain")


def test_table_and_objects_at_once_are_wrong_usage(run_cli: RunCli) -> None:
    ended = run_cli("echo", "robot/speed", "--csv", "--format", "json")
    assert (ended.returncode, ended.stdout) == (2, "")


def test_what_it_could_not_take_is_counted(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, 2) as pub:
        pub.publish(0)
        echo = cli.start("echo", "robot/speed")
        assert echo.line() == "0"
        stop(echo)
        pub.publish_many(range(1, 101))
        echo.send_signal(signal.SIGCONT)
        assert [echo.line() for _ in range(2)] == ["99", "100"]
        assert "robot/speed: lost 98 values so far" in echo.line(echo.stderr)
        pub.publish(101)
        assert echo.line() == "101"
        out, err = interrupt(echo)
    assert (out, err.count("\n")) == ("", 1)
    assert "robot/speed: lost 98 values in total" in err


def test_nothing_is_lost_up_to_the_rings_size(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, 50_000) as pub:
        pub.publish(0)
        echo = cli.start("echo", "robot/speed", "--csv", "--count", 50_001)
        assert echo.line() == "time,topic,sequence,value"
        assert echo.line().endswith(",robot/speed,1,0")
        stop(echo)
        pub.publish_many(range(1, 50_001))
        echo.send_signal(signal.SIGCONT)
        out, err = echo.communicate(timeout=30)
    assert [row[3] for row in csv.reader(io.StringIO(out))] == [str(n) for n in range(1, 50_001)]
    assert (echo.returncode, err) == (0, "")


def test_every_prints_the_newest_at_intervals(cli: Cli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0, 1000) as pub:
        pub.publish_many(range(1000))
        echo = cli.start("echo", "robot/speed", "--interval", 0.05)
        assert echo.line() == "999"
        pub.publish_many(range(1000))
        pub.publish_many(range(1000, 2000))
        while (value := int(echo.line())) != 1999:
            assert 0 <= value < 1999
        out, err = interrupt(echo)
    assert (out, err) == ("", "")  # a value is printed once; nothing counts as lost


def test_every_waits_and_gives_up_in_time(run_cli: RunCli) -> None:
    assert run_cli("echo", "robot/speed", "--interval", 0.05, "--timeout", 0.2).returncode == 3
    with shm_pub_sub.Publisher("robot/speed", 0) as pub:
        pub.publish(3)
        ended = run_cli("echo", "robot/speed", "--interval", 0.05, "--timeout", 0.2)
    assert (ended.returncode, ended.stdout) == (0, "3\n")


def test_reader_that_has_seen_enough_ends_it(start_python: Start) -> None:
    publish = "import shm_pub_sub, time, itertools\np = shm_pub_sub.Publisher('robot/speed', 0)\n"
    publisher = start_python(
        publish + "for n in itertools.count():\n  p.publish(n)\n  time.sleep(0.001)\n"
    )
    command = f"{PROGRAM} echo robot/speed | head -n 3; echo ${{PIPESTATUS[0]}}"
    ended = run("bash", "-c", command, env=os.environ | ENVIRONMENT, check=True)
    publisher.kill()
    publisher.wait()
    shm_pub_sub.remove("robot/speed")
    *values, code = map(int, ended.stdout.split())
    assert len(values) == 3
    assert values[0] < values[1] < values[2]
    assert code == 141
    assert "Traceback" not in ended.stderr


def test_python_m_is_the_same() -> None:
    with shm_pub_sub.Publisher("robot/speed", 0) as pub:
        pub.publish(4)
        command = [sys.executable, "-m", "shm_pub_sub", "echo", "robot/speed", "--once"]
        ended = subprocess.run(command, capture_output=True, timeout=30, check=True)
    assert ended.stdout == b"4\n"
