"""shm-pub-sub pub."""

import json
import math
import os
import signal
import time

import pytest
import shm_pub_sub
from shm_pub_sub import _cli
from support.waiting import until

from ._reading import interrupt
from .conftest import Cli, RunCli


def published(name: str) -> tuple[type, object]:
    """The type of the retained topic and its value, which is removed."""
    kind = shm_pub_sub.inspect(name).type
    with shm_pub_sub.Subscriber(name, kind()) as sub:
        value, ok = sub.subscribe()
    assert ok
    shm_pub_sub.remove(name)
    return kind, value


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["true"], (bool, True)),
        (["FALSE"], (bool, False)),
        (["7"], (int, 7)),
        (["-7"], (int, -7)),
        (["0x1F"], (int, 31)),
        (["007"], (int, 7)),
        (["1.5"], (float, 1.5)),
        (["-1e-3"], (float, -0.001)),
        (["-.5"], (float, -0.5)),
        (["-inf"], (float, -math.inf)),
        (["inf"], (float, math.inf)),
        (["7", "2.5"], (float, 7.0)),
        (["7", "--type", "float"], (float, 7.0)),
        (["0x10", "--type", "float"], (float, 16.0)),
    ],
)
def test_type_is_that_of_the_value(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: tuple[type, object]
) -> None:
    assert _cli.main(["pub", "setting", *arguments, "--once"]) == 0
    assert capsys.readouterr().out == f"publishing #1: {expected[1]}\n"
    assert published("setting") == expected


def test_nan_is_a_float(run_cli: RunCli) -> None:
    assert run_cli("pub", "setting", "nan", "--once").returncode == 0
    kind, value = published("setting")
    assert kind is float
    assert value != value


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fast"], "found 'fast'; expected true, false or a number"),
        (["true", "1"], "found 'true', '1'; expected either true and false or numbers"),
        (["1e400"], "found '1e400'; expected a number of at most"),
        ([str(2**63)], "found '9223372036854775808'; expected a 64-bit integer"),
        (["1.5", "--type", "int"], "found '1.5'; expected an integer"),
        (["1", "--type", "bool"], "found '1'; expected true or false"),
        (["1", "-r", "0"], "expected a rate in Hz, more than 0"),
        (["1", "--mode", "rw"], "found 'rw'; expected octal digits such as 644"),
        (["1", "--once", "--count", "3"], "not allowed with argument"),
        (["-", "1"], "expected it alone, to read values from stdin"),
    ],
)
def test_wrong_usage_is_exit_code_2(run_cli: RunCli, arguments: list[str], said: str) -> None:
    ended = run_cli("pub", "setting", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr


def test_once_leaves_a_value_for_the_next_command(run_cli: RunCli) -> None:
    ended = run_cli("pub", "robot/speed", "1.5", "--once")
    assert ended.returncode == 0
    assert "the value is retained until `shm-pub-sub rm robot/speed`" in ended.stderr
    assert run_cli("echo", "robot/speed", "--once").stdout == "1.5\n"
    # An int goes to the topic as it is.
    assert run_cli("pub", "robot/speed", "2", "--once", "-q").stderr == ""
    assert published("robot/speed") == (float, 2.0)


def test_once_with_keep_takes_the_topic_away(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "1.5", "--once", "--keep", 60)
    assert pub.line() == "publishing #1: 1.5"
    assert cli.run("echo", "robot/speed", "--once").stdout == "1.5\n"
    interrupt(pub)
    assert shm_pub_sub.topics() == []


def test_values_are_published_in_turn_to_who_waits(cli: Cli) -> None:
    echo = cli.start("echo", "robot/speed", "--count", 5)
    echo.line(echo.stderr)
    how = ["--count", 5, "-r", 1000, "--buffers", 10, "--keep", 60]
    pub = cli.start("pub", "robot/speed", "1", "2", *how)
    assert echo.communicate(timeout=30)[0] == "1\n2\n1\n2\n1\n"
    assert interrupt(pub) == ("publishing #1: 1\n", "")  # of every ten, at that rate
    assert shm_pub_sub.topics() == []


def test_it_ends_after_so_many_values(run_cli: RunCli) -> None:
    ended = run_cli("pub", "robot/speed", "1", "--count", 2, "-r", 50)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "publishing #1: 1\npublishing #2: 1\n"
    assert shm_pub_sub.topics() == []
    ended = run_cli("pub", "robot/speed", "1", "2", "--count", 2, "-r", 50, "--retain")
    assert "the value is retained" in ended.stderr
    assert published("robot/speed") == (int, 2)


def test_every_value_is_told_up_to_100_hz(run_cli: RunCli) -> None:
    ended = run_cli("pub", "a", "1", "--count", 3, "-r", 100, "--format", "json")
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"topic": "a", "number": n, "value": 1} for n in (1, 2, 3)
    ]


