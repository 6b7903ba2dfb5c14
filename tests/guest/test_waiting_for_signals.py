"""Programs that block signals and wait for them receive each one, however busy Go is."""

import signal

import pytest
from support.programs import Check

# Go collects garbage all the time in a thread that opens topics.
BUSY = """
import os, signal, sys, threading
waited_for = {int(word) for word in sys.argv[1].split(",")}
signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)
from shm_pub_sub import *
ended = threading.Event()

def be_busy():
    while not ended.is_set():
        with Subscriber("topic", 0), Publisher("topic", 0):
            topics()

topics()
busy = threading.Thread(target=be_busy)
busy.start()
"""

SIGTIMEDWAIT = """
for number in sorted(waited_for):
    for _ in range(5):
        os.kill(os.getpid(), number)
        for _ in range(10):
            topics()  # nobody waits for it: it must stay pending
        found = signal.sigtimedwait({number}, 0)
        assert found is not None, f"signal {number} is lost"
        assert (found.si_signo, found.si_pid) == (number, os.getpid())
ended.set()
busy.join()
"""

CHILDREN = """
import ctypes, select, struct, subprocess
mask = struct.pack("Q", sum(1 << (number - 1) for number in waited_for))
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.syscall({signalfd4}, -1, mask, 8, os.O_CLOEXEC)
assert fd >= 0, os.strerror(ctypes.get_errno())
for _ in range(30):
    child = subprocess.Popen(["true"])
    assert select.select([fd], [], [], 10)[0], "SIGCHLD is lost"
    number, _, _, pid = struct.unpack_from("IiiI", os.read(fd, 128))
    assert (number, pid) == (signal.SIGCHLD, child.pid)
    assert child.wait() == 0
ended.set()
busy.join()
"""
SIGNALFD4 = {"x86_64": 289, "aarch64": 74}


@pytest.fixture(autouse=True)
def _go_collects_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHM_PUB_SUB_GOGC", "1")


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param({signal.SIGCHLD, signal.SIGURG}, id="CHLD, URG"),
        pytest.param(
            signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGALRM}, id="all"
        ),
    ],
)
def test_sigtimedwait_gets_every_signal(signals: set[int], check_python: Check) -> None:
    check_python(BUSY + SIGTIMEDWAIT, ",".join(str(int(number)) for number in signals), timeout=100)


def test_signalfd_gets_the_end_of_every_child(check_python: Check) -> None:
    import platform  # noqa: PLC0415

    number = SIGNALFD4.get(platform.machine())
    if number is None:
        pytest.skip(f"the number of signalfd4 on {platform.machine()} is not known here")
    code = BUSY + CHILDREN.replace("{signalfd4}", str(number))
    check_python(code, int(signal.SIGCHLD), timeout=100)


# Python's own handlers, which its main thread runs.
HANDLER = """
import os, signal, sys, threading
number, before = int(sys.argv[1]), sys.argv[2] == "before"
from shm_pub_sub import *
seen = []
if not before:
    topics()
signal.signal(number, lambda *found: seen.append(found[0]))
topics()

def be_busy():
    for _ in range(100):
        with Subscriber("topic", 0), Publisher("topic", 0):
            topics()

busy = threading.Thread(target=be_busy)
busy.start()
while busy.is_alive():
    busy.join(0.001)
assert seen == [], f"{len(seen)} signals that nobody sent"
for count in range(1, 51):
    os.kill(os.getpid(), number)
    signal.pthread_sigmask(signal.SIG_BLOCK, ())  # runs what is pending
    assert len(seen) == count, f"sent {count}, handled {len(seen)}"
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [signal.SIGURG, signal.SIGCHLD, signal.SIGPROF, signal.SIGPIPE])
def test_pythons_handler_is_called_for_what_is_sent_and_for_nothing_else(
    number: signal.Signals, when: str, check_python: Check
) -> None:
    check_python(HANDLER, int(number), when, timeout=100)


def test_profiling_timer_runs_the_handler_in_a_thread_of_the_programs(check_python: Check) -> None:
    check_python(
        "import signal, time\n"
        "from shm_pub_sub import *\n"
        "seen = []\n"
        "signal.signal(signal.SIGPROF, lambda *found: seen.append(found))\n"
        "signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)\n"
        "while len(seen) < 100:\n"
        "    with Publisher('topic', 0):\n"
        "        topics()\n"
        "signal.setitimer(signal.ITIMER_PROF, 0)\n",
        timeout=100,
    )
