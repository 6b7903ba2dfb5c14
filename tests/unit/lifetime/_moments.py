"""Runs something at every moment of a call: the beginning of test_check_and_act*.py's programs.

A signal handler may run between any two instructions of the shim, and another thread while Go works
without the GIL. A trace function stands for the first: it does the deed before the n-th instruction
of the package, for every n. A wrapper of Go's function stands for the second.
"""

HARNESS = """
import array, asyncio, gc, os, sys
from pathlib import Path
import shm_pub_sub
from shm_pub_sub import ClosedError, Publisher, Subscriber, _extension

FOLDER = os.path.dirname(shm_pub_sub.__file__)
DOMAIN = os.environ["SHM_PUB_SUB_DIR"]
go, real_attach = _extension.load(), _extension.load().bind_Attach
deed = None
when = ""  # what it was done before

class Trace:
    def __init__(self, wanted):
        self.wanted, self.seen = wanted, 0
    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.seen += 1
            if self.seen == self.wanted:
                do(f"{frame.f_code.co_name}:{frame.f_lineno}")
        return self

def do(where):
    global when
    when = where
    sys.settrace(None)
    deed()

def around_go(before):
    def attach(*topic):
        go.bind_Attach = real_attach
        if before:
            do("Go")
        found = real_attach(*topic)
        if not before:
            do("what follows Go")
        return found
    go.bind_Attach = attach

def moments(go=True):
    n = 0
    while True:
        n += 1
        yield lambda: sys.settrace(Trace(n))
        if not when:
            break
    for before in (True, False) if go else ():
        yield lambda: around_go(before)
    print(n)

def mapped(topic=""):
    "How often files are mapped here: all of the domain, or one topic's."
    inode = str(os.stat(f"{DOMAIN}/shm_pub_sub.{topic}").st_ino) if topic else None
    maps = Path("/proc/self/maps").read_text().splitlines()
    lines = [line.split() for line in maps if DOMAIN in line]
    return len([line for line in lines if topic == "" or line[4] == inode])

def descriptors():
    return len(os.listdir("/proc/self/fd"))
"""
