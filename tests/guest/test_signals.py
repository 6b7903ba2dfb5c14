"""Signals reach Python's main thread, and none of Go's.

Up to 3.12 CPython notices a signal that another thread took only when something else wakes its
evaluation loop: Ctrl-C on a program that is busy in a loop would be lost.
"""

import signal
import subprocess

import pytest
from support.programs import Check, Run, Start

MASKS = """\
import os, pathlib, re, shm_pub_sub
publisher = shm_pub_sub.Publisher("topic", 0)
if {fork}:
    publisher.close()
    pid = os.fork()
    if pid:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    publisher = shm_pub_sub.Publisher("topic", 0)
for task in pathlib.Path("/proc/self/task").iterdir():
    if int(task.name) != os.getpid():
        print(re.search("SigBlk:\\t(.*)", (task / "status").read_text())[1])
publisher.close()
os._exit(0)
"""

SPIN = """\
import signal, shm_pub_sub
signal.signal(signal.SIGINT, signal.default_int_handler)
publisher = shm_pub_sub.Publisher("topic", 0)
print("ready", flush=True)
while True:
    publisher.publish(1)
"""


@pytest.mark.parametrize("fork", [False, True], ids=["first load", "forked child's copy"])
def test_threads_of_go_take_no_signal_that_is_pythons(fork: bool, check_python: Check) -> None:
    code = MASKS.replace("{fork}", str(fork))
    printed = check_python(f"import warnings; warnings.simplefilter('ignore')\n{code}")
    masks = [int(line, 16) for line in printed.split()]
    assert masks
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGCHLD):
        assert all(mask >> (number - 1) & 1 for mask in masks), number.name


def test_the_library_leaves_the_callers_signal_mask_alone(check_python: Check) -> None:
    check_python(
        "import signal, shm_pub_sub\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])\n"
        "before = signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
        "with shm_pub_sub.Publisher('topic', 0): pass\n"
        "assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before == {signal.SIGUSR2}\n"
    )


@pytest.mark.parametrize("run", range(15))
def test_ctrl_c_ends_a_busy_program_at_once(run: int, start_python: Start) -> None:
    process = start_python(SPIN, stderr=subprocess.PIPE)
    assert process.line() == "ready"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT


# Signals are blocked while the library loads, and handled before the first use returns.
INTERRUPTED = """\
import signal, shm_pub_sub
from shm_pub_sub import _extension
signal.signal(signal.SIGINT, signal.default_int_handler)
real = getattr(_extension.ExtensionFileLoader, METHOD)

def interrupted(*arguments):
    signal.raise_signal(signal.SIGINT)
    return real(*arguments)

setattr(_extension.ExtensionFileLoader, METHOD, interrupted)
try:
    shm_pub_sub.Subscriber("topic", 0)
except KeyboardInterrupt:
    print("interrupted")
assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
setattr(_extension.ExtensionFileLoader, METHOD, real)
with shm_pub_sub.Publisher("topic", 0):
    pass
"""


@pytest.mark.parametrize("method", ["create_module", "exec_module"])
def test_ctrl_c_while_the_library_loads_blocks_no_signal(method: str, run_python: Run) -> None:
    ended = run_python(INTERRUPTED.replace("METHOD", repr(method)))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "interrupted\n", "")
