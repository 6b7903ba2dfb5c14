"""A kernel that looks like 4.18, the oldest that RHEL 8 and its glibc come with, by seccomp.

    PYTHONPATH=tests pytest -p support.old_kernel tests/unit

runs a folder on it, with all its processes. New system calls have the same numbers on every
architecture since 5.1. Those for process descriptors are left, for the tests' own Peer.
"""

import ctypes
import platform
import struct

import pytest

FIRST_NEW = 424
PIDFD_SEND_SIGNAL, PIDFD_OPEN = 424, 434
FUTEX_WAITV = 449
MADVISE = {"x86_64": 28, "aarch64": 233}
MADV_POPULATE_WRITE = 23

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, THIRD_ARGUMENT = 0, 16 + 2 * 8
"""Offsets in struct seccomp_data; of the argument the low half, on little-endian machines."""

ALLOW, ENOSYS, EINVAL = 0x7FFF0000, 0x00050000 | 38, 0x00050000 | 22

OLD = [
    (LOAD, 0, 0, NUMBER),
    (EQUAL, 6, 0, PIDFD_SEND_SIGNAL),
    (EQUAL, 5, 0, PIDFD_OPEN),
    (AT_LEAST, 3, 0, FIRST_NEW),
    (EQUAL, 0, 3, MADVISE.get(platform.machine(), 0)),
    (LOAD, 0, 0, THIRD_ARGUMENT),
    (AT_LEAST, 2, 1, MADV_POPULATE_WRITE),
    (RETURN, 0, 0, ENOSYS),
    (RETURN, 0, 0, ALLOW),
    (RETURN, 0, 0, EINVAL),
]
WITHOUT_WAITV = [
    (LOAD, 0, 0, NUMBER),
    (EQUAL, 0, 1, FUTEX_WAITV),
    (RETURN, 0, 0, ENOSYS),
    (RETURN, 0, 0, ALLOW),
]


def restrict(code: list[tuple[int, int, int, int]]) -> bool:
    """Restrict this thread and all that it starts; return False if there is no seccomp."""
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) == 0)


def pytest_configure() -> None:
    """For `pytest -p`."""
    if not restrict(OLD):
        pytest.exit("no seccomp here", 3)
