"""Threads of the program that called Go: their end in a forked child, and setuid()."""

import pytest
from support.programs import Check, Run

BUSY = """
import os, signal, sys, threading, warnings
warnings.simplefilter("ignore")  # forking with threads
from shm_pub_sub import *
ended = threading.Event()

def be_busy():
    while not ended.is_set():
        with Subscriber("topic", 0):
            topics()

topics()
busy = [threading.Thread(target=be_busy) for _ in range(3)]
for thread in busy:
    thread.start()
"""

# The thread that forked is the child's only one. Its end ends the child.
FORKS = """
codes = []

def fork():
    topics()
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        return
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

for _ in range(100):
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
    if codes[-1] != 0:
        break
ended.set()
for thread in busy:
    thread.join()
print(set(codes))
"""

# glibc sends every thread a signal, wherever it is, and waits for all of them.
SETUID = """
for _ in range(2000):
    os.setresuid(-1, -1, -1)
ended.set()
for thread in busy:
    thread.join()
"""


@pytest.fixture(autouse=True)
def _go_collects_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHM_PUB_SUB_GOGC", "1")


def test_thread_that_called_go_ends_in_a_forked_child(run_python: Run) -> None:
    ended = run_python(BUSY + FORKS, timeout=110)
    assert (ended.returncode, ended.stdout) == (0, "{0}\n"), ended.stderr


def test_setuid_reaches_threads_that_are_in_go(check_python: Check) -> None:
    check_python(BUSY + SETUID, timeout=100)
