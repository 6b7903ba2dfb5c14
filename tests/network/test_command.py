"""`shm-pub-sub bridge` and its router: a service manager or Ctrl-C ends them at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import shm_pub_sub
from support.programs import Programs
from support.waiting import until

ROUTER = ("router", "--name", "middle", "--listen")
BRIDGE = ("--name", "a", "--send", "*", "--receive", "*", "--connect")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it(number: signal.Signals, endpoint: str, programs: Programs) -> None:
    command = (sys.executable, "-m", "shm_pub_sub", "bridge")
    router = programs.start_command(*command, *ROUTER, endpoint, stderr=subprocess.PIPE)
    router.wait_for(f"router 'middle'; listens on {endpoint}", stream=router.stderr)
    bridge = programs.start_command(*command, *BRIDGE, endpoint, stderr=subprocess.PIPE)
    bridge.wait_for("bridge 'a'; connects to .*; sends .*; receives", stream=bridge.stderr)
    with shm_pub_sub.Subscriber("bridge/a/connected", 0) as connected:
        until(lambda: connected.subscribe()[1])
        for program in (bridge, router):
            program.send_signal(number)
            assert program.wait(30.0) == 0
            assert program.stderr is not None
            assert "Traceback" not in program.stderr.read()
    assert shm_pub_sub.topics() == []


def test_what_is_wrong_is_said(endpoint: str, programs: Programs, tmp_path: Path) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text('sned = "*"\n')
    for arguments, status, says in (
        ((), 2, "--send"),
        (("--send", "*"), 2, "--listen"),
        (("--send", "*", "--listen", "tcp/0.0.0.0:7447"), 2, "not encrypted"),
        (("--config", file), 2, "sned"),
        (("--send", "*", "--listen", f"{endpoint}/none/such"), 1, "none/such"),
    ):
        command = (sys.executable, "-m", "shm_pub_sub", "bridge", *arguments)
        program = programs.start_command(*command, stderr=subprocess.PIPE)
        program.finish(status)
        assert says in program.errors, program.errors
        assert "Traceback" not in program.errors
