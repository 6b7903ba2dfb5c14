"""The conditions that tests must pass under too: a machine that was just booted, or is busy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stages import skip

UPTIME = 60
"""Seconds that the young machine has been up."""

BUSY = 8
"""Processes that never sleep."""

LONGEST = 4 * 3600
"""Seconds after which they end in any case."""

SPIN = f"""
import os, signal, sys
signal.alarm({LONGEST})
while os.getppid() == int(sys.argv[1]):
    for _ in range(1_000_000):
        pass
"""


def young_machine() -> list[str]:
    """Return what to put before a command so that it finds a machine booted a minute ago.

    Nothing if the system refuses that; the report says why.
    """
    offsets = Path("/proc/self/timens_offsets")
    if not offsets.exists():
        return _not_young("this kernel has no time namespaces")
    if time.monotonic() <= UPTIME:
        return _not_young(f"it has been up for less than {UPTIME} s anyway")
    # The kernel counts from the machine's own clocks, and this may be a time namespace already.
    words = (line.split() for line in offsets.read_text().splitlines())
    ahead = {clock: int(seconds) for clock, seconds, _ in words}
    monotonic = ahead["monotonic"] + UPTIME - int(time.monotonic())
    boottime = ahead["boottime"] + UPTIME - int(time.clock_gettime(time.CLOCK_BOOTTIME))
    command = ["unshare", "--time", f"--monotonic={monotonic}", f"--boottime={boottime}"]
    command += ["--fork", "--kill-child"]
    try:
        tried = subprocess.run([*command, "true"], check=False, capture_output=True, text=True)
    except OSError as error:
        return _not_young(str(error))
    return _not_young(tried.stderr.strip()) if tried.returncode else command


def _not_young(reason: str) -> list[str]:
    skip(f"a machine booted a minute ago, so that its own clock is used: {reason}")
    return []


@contextmanager
def busy_machine() -> Iterator[None]:
    """Have that many other processes want the processors meanwhile. None outlives this one."""
    program = [sys.executable, "-c", SPIN, str(os.getpid())]
    # In sessions of their own: Ctrl-C is for this process, which ends them.
    others = [subprocess.Popen(program, start_new_session=True) for _ in range(BUSY)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()
