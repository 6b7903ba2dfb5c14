"""A KeyboardInterrupt before any instruction of the package loses no topic and crashes nothing.

A trace function raises it before the n-th instruction of the package that runs, for every n.
"""

from pathlib import Path

import pytest
from support.programs import Check

PROGRAM = """
import contextlib, os, sys
import shm_pub_sub

FOLDER = os.path.dirname(shm_pub_sub.__file__)
DOMAIN = os.environ["SHM_PUB_SUB_DIR"]
wanted = seen = 0
hit = ""

def trace(frame, event, argument):
    global seen, hit
    if not frame.f_code.co_filename.startswith(FOLDER):
        return None
    frame.f_trace_opcodes = True
    if event == "opcode":
        seen += 1
        if seen == wanted:
            sys.settrace(None)
            hit = f"{frame.f_code.co_name}:{frame.f_lineno}"
            raise KeyboardInterrupt
    return trace

def descriptors():
    # But for the two that Go's runtime opens when it first has a timer: after a second, perhaps.
    links = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # listdir's own
            links.append(os.readlink(f"/proc/self/fd/{number}"))
    return sorted(link for link in links if not link.startswith("anon_inode:[event"))

def construct():
    sys.settrace(trace)
    shm_pub_sub.Publisher("topic", 0)

def close():
    publisher = shm_pub_sub.Publisher("topic", 0)
    sys.settrace(trace)
    publisher.close()

def replace():
    publisher = shm_pub_sub.Publisher("topic", 0)
    sys.settrace(trace)
    shm_pub_sub.Publisher("topic", 0, replace=True)

def leave():
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        sys.settrace(trace)
        publisher.publish(1)

def attach():
    publisher = shm_pub_sub.Publisher("topic", 0)
    sys.settrace(trace)
    shm_pub_sub.Subscriber("topic", 0).subscribe()

action = globals()[sys.argv[1]]
action()
sys.settrace(None)
before = descriptors()
while True:
    wanted, seen, hit = wanted + 1, 0, ""
    try:
        action()
    except KeyboardInterrupt:
        pass
    sys.settrace(None)
    assert not os.listdir(DOMAIN), f"topic left by an interrupt in {hit or 'nothing'}"
    assert descriptors() == before, f"descriptor left, {hit}: {descriptors()}, before: {before}"
    if not hit:
        print(wanted - 1)
        break
"""


@pytest.mark.parametrize("action", ["construct", "close", "replace", "leave", "attach"])
def test_interrupt_anywhere_loses_nothing(action: str, check_python: Check, shm_dir: Path) -> None:
    assert int(check_python(PROGRAM, action, timeout=100)) > 3, "the trace function never ran"
