"""Commands in new namespaces, as in containers."""

import os
import time
from pathlib import Path

import pytest

from .programs import run

# Its first process is pid 1 there, and ends with unshare.
PID = ("--pid", "--fork", "--kill-child", "--mount-proc")
USER = ("--user", "--map-root-user")
MOUNT = ("--mount",)
TIME = ("--time", "--fork", "--kill-child")


def launcher(*options: str) -> tuple[str, ...]:
    """Return what starts a command in new namespaces; skip the test if the kernel forbids it."""
    if os.geteuid() != 0 and "--user" not in options:
        options = (*USER, *options)
    command = ("unshare", *options)
    try:
        tried = run(*command, "true")
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if tried.returncode != 0:
        pytest.skip(f"no such namespaces here: {tried.stderr.strip()}")
    return command


def clock_offset() -> int:
    """Seconds that CLOCK_MONOTONIC is ahead of the machine's, from which offsets count."""
    for line in Path("/proc/self/timens_offsets").read_text().splitlines():
        clock, seconds, _ = line.split()
        if clock in ("monotonic", "1"):
            return int(seconds)
    return 0


def clock_ahead(seconds: int) -> tuple[str, ...]:
    """For launcher(): a time namespace with CLOCK_MONOTONIC that many seconds ahead of ours."""
    here = clock_offset() if Path("/proc/self/timens_offsets").exists() else 0
    return (*TIME, "--monotonic", str(here + seconds))


def booted_ago(seconds: int) -> tuple[str, ...]:
    """For launcher(): as on a machine that was booted so many seconds ago."""
    return clock_ahead(seconds - int(time.monotonic()))
