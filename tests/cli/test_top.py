"""shm-pub-sub top: on a terminal, in a pipe, as JSON."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._cli.watch import Watch
from support.programs import Start

from .conftest import Cli, RunCli, StartTerminal

PUBLISHES = """
import sys, time
import shm_pub_sub

pub = shm_pub_sub.Publisher("robot/speed", 0.0)
pub.publish(1.5)
print("ready")
input()
"""


@pytest.fixture
def top(terminal: StartTerminal) -> StartTerminal:
    return partial(terminal, "top", "-i0.1")


def row(lines: list[str], name: str) -> list[str]:
    """Return the words of a topic's line, or [] if there is none."""
    return next((line.split() for line in lines if line.split()[:1] == [name]), [])


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines if " alive " in line and "topics" not in line]


def test_terminal_shows_newest_values_until_q(top: StartTerminal) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0) as pub:
        pub.publish(1.5)
        terminal = top()
        words = row(terminal.wait_for(lambda s: "1.5" in row(s, "robot/speed")), "robot/speed")
        assert words[1:3] == ["float", "1.5"]
        assert {"alive", str(os.getpid())} <= set(words)
        pub.publish(-7.25)
        terminal.wait_for(lambda s: "-7.25" in row(s, "robot/speed"))
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.is_as_before()


@pytest.mark.parametrize(("key", "code"), [("\x03", 0), (signal.SIGTERM, 143)])
def test_signals_restore_the_terminal(
    top: StartTerminal, key: "str | signal.Signals", code: int
) -> None:
    terminal = top()
    terminal.wait_for(lambda s: s[:1] == ["0 topics, 0 alive, 0 values/s".ljust(120)])
    if isinstance(key, str):
        terminal.type(key)
    else:
        terminal.process.send_signal(key)
    assert terminal.end() == code
    assert terminal.is_as_before()
    assert "Traceback" not in terminal.written


def test_ctrl_z_gives_the_terminal_back_and_goes_on(top: StartTerminal) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as pub:
        terminal = top()
        terminal.wait_for(lambda s: bool(row(s, "speed")))
        terminal.type("\x1a")
        _, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        terminal.screen()
        assert terminal.is_as_before()
        pub.publish(2.5)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for(lambda s: "2.5" in row(s, "speed"))
        terminal.type("q")
        assert terminal.end() == 0


@pytest.mark.shm_leaves_files("a publisher is killed")
def test_topics_appear_die_and_disappear(top: StartTerminal, start_python: Start) -> None:
    terminal = top()
    with shm_pub_sub.Publisher("brief", 0):
        terminal.wait_for(lambda s: "alive" in row(s, "brief"))
    terminal.wait_for(lambda s: len(s) > 1 and not row(s, "brief"))
    publisher = start_python(PUBLISHES)
    assert publisher.line() == "ready"
    terminal.wait_for(lambda s: "alive" in row(s, "robot/speed"))
    publisher.kill()
    terminal.wait_for(lambda s: "dead" in row(s, "robot/speed"))
    assert "\x1b[31mrobot/speed" in terminal.written  # red


def test_follows_a_topic_to_a_publisher_of_another_type(top: StartTerminal) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as pub:
        pub.publish(0.5)
        terminal = top()
        terminal.wait_for(lambda s: row(s, "speed")[1:3] == ["float", "0.5"])
    with shm_pub_sub.Publisher("speed", False) as flag:
        flag.publish(True)
        terminal.wait_for(lambda s: row(s, "speed")[1:3] == ["bool", "True"])


def test_keys_sort_and_scroll_what_a_terminal_has_no_room_for(top: StartTerminal) -> None:
    pubs = [shm_pub_sub.Publisher(f"t{n:02}", n) for n in range(40)]
    for pub in reversed(pubs):  # t39 is the oldest
        pub.publish(1)
    terminal = top(lines=13)
    terminal.wait_for(lambda s: s[-1:] != [] and s[-1].startswith("1-10 of 40"))
    assert names(terminal.screen()) == [f"t{n:02}" for n in range(10)]
    terminal.type("j")
    terminal.wait_for(lambda s: s[-1].startswith("2-11 of 40"))
    terminal.type("\x1b[6~")  # page down
    terminal.wait_for(lambda s: s[-1].startswith("12-21 of 40"))
    terminal.type("\x1b[6~\x1b[6~\x1b[6~")
    terminal.wait_for(lambda s: s[-1].startswith("31-40 of 40"))
    terminal.type("\x1b[5~\x1b[5~\x1b[5~\x1b[5~a")
    terminal.wait_for(lambda s: s[-1].startswith("1-10") and names(s)[:2] == ["t39", "t38"])
    terminal.resize(lines=23, columns=60)
    lines = terminal.wait_for(lambda s: s[-1].startswith("1-20 of 40"))
    assert len(lines) == 23
    assert {len(line) for line in lines} == {60}
    for pub in pubs:
        pub.close()


