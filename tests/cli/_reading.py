"""What a running shm-pub-sub does: reports, recordings, and its end as its user ends it."""

import re
import signal
from pathlib import Path

from support.programs import DEADLINE, Program
from support.waiting import until

from .conftest import Cli


def next_report(process: Program) -> tuple[str, str]:
    """The two lines of the next report of hz or delay that has figures."""
    while (line := process.line()) == "no new messages":
        pass  # the machine is busy with something else
    return line, process.line()


def figures(process: Program, average: str) -> tuple[float, float, float, float]:
    """The average, least, greatest and window of the next report, which looks like ros2's."""
    first, second = next_report(process)
    mean = re.fullmatch(f"average {average}", first)
    number = r"(\d+\.\d{3,})"
    deviation = r"std dev: \d+\.\d{5,}s window: (\d+)"
    spread = re.fullmatch(rf"\tmin: {number}s max: {number}s {deviation}", second)
    assert mean, first
    assert spread, second
    least, most, window = map(float, spread.groups())
    return float(mean[1]), least, most, window


def interrupt(process: Program) -> tuple[str, str]:
    """Press Ctrl-C; return what it has still printed, to stdout and stderr."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    return out, err


def stop(process: Program) -> None:
    """Have the process do nothing, until it gets SIGCONT."""
    process.send_signal(signal.SIGSTOP)
    until(lambda: _state(process.pid) == "T")


def _state(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0]


def followed(recorder: Program, count: int) -> bool:
    """Whether the recorder waits for so many topics: it has mapped their wait words, to write."""
    maps = Path(f"/proc/{recorder.pid}/maps").read_text().splitlines()
    words = {line.split()[-1] for line in maps if " rw-s " in line and "/shm_pub_sub." in line}
    return len(words) >= count


def record(cli: Cli, *arguments: object, topics: int = 1) -> Program:
    """Start a recorder, and wait until it follows its topics."""
    recorder = cli.start("record", *arguments)
    until(
        lambda: recorder.poll() is not None or followed(recorder, topics),
        "the recorder follows its topics",
    )
    assert recorder.returncode is None, recorder.communicate()
    return recorder
