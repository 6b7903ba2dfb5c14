"""Forks while a thread uses the library under a lock that fork's hooks want.

`logging` has such a lock, and takes it before every fork. A thread that forks must not hold by then
what the library's calls wait for: that would be a deadlock.
"""

import subprocess
from pathlib import Path

import pytest
from sanitizers._compile import compiler
from support.programs import Check

# Hooks run in the opposite order of their registration: the library's, `arrived`, `foreign`.
IN_THE_HOOK = """
import asyncio  # and with it logging, whose lock is taken after `foreign`
import os, signal, threading, warnings
foreign, arrived, held = threading.Lock(), threading.Event(), threading.Event()
os.register_at_fork(
    before=foreign.acquire, after_in_parent=foreign.release, after_in_child=foreign.release
)
os.register_at_fork(before=arrived.set)
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber

warnings.simplefilter("ignore")  # of forks beside threads, since 3.12

async def wait_for_nothing():
    try:
        await Subscriber("nothing", 0).arecv(0)
    except TimeoutError:
        pass

def prepare():
    PREPARATION

def act():
    ACTION

def hold_and_act():
    with foreign:
        held.set()
        arrived.wait()
        act()
    done.set()

prepare()
done = threading.Event()
signal.alarm(20)  # ends a process that hangs
threading.Thread(target=hold_and_act, daemon=True).start()
held.wait()
pid = os.fork()
signal.alarm(20)
if pid == 0:
    prepare()
    act()
    with Publisher("child", 0) as own:
        own.publish(1)
        assert Subscriber("child", 0).recv(10) == 1
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert done.wait(10)
"""

ACTIONS = {
    "Publisher": ("pass", "Publisher(f'topic/{os.getpid()}', 0).close()"),
    "a second Publisher": (
        "Publisher('topic', 0).close()",
        "Publisher(f'topic/{os.getpid()}', 0).close()",
    ),
    "Publisher, replace": (
        "global one; one = Publisher(f'topic/{os.getpid()}', 0)",
        "Publisher(one.name, 0, replace=True).close()",
    ),
    "Subscriber": ("pass", "Subscriber('topic', 0)"),
    "topics": ("pass", "shm_pub_sub.topics()"),
    "inspect": (
        "Publisher(f'topic/{os.getpid()}', 0, retain=True).close()",
        "shm_pub_sub.inspect(f'topic/{os.getpid()}')",
    ),
    "remove": (
        "Publisher(f'topic/{os.getpid()}', 0, retain=True).close()",
        "shm_pub_sub.remove(f'topic/{os.getpid()}')",
    ),
    "arecv": ("pass", "asyncio.run(wait_for_nothing())"),
    "callback": ("pass", "Subscriber('topic', 0, callback=print).close()"),
    "fileno": ("pass", "Subscriber('topic', 0).fileno()"),
    "a Publisher's _repr_html_": (
        "global one; one = Publisher(f'topic/{os.getpid()}', 0)",
        "one._repr_html_()",
    ),
    "a Subscriber's _repr_html_": ("global one; one = Subscriber('topic', 0)", "one._repr_html_()"),
    "the topics' _repr_html_": ("pass", "shm_pub_sub.topics()._repr_html_()"),
    "the topics' repr": (
        "Publisher(f'漢/{os.getpid()}', 0, retain=True).close()",
        "repr(shm_pub_sub.topics()); shm_pub_sub.remove(f'漢/{os.getpid()}')",
    ),
    "plot": ("pass", "shm_pub_sub.plot"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_a_thread_that_holds_a_lock_of_forks_hooks_may_call(
    action: str, check_python: Check, shm_dir: Path
) -> None:
    preparation, code = ACTIONS[action]
    program = IN_THE_HOOK.replace("PREPARATION", preparation).replace("ACTION", code)
    check_python(program)
    for left in shm_dir.iterdir():
        left.unlink()  # retained; or a child's, which ended by os._exit


# logging.config imports much; it is not what is tested.
LOGGING = """
import logging, logging.config, os, signal, sys, threading, warnings
import shm_pub_sub

warnings.simplefilter("ignore")
reader = shm_pub_sub.Subscriber("errors", 0)
stop = threading.Event()

class ToTopic(logging.Handler):
    def __init__(self):
        super().__init__()
        self.publisher = shm_pub_sub.Publisher(f"errors/{os.getpid()}", 0, replace=True)
        shm_pub_sub.topics()

CONFIGURATION = {
    "version": 1,
    "handlers": {"topic": {"()": ToTopic}},
    "root": {"handlers": ["topic"]},
}

def configure():
    while not stop.is_set():
        logging.config.dictConfig(CONFIGURATION)

thread = threading.Thread(target=configure, daemon=True)
thread.start()
for _ in range(int(sys.argv[1])):
    signal.alarm(30)
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        logging.config.dictConfig(CONFIGURATION)
        logging.getLogger().handlers[0].publisher.close()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
stop.set()
thread.join()
"""


def test_hundreds_of_forks_beside_a_thread_that_configures_logging(check_python: Check) -> None:
    check_python(LOGGING, 300, timeout=100)


# The same by pthread_atfork, for a fork by a thread that has no GIL: a C library's.
IN_C = """
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t foreign = PTHREAD_MUTEX_INITIALIZER;
static int arrived, status = -1;
static pthread_t forker;

void hold(void) { pthread_mutex_lock(&foreign); }
void let_go(void) { pthread_mutex_unlock(&foreign); }
static void before(void) { __atomic_store_n(&arrived, 1, __ATOMIC_SEQ_CST); hold(); }
int prepare(void) { return pthread_atfork(before, let_go, let_go); }
static void *fork_once(void *p) {
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return p;
}
void begin(void) {
    pthread_create(&forker, NULL, fork_once, NULL);
    while (!__atomic_load_n(&arrived, __ATOMIC_SEQ_CST)) {
        usleep(100);
    }
}
int end(void) { pthread_join(forker, NULL); return status; }
"""

BESIDE_C = """
import ctypes, os, signal, sys
library = ctypes.CDLL(sys.argv[1])
library.prepare()
from shm_pub_sub import Publisher, Subscriber, remove, topics

Publisher("topic", 0, retain=True).close()
one, reader = Publisher("one", 0), Subscriber("one", 0)
one.publish(1)
assert reader.recv() == 1
armed, other = Subscriber("one", 0), Subscriber("one", 0)
armed.fileno()  # there is a thread that watches
signal.alarm(30)
library.hold()
library.begin()
ACTION
library.let_go()
assert library.end() == 0
"""


@pytest.mark.parametrize(
    "action",
    [
        "Publisher('another', 0).close()",
        "one.close()",
        "remove('topic')",
        "assert armed.try_recv() == 1; assert armed.try_recv() is None",
        "armed.close()",
        "other.fileno(); topics()",
    ],
)
def test_a_thread_that_holds_a_lock_of_a_c_librarys_fork_handler_may_call(
    action: str, check_python: Check, tmp_path: Path, shm_dir: Path
) -> None:
    source, library = tmp_path / "forking.c", tmp_path / "forking.so"
    source.write_text(IN_C)
    made = [*compiler(), "-shared", "-fPIC", "-pthread", source, "-o", library]
    subprocess.run(made, check=True)
    check_python(BESIDE_C.replace("ACTION", action), library, timeout=60)
    for left in shm_dir.iterdir():
        left.unlink()