def test_values_come_from_stdin(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "-", "--buffers", 10)
    assert pub.stdin is not None
    with shm_pub_sub.Subscriber("robot/speed", 0.0) as sub:
        for value in (1.5, 2, -3):  # each when its line comes
            pub.stdin.write(f"{value}\n\n")
            pub.stdin.flush()
            assert sub.recv(timeout=30) == value
        pub.stdin.close()
        assert pub.wait(30) == 0
    assert shm_pub_sub.topics() == []


def test_wrong_line_of_stdin_is_an_error(run_cli: RunCli, cli: Cli) -> None:
    for lines, said in (
        ("1\n2\n2.5\n", "line 3 of stdin: found '2.5'; expected an integer"),
        ("soon\n", "found 'soon'"),
        ("", "found no value on stdin"),
    ):
        pub = cli.start("pub", "robot/speed", "-", "-q")
        _, err = pub.communicate(lines, timeout=30)
        assert pub.returncode == 1
        assert said in err


def test_second_publisher_is_told_who_holds_the_topic(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0):
        ended = run_cli("pub", "robot/speed", "1.5")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"found a live publisher, process {os.getpid()}" in ended.stderr


def test_mode_and_buffers(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "1", "--mode", "644", "--buffers", 7)
    pub.line()
    topic = shm_pub_sub.inspect("robot/speed")
    assert topic.buffer_num == 7
    assert os.stat(topic.path).st_mode & 0o777 == 0o644  # noqa: PTH116
    interrupt(pub)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_topic_goes_with_its_publisher_however_that_is_ended(cli: Cli, number: int) -> None:
    pub = cli.start("pub", "robot/speed", "1")
    pub.line()
    pub.send_signal(number)
    assert pub.wait(30) == 128 + number
    assert shm_pub_sub.topics() == []


def test_rate_is_kept(cli: Cli) -> None:
    how = ["-r", 2000, "--count", 1000, "-q", "--buffers", 1000, "--keep", 60]
    with shm_pub_sub.Subscriber("fast", 0) as sub:
        start = time.monotonic_ns()
        pub = cli.start("pub", "fast", "1", *how)
        samples = [sub.recv_sample(timeout=30) for _ in range(1000)]
    # The first is published no earlier than its schedule begins, and no value before its time.
    assert (samples[-1].time_ns - start) / 1e9 >= 999 / 2000
    assert [sample.sequence for sample in samples] == list(range(1, 1001))
    assert interrupt(pub) == ("", "")


def test_quiet_until_there_is_something_to_say(cli: Cli) -> None:
    pub = cli.start("pub", "robot/speed", "1", "-q")
    until(lambda: [t for t in shm_pub_sub.topics() if t.published] != [])
    assert interrupt(pub) == ("", "")


def test_line_that_is_no_text_is_an_error(cli: Cli) -> None:
    strict = {"PYTHONIOENCODING": "utf-8:strict"}
    pub = cli.start("pub", "x", "-", env=os.environ | strict, encoding=None)
    _out, err = pub.communicate(b"1\n\xff\n", timeout=30)
    assert pub.returncode == 1
    assert b"Traceback" not in err
    assert b"shm-pub-sub: " in err


@pytest.mark.parametrize("options", [["-r", "1e-12"], ["--once", "--keep", "1e10"]])
def test_times_that_nobody_waits_for_are_refused(run_cli: RunCli, options: list[str]) -> None:
    refused = run_cli("pub", "x", "1", *options)
    assert refused.returncode == 2
    assert "more than 0, at " in refused.stderr
