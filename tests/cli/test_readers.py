"""The readers of a topic: `list -v` and `info` name the processes that have its file open."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub._cli import main
from support.programs import Run, Start

from .conftest import AS_ANOTHER_USER, RunCli, needs_root

Command = Callable[..., str]

READ = """
import os, sys, shm_pub_sub
subs = [shm_pub_sub.Subscriber(name) for name in sys.argv[1:]]
print("ready", flush=True)
if "fork" in sys.argv:
    children = []
    for _ in range(3):
        if (pid := os.fork()) == 0:
            input()
            os._exit(0)
        children.append(pid)
    print(*children, flush=True)
input()
"""


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """command(*arguments): what shm-pub-sub prints, run in this process."""

    def run(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def start_reader(start_python: Start) -> Any:
    def start(*names: str) -> Any:
        program = start_python(READ, *names)
        assert program.line() == "ready"
        return program

    return start


def readers(command: Command, name: str) -> list[int]:
    found = json.loads(command("info", name, "--format", "json"))
    return [each["pid"] for each in found["readers"]]


def test_processes_that_read_are_named(command: Command, start_reader: Any) -> None:
    with shm_pub_sub.Publisher("a", 0.0), shm_pub_sub.Publisher("b", 0.0):
        one, both = start_reader("a"), start_reader("a", "b")
        listed = command("list", "-v", "--format", "json").splitlines()
        for row, expected in zip(listed, ([one, both], [both]), strict=True):
            found = json.loads(row)["readers"]
            assert [each["pid"] for each in found] == sorted(reader.pid for reader in expected)
            assert all("program" in each["command"] for each in found)
        shown = command("info", "a")
        for reader in (one, both):
            assert f" process {reader.pid}: " in shown
        assert shown.count("program") == 2
        heading, a, b = command("list", "-v").splitlines()
        at = heading.index("readers")
        assert a[at:].split()[0] == ",".join(map(str, sorted([one.pid, both.pid])))
        assert b[at:].split()[0] == str(both.pid)
        both.release()
        both.wait(30)
        assert readers(command, "a") == [one.pid]


def test_a_publisher_is_a_reader_only_if_it_subscribes(run_cli: RunCli, command: Command) -> None:
    with shm_pub_sub.Publisher("topic", "") as pub:
        with shm_pub_sub.Subscriber("topic", "", copy=False) as sub:
            pub.publish("x" * 100)
            assert sub.recv() == "x" * 100
            ended = run_cli("info", "topic", "--format", "json")
            assert [each["pid"] for each in json.loads(ended.stdout)["readers"]] == [os.getpid()]
            assert readers(command, "topic") == [], "the command itself"
        ended = run_cli("info", "topic", "--format", "json")
        assert json.loads(ended.stdout)["readers"] == []


def test_a_publisher_that_took_over_is_no_reader(command: Command, start_python: Start) -> None:
    program = "import os, shm_pub_sub; pub = shm_pub_sub.Publisher('topic', 0)\n"
    start_python(program + "os.kill(os.getpid(), 9)").wait(30)
    publisher = start_python(program + "print('ready', flush=True); input()")
    assert publisher.line() == "ready"
    assert readers(command, "topic") == []
    publisher.communicate("\n")


def test_without_readers_and_with_many(command: Command, start_reader: Any) -> None:
    with shm_pub_sub.Publisher("topic", 0.0):
        none = "none" if os.geteuid() == 0 else "none of this user's processes"
        assert f"readers:   {none}\n" in command("info", "topic")
        reader = start_reader("topic", "fork")
        pids = sorted([reader.pid, *map(int, reader.line().split())])
        row = command("list", "-v").splitlines()[1]
        assert f"  {pids[0]},{pids[1]},{pids[2]},... (4)  " in row


def test_the_readers_of_a_dead_publishers_topic_are_shown(
    command: Command, start_python: Start, start_reader: Any
) -> None:
    publisher = start_python(
        "import shm_pub_sub; pub = shm_pub_sub.Publisher('topic', 0); print('ready', flush=True);"
        "input()"
    )
    assert publisher.line() == "ready"
    reader = start_reader("topic")
    publisher.kill()
    publisher.wait(30)
    assert readers(command, "topic") == [reader.pid]
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


def test_commands_are_printed_as_text(command: Command, start_python: Start) -> None:
    with shm_pub_sub.Publisher("topic", 0.0):
        program = start_python(READ, "topic", "\x1b[2J\u202e")
        assert program.line() == "ready"
        shown = command("info", "topic") + command("list", "-v")
        assert "\x1b" not in shown
        assert "\\x1b[2J" in shown
