"""A fault ends a program by the same signal as without the library."""

import signal

import pytest
from support.programs import Run

FAULTS = [signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT]
NO_CORE = "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"


@pytest.mark.parametrize("handler", ["", "import faulthandler; faulthandler.enable()\n"])
@pytest.mark.parametrize("number", FAULTS)
def test_fault_ends_it_by_its_signal(number: signal.Signals, handler: str, run_python: Run) -> None:
    code = f"{NO_CORE}{handler}import os, signal\nfrom shm_pub_sub import *\ntopics()\n"
    ended = run_python(f"{code}signal.raise_signal({int(number)})\n")
    assert ended.returncode == -number
    assert ended.stderr.count("Fatal Python error") == bool(handler)
    assert "goroutine" not in ended.stderr


def test_faulthandler_reports_a_fault_in_the_middle_of_a_call_of_go(run_python: Run) -> None:
    ended = run_python(
        f"{NO_CORE}import ctypes, faulthandler, threading\n"
        "faulthandler.enable()\n"
        "from shm_pub_sub import _hot\n"
        "fault = _hot.guarded(lambda: ctypes.string_at(0))\n"
        "thread = threading.Thread(target=fault)\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    assert ended.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in ended.stderr
    assert "string_at" in ended.stderr


@pytest.mark.parametrize("action", ["SIG_DFL", "SIG_IGN"])
def test_broken_pipe_is_what_the_program_made_of_it(action: str, run_python: Run) -> None:
    ended = run_python(
        "import os, signal\n"
        f"signal.signal(signal.SIGPIPE, signal.{action})\n"
        "from shm_pub_sub import *\n"
        "topics()\n"
        "read, write = os.pipe()\n"
        "os.close(read)\n"
        "try:\n"
        "    os.write(write, b'x')\n"
        "except BrokenPipeError:\n"
        "    print('broken pipe')\n"
    )
    expected = (0, "broken pipe\n") if action == "SIG_IGN" else (-signal.SIGPIPE, "")
    assert (ended.returncode, ended.stdout, ended.stderr) == (*expected, "")
