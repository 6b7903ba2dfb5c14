"""Single keys from a terminal: they come at once, and the terminal is left as it was found."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from support.waiting import until

from .conftest import StartTerminal

PROGRAM = """
import signal, sys
from shm_pub_sub._cli.keys import Keys
from shm_pub_sub._cli.streams import exit_on_signal, on_termination
on_termination(exit_on_signal)
with Keys() as keys:
    print("ready", keys.available, flush=True)
    while True:
        for key in keys.wait(10):
            print(f"key {key!r} {keys.stopped > 0}", flush=True)
            if key == "q":
                sys.exit(7)
"""
PYTHON = (sys.executable, "-c", PROGRAM)
SHELL = ("bash", "--norc", "-i")


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_keys_come_without_enter_and_are_not_shown(terminal: StartTerminal) -> None:
    shown = terminal(program=PYTHON)
    shown.wait_for(lambda _: "ready True" in shown.written)
    shown.type("a\x1b[A.q")  # the arrow is no character
    assert shown.end() == 7
    assert re.findall("key '(.)'", shown.written) == ["a", ".", "q"]
    assert shown.written.replace("\r", "").startswith("ready True\nkey 'a'")
    assert shown.modes_are_as_before()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGINT, -signal.SIGINT),
        (signal.SIGQUIT, -signal.SIGQUIT),
    ],
)
def test_terminal_is_restored_by_the_end(terminal: StartTerminal, number: int, code: int) -> None:
    shown = terminal(program=PYTHON)
    shown.wait_for(lambda _: "ready True" in shown.written)
    assert not shown.modes_are_as_before()
    shown.process.send_signal(number)
    assert shown.end() == code
    assert shown.modes_are_as_before()


def test_job_control_of_a_shell(terminal: StartTerminal, tmp_path: Path) -> None:
    """Ctrl-Z gives the shell its terminal; fg brings the keys back; in the background are none."""
    (tmp_path / "keys.py").write_text(f"import os\nprint('pid', os.getpid()){PROGRAM}")
    shell = terminal(program=SHELL)
    shell.type(f"stty -a >{tmp_path}/before; {sys.executable} {tmp_path}/keys.py\n")
    shell.wait_for(lambda _: "ready True" in shell.written)
    pid = int(re.findall(r"pid (\d+)", shell.written)[0])
    shell.type("\x1a")
    until(lambda: state(pid) == "T", "Ctrl-Z stops it")
    shell.type(f"stty -a >{tmp_path}/stopped; bg; echo in the back''ground\n")
    shell.wait_for(lambda _: "in the background" in shell.written)
    until(lambda: state(pid) == "S", "it goes on in the background")
    shell.type("fg\n")
    until(lambda: os.tcgetpgrp(shell.master) == pid, "it is in the foreground")
    shell.type("xq")
    shell.wait_for(lambda _: "key 'q' True" in shell.written)
    shell.type(f"stty -a >{tmp_path}/after; exit\n")
    shell.end()
    before = (tmp_path / "before").read_text()
    assert (tmp_path / "stopped").read_text() == before
    assert (tmp_path / "after").read_text() == before


def test_stop_that_cannot_be_seen(terminal: StartTerminal) -> None:
    shown = terminal(program=PYTHON)
    shown.wait_for(lambda _: "ready True" in shown.written)
    shown.process.send_signal(signal.SIGSTOP)
    until(lambda: state(shown.process.pid) == "T")
    shown.process.send_signal(signal.SIGCONT)
    shown.type("q")
    assert shown.end() == 7
    assert shown.modes_are_as_before()
