"""shm-pub-sub list."""

import json

import shm_pub_sub

from .conftest import RunCli


def test_lists_names_sorted(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0), shm_pub_sub.Publisher("estop", False):
        ended = run_cli("list")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "estop\nrobot/speed\n", "")
        assert run_cli("list", "-t").stdout == "estop [bool]\nrobot/speed [float]\n"
        assert run_cli("list", "-c", "robot/*").stdout == "1\n"


def test_lists_as_json(run_cli: RunCli) -> None:
    with shm_pub_sub.Publisher("robot/speed", 0.0) as pub:
        pub.publish(1.5)
        (line,) = run_cli("list", "--format", "json").stdout.splitlines()
    found = json.loads(line)
    assert (found["name"], found["type"], found["published"]) == ("robot/speed", "float", 1)
