"""Waiting for what a running shm-pub-sub prints, and ending it as its user does."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

DEADLINE = 30.0  # seconds


def next_line(stream: "object") -> str:
    """The next line, without its end. pytest-timeout is the deadline."""
    line: str = stream.readline()  # type: ignore[attr-defined]
    assert line, "it ended"
    return line.rstrip("\n")


def next_report(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """The two lines of the next report of hz or delay that has figures."""
    while (line := next_line(process.stdout)) == "no new messages":
        pass  # the machine is busy with something else
    return line, next_line(process.stdout)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "nothing of it within 30 s"
        time.sleep(0.005)


def interrupt(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Press Ctrl-C; return what it has still printed, to stdout and stderr."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    return out, err


def stop(process: "subprocess.Popen[str]") -> None:
    """Have the process do nothing, until it gets SIGCONT."""
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: _state(process.pid) == "T")


def _state(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0]
