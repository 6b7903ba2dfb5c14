"""The first use leaves the process as it was: signals, limits and the rest."""

from pathlib import Path

import pytest
from support.programs import Check

PROGRAM = """
import ctypes, os, re, resource, signal, sys, threading, warnings
from pathlib import Path
warnings.simplefilter("ignore")  # forking with threads
host = ctypes.CDLL(sys.argv[1])
libc = ctypes.CDLL(None)
setup, fork = sys.argv[2], sys.argv[3] == "fork"
thread = threading.Thread(target=int)  # the C library's own handler is installed by the first one
thread.start()
thread.join()
while len(os.listdir("/proc/self/task")) > 1:  # the kernel lists it for a moment longer
    os.sched_yield()
SIGNALS = [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP)]
GLIBC = {32, 33}  # cancelling threads, setuid() in all of them
PRCTL = {"dumpable": 3, "keep capabilities": 7, "timer slack": 30, "THP disabled": 42,
         "no new privileges": 39, "death signal": 2, "subreaper": 37, "name": 16}

for number in SIGNALS:
    if number in GLIBC or number == signal.SIGALRM:  # the test's own
        continue
    if setup == "handled in C":
        host.install(number, 0)
    elif fork and number == signal.SIGCHLD:  # ignored, nobody could be waited for
        continue
    elif setup == "ignored":
        signal.signal(number, signal.SIG_IGN)
if setup == "blocked":
    signal.pthread_sigmask(signal.SIG_SETMASK, set(range(1, 65, 2)) & signal.valid_signals())

def words(function, n, *arguments):
    found = (ctypes.c_uint64 * n)()
    assert function(*arguments, found) == 0
    return list(found)

def prctl(option):
    found = ctypes.create_string_buffer(16)
    return libc.prctl(option, found, 0, 0, 0), found.raw

def status(task):
    text = Path(f"/proc/self/task/{task}/status").read_text()
    names = ("Name", "ShdPnd", "SigPnd", "SigBlk", "SigIgn", "SigCgt", "CapEff", "Seccomp",
             "Cpus_allowed", "NoNewPrivs", "Umask", "THP_enabled")
    return {name: re.search(f"^{name}:\\t(.*)", text, re.M)[1] for name in names if name in text}

def state():
    seen = {f"signal {n}": words(host.disposition, 4, n) for n in SIGNALS}
    seen["stack"] = words(host.alternate_stack, 3)
    for task in tasks:
        seen[f"thread {task}"] = status(task)
    for name in dir(resource):
        if name.startswith("RLIMIT_"):
            seen[name] = resource.getrlimit(getattr(resource, name))
    for timer in (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        seen[f"timer {timer}"] = signal.getitimer(timer)
    seen |= {name: prctl(option) for name, option in PRCTL.items()}
    seen["scheduling"] = os.sched_getscheduler(0), os.nice(0), os.sched_getaffinity(0)
    seen["environment"], seen["cwd"] = dict(os.environb), os.getcwd()
    seen["C environment"] = [ctypes.c_char_p.in_dll(libc, "environ").value]
    seen["descriptors"] = {
        fd: os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}")
    }
    return seen

import shm_pub_sub
tasks = os.listdir("/proc/self/task")

def compare(what, before):
    after = state()
    changed = {k: (v, after[k]) for k, v in before.items() if after[k] != v}
    assert not changed, f"{what}: {changed}"

before = state()
shm_pub_sub.topics()
compare("loaded", before)
with shm_pub_sub.Publisher("topic", 0) as publisher, shm_pub_sub.Subscriber("topic", 0):
    pass
compare("used", before)
own = {int(task) for task in os.listdir("/proc/self/task")} - {int(task) for task in tasks}
assert own
seen = 0
# Everything is blocked in Go's threads but what a fault raises, and glibc's two.
faults = {getattr(signal, f"SIG{name}") for name in "SEGV BUS FPE ILL TRAP SYS".split()}
faults -= signal.pthread_sigmask(signal.SIG_BLOCK, ())
for task in own:
    try:
        mask = int(status(task)["SigBlk"], 16)
    except FileNotFoundError:  # one that was only tried out
        continue
    open_to = {n for n in SIGNALS if not mask >> (n - 1) & 1}
    if open_to:  # or it is ending
        assert open_to == faults | GLIBC, (task, open_to)
        seen += 1
assert seen
if fork:
    pid = os.fork()
    if pid == 0:
        tasks = os.listdir("/proc/self/task")
        before = state()
        with shm_pub_sub.Publisher("topic", 0):
            pass
        del before["descriptors"]  # that of the library's copy
        compare("used in a child", before)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


@pytest.mark.parametrize("fork", ["alone", "fork"])
@pytest.mark.parametrize("setup", ["Python's", "handled in C", "ignored", "blocked"])
def test_process_stays_as_it_was(setup: str, fork: str, host: Path, check_python: Check) -> None:
    check_python(PROGRAM, host, setup, fork, timeout=60)
