"""A process without room for Go's runtime gets an error, and works once it has room.

Go itself ends a process in which it cannot reserve its memory or start its threads.
"""

import os
import platform

import pytest
from support.programs import Check

PREPARE = """
import ctypes, os, re, resource, struct, sys
from pathlib import Path
from shm_pub_sub import *
import shm_pub_sub
libc = ctypes.CDLL(None, use_errno=True)

def taken(field):
    status = Path("/proc/self/status").read_text()
    return int(re.search(f"{field}:\\\\s*(\\\\d+)", status)[1]) * 1024

def lower(limit, value):
    resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))

def not_root():
    # Root and these capabilities are above the limits. The library's files may be for root alone.
    os.setresuid(61011, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    data = ctypes.create_string_buffer(24)
    assert libc.capget(header, data) == 0
    words = list(struct.unpack("6I", data.raw))
    words[0] &= ~(1 << 14 | 1 << 21 | 1 << 24)  # CAP_IPC_LOCK, CAP_SYS_ADMIN, CAP_SYS_RESOURCE
    assert libc.capset(header, struct.pack("6I", *words)) == 0

def refuse_threads(error):
    BPF = [(0x20, 0, 0, 0)]  # load the number of the system call
    for number in {CLONES}:
        BPF += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | error)]
    BPF += [(0x06, 0, 0, 0x7FFF0000)]
    program = b"".join(struct.pack("HBBI", *line) for line in BPF)
    buffer = ctypes.create_string_buffer(program)
    packed = struct.pack("HxxxxxxQ", len(BPF), ctypes.addressof(buffer))
    header = ctypes.create_string_buffer(packed)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
    assert libc.prctl(22, 2, header, 0, 0) == 0, os.strerror(ctypes.get_errno())

def attempt():
    for use in (lambda: Publisher("topic", 0), lambda: Subscriber("topic", 0), topics,
                lambda: remove("topic")):
        try:
            use()
        except RuntimeError as error:
            print(type(error).__name__, error)
"""

WORKS = """
with Publisher("topic", 0) as publisher, Subscriber("topic", -1) as subscriber:
    publisher.publish(1)
    assert subscriber.subscribe() == (1, True)
"""

OUTCOME = """
try:
    for _ in range(30):
        topics()
except OpenError:
    print("refused")
else:
    print("works")
"""

# What is set, what is lifted again, and what the error says.
SPACE = (
    "lower(resource.RLIMIT_AS, taken('VmSize') + {size})",
    "lower(resource.RLIMIT_AS, resource.RLIM_INFINITY)",
)
DATA = (
    "lower(resource.RLIMIT_DATA, taken('VmData') + {size})",
    "lower(resource.RLIMIT_DATA, resource.RLIM_INFINITY)",
)
CLONES = {"x86_64": [435, 56], "aarch64": [435, 220]}
EPERM, EAGAIN = 1, 11


def refused(check_python: Check, limit: str, lift: str, *words: str) -> None:
    clones = str(CLONES.get(platform.machine(), []))
    code = PREPARE.replace("{CLONES}", clones)
    lines = check_python(f"{code}{limit}\nattempt()\n{lift}\n{WORKS if lift else ''}").splitlines()
    kinds = ["CreateError Failed to create", *["OpenError Failed to open"] * 3]
    assert len(lines) == 4
    for line, kind in zip(lines, kinds, strict=True):
        assert line.startswith(f"{kind} shared memory: start the Go runtime: found ")
        assert all(word in line for word in ("; expected ", *words)), line


@pytest.mark.parametrize("mebibytes", [16, 500, 1000, 1150, 1250])
def test_limit_of_address_space_is_an_error(mebibytes: int, check_python: Check) -> None:
    limit, lift = SPACE
    refused(check_python, limit.format(size=mebibytes << 20), lift, "ulimit -v")


@pytest.mark.parametrize("mebibytes", [4, 20, 40])
def test_limit_of_data_is_an_error(mebibytes: int, check_python: Check) -> None:
    limit, lift = DATA
    refused(check_python, limit.format(size=mebibytes << 20), lift, "writable", "-d ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without processes")
@pytest.mark.parametrize("processes", [1, 2, 3, 4, 7])
def test_limit_of_processes_is_an_error(processes: int, check_python: Check) -> None:
    limit = f"not_root(); lower(resource.RLIMIT_NPROC, {processes})"
    lift = "lower(resource.RLIMIT_NPROC, 100)"
    refused(check_python, limit, lift, "threads", "ulimit -u", "expected 8")


@pytest.mark.parametrize("error", [EPERM, EAGAIN])
def test_seccomp_that_refuses_threads_is_an_error(error: int, check_python: Check) -> None:
    if platform.machine() not in CLONES:
        pytest.skip(f"the numbers of clone and clone3 on {platform.machine()} are not known here")
    refused(check_python, f"refuse_threads({error})", "", "0 threads", os.strerror(error), "clone3")


def test_limit_of_locked_memory_is_an_error_after_mlockall(check_python: Check) -> None:
    limit = (
        "most = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]\n"
        "lower(resource.RLIMIT_MEMLOCK, 256 << 20 if most < 0 else min(most, 256 << 20))\n"
        "if os.geteuid() == 0: not_root()\n"
        "assert libc.mlockall(2) == 0"
    )
    refused(check_python, limit, "", "ulimit -l", "mlockall")


@pytest.mark.parametrize(
    ("limit", "sizes"), [(SPACE, range(1200, 1501, 25)), (DATA, range(30, 91, 4))]
)
def test_any_limit_is_either_refused_or_enough(
    limit: tuple[str, str], sizes: range, check_python: Check
) -> None:
    """The check and what Go needs agree: no limit in between ends the process."""
    outcomes = []
    for size in sizes:
        words = limit[0].format(size=size << 20)
        printed = check_python(f"{PREPARE.replace('{CLONES}', '[]')}{words}\n{OUTCOME}")
        outcomes.append(printed.strip())
    assert outcomes == sorted(outcomes)  # refused, until from some size on it works
    assert set(outcomes) == {"refused", "works"}
