"""Commands in new namespaces, as in containers."""

import os

import pytest

from .programs import run

# Its first process is pid 1 there, and ends with unshare.
PID = ("--pid", "--fork", "--kill-child", "--mount-proc")
USER = ("--user", "--map-root-user")
MOUNT = ("--mount",)


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
