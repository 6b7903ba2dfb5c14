"""shm-pub-sub bridge: its options and files, what it says, and how it ends."""

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import shm_pub_sub
from support.programs import Run
from support.waiting import until

from .conftest import Cli, RunCli, check_failure

FILE = """
name = "robot"
listen = ["tcp/127.0.0.1:7447"]
send = ["robot/*"]
receive = ["laptop/*"]
max-topics = 10
mode = "640"

[zenoh.transport.link.tx]
keep_alive = 8
"""
Options = dict[str, Any]
Checked = Callable[..., Options]


@pytest.fixture
def checked(call_cli: RunCli) -> Checked:
    """checked(*arguments): what --check prints of a bridge, as JSON."""

    def checked(*arguments: object) -> Options:
        ended = call_cli("bridge", *arguments, "--check", "--format", "json")
        assert (ended.returncode, ended.stderr) == (0, "")
        options: Options = json.loads(ended.stdout)
        return options

    return checked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "robot.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_options_in_a_file(checked: Checked, file: Path) -> None:
    found = checked("--config", file)
    assert (found["name"], found["send"], found["receive"]) == ("robot", ["robot/*"], ["laptop/*"])
    assert (found["max_topics"], found["mode"], found["router"]) == (10, 0o640, False)
    assert found["zenoh"] == {"transport": {"link": {"tx": {"keep_alive": 8}}}}


def test_options_replace_those_of_the_file(checked: Checked, file: Path) -> None:
    found = checked("--config", file, "--name", "other", "--send", "a", "--send", "b")
    assert (found["name"], found["send"], found["receive"]) == ("other", ["a", "b"], ["laptop/*"])
    assert checked("--config", file, "--no-send")["send"] == []
    assert checked("--config", file, "--no-receive")["receive"] == []


def test_a_router_of_a_file(checked: Checked, tmp_path: Path) -> None:
    file = tmp_path / "router.toml"
    file.write_text('listen = ["tcp/127.0.0.1:7447"]\nlease = 10\n')
    found = checked("router", "--config", file)
    assert (found["router"], found["lease"], found["send"]) == (True, 10.0, [])
    assert found["name"].endswith("-router")


@pytest.mark.parametrize(
    ("text", "arguments", "complaint"),
    [
        ("sent = ['a']", [], "robot.toml: found 'sent'; did you mean 'send'?"),
        ("router = true", [], "found 'router'; expected name, listen"),
        ("send = ['a']", ["router"], "found 'send'; expected name, listen"),
        ("no toml", [], "robot.toml: found no TOML: "),
        ("mode = '9'", [], "robot.toml: mode: found '9'; expected octal digits"),
        ("send = 5", [], "send: found int 5; expected names or patterns"),
        ("send = ['a']", ["--send", "a", "--no-send"], "found --send and --no-send; expected one"),
        ("", [], "neither topics to send nor topics to receive; expected some: add --send"),
        ("", ["--send", "a"], "no way to other machines; expected --listen or --connect"),
        ("connect = ['tcp/robot:7447']", ["--send", "a"], "not encrypted, beyond this machine"),
        ("zenoh = {bogus = 1}", ["--send", "a", "--listen", "tcp/[::1]:1"], "unknown field"),
    ],
)
def test_what_is_wrong_is_wrong_usage(
    text: str, arguments: list[str], complaint: str, call_cli: RunCli, file: Path
) -> None:
    file.write_text(text)
    check_failure(call_cli("bridge", *arguments, "--config", file), complaint, 2)


def test_a_file_that_is_missing(call_cli: RunCli, tmp_path: Path) -> None:
    check_failure(call_cli("bridge", "--config", tmp_path / "none.toml"), "No such file", 1)


def test_an_endpoint_that_cannot_be_had(call_cli: RunCli, run_cli: RunCli) -> None:
    ended = run_cli("bridge", "--send", "a", "--listen", "unixsock-stream//no/such/folder/socket")
    check_failure(ended, "shm-pub-sub: bridge", 1)
    assert shm_pub_sub.topics() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("kind", [["--send", "*"], ["router"]])
