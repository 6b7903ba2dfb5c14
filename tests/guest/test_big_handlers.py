"""A C host's signal handlers that need much stack never run on one of Go's stacks.

Go gives each thread that it runs on an alternate signal stack of 32 KiB, in its heap. A handler
that needs more overwrites what is below, and the process dies then or later.
"""

import signal
from pathlib import Path

import pytest
from support.programs import Check

PROGRAM = """
import ctypes, os, signal, sys, threading, warnings
warnings.simplefilter("ignore")  # forking with threads
host = ctypes.CDLL(sys.argv[1])
number, flags, children = (int(word) for word in sys.argv[2:5])
host.know_stack()
assert host.install(number, flags) == 0
from shm_pub_sub import *

def use(name, rounds):
    for round in range(rounds):
        topic = f"{name}/{round % 7}"
        with Publisher(topic, 0) as publisher, Subscriber(topic, -1) as sub:
            publisher.publish(round)
            assert sub.subscribe() == (round, True)
        topics()

def work(i, done):
    host.know_stack()
    ready.wait()
    begun.wait()
    use(f"{os.getpid()}/{i}", 40)
    done.append(i)

def storm(threads=3):
    global ready, begun
    ready, begun, done = threading.Barrier(threads + 1), threading.Event(), []
    workers = [threading.Thread(target=work, args=(i, done)) for i in range(threads)]
    for worker in workers:
        worker.start()
    ids = [threading.get_native_id(), *(worker.native_id for worker in workers)]
    ready.wait()
    use(f"{os.getpid()}/main", 1)  # the library is loaded
    host.begin_storm((ctypes.c_int * len(ids))(*ids), len(ids), number, 500)
    begun.set()
    use(f"{os.getpid()}/main", 40)
    for worker in workers:
        worker.join()
    host.end_storm()
    assert sorted(done) == list(range(threads))

def report(who):
    signal.raise_signal(number)
    print(who, "strays", host.count_strays(), flush=True)
    assert host.count_handled() > 0

storm()
report("parent")
for child in range(children):
    pid = os.fork()
    if pid == 0:
        storm()
        report("child")
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 0, f"child {child} ended with {status}"
"""


SA_ONSTACK = 0x08000000


@pytest.mark.parametrize(
    ("number", "flags"),
    [
        (signal.SIGUSR1, 0),
        (signal.SIGTERM, SA_ONSTACK),  # without such a stack it runs on the thread's own
        (signal.SIGURG, 0),
        (signal.SIGRTMIN, 0),
    ],
)
def test_handler_that_needs_a_mebibyte_runs_on_its_threads_own_stack(
    number: int, flags: int, host: Path, check_python: Check
) -> None:
    printed = check_python(PROGRAM, host, int(number), flags, 3, timeout=100)
    assert printed == "parent strays 0\n" + "child strays 0\n" * 3


KEPT = """
import ctypes, sys, threading
host = ctypes.CDLL(sys.argv[1])
from shm_pub_sub import *

def stack():
    words = (ctypes.c_uint64 * 3)()
    assert host.alternate_stack(words) == 0
    return list(words)

def use():
    with Publisher("topic", 0):
        topics()

def compare(own):
    memory = ctypes.create_string_buffer(1 << 16)
    if own:
        assert host.use_alternate_stack(memory, len(memory)) == 0
    before = stack()
    use()
    assert stack() == before, (own, before, stack())
    seen.append(own)

seen = []
compare(False)
compare(True)
for own in (False, True):
    thread = threading.Thread(target=compare, args=(own,))
    thread.start()
    thread.join()
assert seen == [False, True, False, True]
"""


def test_a_threads_alternate_stack_stays_its_own(host: Path, check_python: Check) -> None:
    check_python(KEPT, host)
