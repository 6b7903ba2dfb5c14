"""A program that locks its memory (mlockall) does not get Go's reservations locked as well."""

import pytest
from support.programs import Check

PROGRAM = """
import ctypes, os, re, sys
from pathlib import Path
from shm_pub_sub import *
libc = ctypes.CDLL(None, use_errno=True)
if libc.mlockall(int(sys.argv[1])) != 0:
    print("refused", os.strerror(ctypes.get_errno()))
    sys.exit()

def resident():
    text = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\\s*(\\d+)", text)[1]) // 1024

before = resident()
with Publisher("topic", 0) as publisher, Subscriber("topic", -1) as subscriber:
    publisher.publish(1)
    assert subscriber.subscribe() == (1, True)
    topics()
    grown = resident() - before
    # The topic itself is locked, as the program asked.
    text = Path("/proc/self/smaps").read_text()
    found = re.findall(r"(?s)topic\\n.*?VmFlags: ([^\\n]*)", text)
    assert found and all("lo" in flags.split() for flags in found), found
print("grown", grown)
"""

CURRENT, FUTURE = 1, 2


def test_first_publisher_of_a_program_with_locked_memory_takes_little(check_python: Check) -> None:
    word, figure = check_python(PROGRAM, CURRENT | FUTURE).split(maxsplit=1)
    if word == "refused":
        pytest.skip(f"mlockall: {figure}")
    assert int(figure) < 16  # MiB; 115 with what Go reserves, and the default size of stacks
