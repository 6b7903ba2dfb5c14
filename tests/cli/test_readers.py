"""The readers of a topic: `list -v` and `info` name the processes that have its file open."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.programs import Run, Start

from .conftest import AS_ANOTHER_USER, RunCli, needs_root

READ = """
import sys, shm_pub_sub
subs = [shm_pub_sub.Subscriber(name) for name in sys.argv[1:]]
print("ready", flush=True)
input()
"""


@pytest.fixture
def start_reader(start_python: Start) -> Any:
    def start(*names: str) -> Any:
        program = start_python(READ, *names)
        assert program.line() == "ready"
        return program

    return start


def readers(run_cli: RunCli, name: str) -> list[int]:
    found = json.loads(run_cli("info", name, "--format", "json").stdout)
    return [each["pid"] for each in found["readers"]]


def test_processes_that_read_are_named(run_cli: RunCli, start_reader: Any) -> None:
    with shm_pub_sub.Publisher("a", 0.0), shm_pub_sub.Publisher("b", 0.0):
        one, both = start_reader("a"), start_reader("a", "b")
        listed = run_cli("list", "-v", "--format", "json").stdout.splitlines()
        for row, expected in zip(listed, ([one, both], [both]), strict=True):
            found = json.loads(row)["readers"]
            assert [each["pid"] for each in found] == sorted(reader.pid for reader in expected)
            assert all("program" in each["command"] for each in found)
        shown = run_cli("info", "a").stdout
        for reader in (one, both):
            assert f" process {reader.pid}: " in shown
        assert shown.count("program") == 2
        heading, a, b = run_cli("list", "-v").stdout.splitlines()
        at = heading.index("readers")
        assert a[at:].split()[0] == ",".join(map(str, sorted([one.pid, both.pid])))
        assert b[at:].split()[0] == str(both.pid)
        both.release()
        both.wait(30)
        assert readers(run_cli, "a") == [one.pid]


def test_a_publisher_is_a_reader_only_if_it_subscribes(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("topic", "") as pub:
        with shm_pub_sub.Subscriber("topic", "", copy=False) as sub:
            pub.publish("x" * 100)
            assert sub.recv() == "x" * 100
            assert readers(run_cli, "topic") == [os.getpid()]
        assert readers(run_cli, "topic") == []


def test_a_file_that_the_publisher_opened_by_name_is_no_readers(
    run_cli: RunCli, start_python: Start
) -> None:
    """As after a take-over."""
    die = "import os, shm_pub_sub; pub = shm_pub_sub.Publisher('topic', 0); os.kill(os.getpid(), 9)"
    start_python(die).wait(30)
    with shm_pub_sub.Publisher("topic", 0):
        assert readers(run_cli, "topic") == []


def test_without_readers_and_with_many(run_cli: RunCli, start_reader: Any) -> None:
    with shm_pub_sub.Publisher("topic", 0.0):
        none = "none" if os.geteuid() == 0 else "none of this user's processes"
        assert f"readers:   {none}\n" in run_cli("info", "topic").stdout
        pids = sorted(start_reader("topic").pid for _ in range(4))
        row = run_cli("list", "-v").stdout.splitlines()[1]
        assert f"  {pids[0]},{pids[1]},{pids[2]},... (4)  " in row


def test_the_readers_of_a_dead_publishers_topic_are_shown(
    run_cli: RunCli, start_python: Start, start_reader: Any
) -> None:
    publisher = start_python(
        "import shm_pub_sub; pub = shm_pub_sub.Publisher('topic', 0); print('ready', flush=True);"
        "input()"
    )
    assert publisher.line() == "ready"
    reader = start_reader("topic")
    publisher.kill()
    publisher.wait(30)
    assert readers(run_cli, "topic") == [reader.pid]
    shm_pub_sub.remove("topic")


@needs_root
def test_another_users_processes_are_not_seen(
    shm_dir: Path, run_python: Run, start_reader: Any
) -> None:
    shm_dir.chmod(0o755)
    with shm_pub_sub.Publisher("topic", 0.0, mode=0o644):
        start_reader("topic")
        ended = run_python(AS_ANOTHER_USER, "info", "topic")
    assert "readers:   none of this user's processes\n" in ended.stdout


def test_commands_are_printed_as_text(run_cli: RunCli, start_python: Start) -> None:
    with shm_pub_sub.Publisher("topic", 0.0):
        program = start_python(READ, "topic", "\x1b[2J\u202e")
        assert program.line() == "ready"
        shown = run_cli("info", "topic").stdout + run_cli("list", "-v").stdout
        assert "\x1b" not in shown
        assert "\\x1b[2J" in shown