def test_names_cannot_move_the_cursor(top: StartTerminal, run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("evil\x1b[2J\n", 0), shm_pub_sub.Publisher("温度/a", 0):
        assert r"evil\x1b[2J\n" in run_cli("top", "-n1").stdout
        terminal = top()
        terminal.wait_for(lambda s: bool(row(s, r"evil\x1b[2J\n")))
        terminal.wait_for(lambda s: bool(row(s, "温度/a")))


def test_pipe_gets_tables_one_after_the_other(run_cli: RunCli) -> None:
    with (
        shm_pub_sub.Publisher("robot/speed", 0.0, 5) as speed,
        shm_pub_sub.Publisher("estop", False),
    ):
        speed.publish(1.5)
        ended = run_cli("top", "-n", 2, "-i", 0.05, "robot/*")
    assert (ended.returncode, ended.stderr) == (0, "")
    first, second = (table.splitlines() for table in ended.stdout.split("\n\n"))
    assert len(first) == len(second) == 3
    assert first[0].startswith("1 topic, 1 alive, ")
    assert first[1].split()[:3] == ["topic", "type", "value"]
    assert {"1.5", "alive", str(os.getpid()), "5"} <= set(row(second, "robot/speed"))


def test_pipe_goes_on_until_its_reader_has_gone(cli: Cli) -> None:
    process = cli.start("top", "-i", 0.01)
    assert process.line() == "0 topics, 0 alive, 0 values/s"
    process.stdout.close()
    assert process.wait(timeout=30) == 141


def test_json_is_an_object_a_table(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as speed, shm_pub_sub.Publisher("estop", False):
        speed.publish(float("nan"))
        lines = run_cli("top", "-n2", "-i0.01", "--format=json", "--sort=age").stdout.splitlines()
    first, second = map(json.loads, lines)
    assert second["time"] > first["time"]
    newest, never = second["topics"]
    assert (newest["name"], newest["type"], newest["value"]) == ("speed", "float", "NaN")
    assert newest["age"] > 0
    words = Path("/proc/self/cmdline").read_text().split("\0")
    assert newest["command"] == " ".join(words).rstrip()
    assert (never["name"], never["value"], never["rate"], never["alive"]) == (
        "estop",
        None,
        None,
        True,
    )


def test_terminal_without_rich_says_what_to_install(terminal: StartTerminal) -> None:
    program = "import sys; sys.modules['rich'] = None\nfrom shm_pub_sub._cli import main\n"
    program += "sys.exit(main(['top']))"
    started = terminal(program=(sys.executable, "-c", program))
    assert started.end() == 1
    assert "pip install rich; " in started.written


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.close()


def rate_of(published: int, seconds: float) -> object:
    return pytest.approx(published / seconds)


def test_first_look_knows_a_rate_from_the_values_that_are_kept(watch: Watch) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 5) as pub:
        for value in range(9):
            pub.publish(value)
        with shm_pub_sub.Subscriber("speed", 0.0, history=5) as sub:
            times = [sub.recv_sample().time_ns for _ in range(5)]
        (found,) = watch.rows()
        assert found.value == 8.0
        assert found.rate == rate_of(4, (times[-1] - times[0]) / 1e9)


def test_rate_is_that_of_publication_whenever_one_looks(watch: Watch) -> None:
    with (
        shm_pub_sub.Publisher("speed", 0.0, 20) as pub,
        shm_pub_sub.Subscriber("speed", 0.0) as sub,
    ):
        pub.publish_many([0.0] * 10)
        *_, first = (sub.recv_sample() for _ in range(10))
        (found,) = watch.rows()
        assert (found.value, found.rate) == (0.0, None)  # ten with one time: no rate yet
        pub.publish_many([1.0] * 10)
        *_, last = (sub.recv_sample() for _ in range(10))
        (found,) = watch.rows()
        assert found.rate == rate_of(10, (last.time_ns - first.time_ns) / 1e9)
        (again,) = watch.rows()
        assert again.rate == rate_of(10, (last.time_ns - first.time_ns) / 1e9)


def test_retained_value_is_no_dead_one(watch: Watch) -> None:
    with shm_pub_sub.Publisher("gain", 0, retain=True) as pub:
        pub.publish(7)
    (found,) = watch.rows()
    assert (found.value, found.rate, found.state) == (7, None, "retained")
    shm_pub_sub.remove("gain")


def test_next_publisher_is_looked_up(watch: Watch) -> None:
    with shm_pub_sub.Publisher("speed", 0.0, 3) as pub:
        pub.publish(1.5)
        assert [(row.topic.buffer_num, row.value) for row in watch.rows()] == [(3, 1.5)]
        pub.publish_many([2.5, 3.5])
        (found,) = watch.rows()
        assert (found.value, found.topic.published) == (3.5, 3)
    with shm_pub_sub.Publisher("speed", 0.0, 9) as pub:
        pub.publish(4.5)
        deadline = time.monotonic() + 20
        while (found := watch.rows()[0]).topic.buffer_num != 9:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert (found.value, found.topic.published, found.state) == (4.5, 1, "alive")