def test_signals_end_it(number: signal.Signals, kind: list[str], cli: Cli, tmp_path: Path) -> None:
    where = f"unixsock-stream/{tmp_path}/zenoh"
    program = cli.start("bridge", *kind, "--listen", where, "--name", "robot")
    assert program.stderr is not None
    assert f"listens on {where}" in program.line(program.stderr)
    assert shm_pub_sub.topics("bridge/robot/connected")[0].alive
    program.end_by(number, 0)
    assert "Traceback" not in program.errors
    assert shm_pub_sub.topics() == []


def test_status(cli: Cli, run_cli: RunCli, tmp_path: Path) -> None:
    where = f"unixsock-stream/{tmp_path}/zenoh"
    robot, laptop = (
        cli.start("bridge", "--name", name, option, where, "--send", "none", "--receive", "none")
        for name, option in (("robot", "--listen"), ("laptop", "--connect"))
    )
    with shm_pub_sub.Subscriber("bridge/robot/rtt", 0.0) as rtt:
        rtt.recv(timeout=30)
    with shm_pub_sub.Subscriber("bridge/laptop/connected", 0) as connected:
        until(lambda: connected.subscribe() == (1, True))
    ended = run_cli("bridge", "status", "--format", "json")
    assert (ended.returncode, ended.stderr) == (0, "")
    by_name = {found["bridge"]: found for found in map(json.loads, ended.stdout.splitlines())}
    assert [(name, found["state"], found["pid"]) for name, found in by_name.items()] == [
        ("laptop", "alive", laptop.pid),
        ("robot", "alive", robot.pid),
    ]
    assert by_name["robot"]["peers"] == ["laptop"]
    assert 0 < by_name["robot"]["rtt"] < 10
    robot.kill()
    robot.wait()
    ended = run_cli("bridge", "status")
    assert (ended.returncode, ended.stderr) == (1, "")
    _, *rows = ended.stdout.splitlines()
    assert [row.split()[:2] for row in rows] == [["laptop", "alive"], ["robot", "dead"]]
    laptop.terminate()
    assert laptop.wait(30) == 0
    for topic in shm_pub_sub.topics("bridge/robot/*"):
        shm_pub_sub.remove(topic.name)


def test_status_of_none(call_cli: RunCli) -> None:
    check_failure(call_cli("bridge", "status"), "no bridge in /dev/shm", 1)


WITHOUT = "import sys\nsys.modules['zenoh'] = None  # importing it fails\n"
COMMAND = WITHOUT + "from shm_pub_sub._cli import main\nsys.exit(main(sys.argv[1:]))\n"
IN_PYTHON = """
from shm_pub_sub import topics
from shm_pub_sub.network import Bridge
try:
    Bridge(name="robot", connect="tls/robot:7447", receive="*")
except ModuleNotFoundError as error:
    print(error, topics())
"""
HINT = "found no eclipse-zenoh; pip install eclipse-zenoh brings it"


@pytest.mark.parametrize("arguments", [[], ["router"], ["--check"]])
def test_the_package_that_is_missing_is_named(arguments: list[str], run_python: Run) -> None:
    check_failure(run_python(COMMAND, "bridge", *arguments), f"shm-pub-sub: {HINT}\n")


def test_what_needs_no_package(run_python: Run) -> None:
    check_failure(run_python(COMMAND, "bridge", "status"), "no bridge in")
    ended = run_python(COMMAND, "bridge", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_bridge_without_the_package(run_python: Run) -> None:
    ended = run_python(WITHOUT + IN_PYTHON)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{HINT} []\n", "")


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="tomllib is part of Python")
def test_a_toml_reader_that_is_missing_is_named(run_python: Run) -> None:
    program = COMMAND.replace("zenoh", "tomli")
    check_failure(run_python(program, "bridge", "--check"), "found no tomli; pip install tomli")
