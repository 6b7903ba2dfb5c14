"""Programs that end, or close, while they wait."""

import signal

import pytest
import shm_pub_sub
from support.programs import Check, Start

BEGIN = """
import os, pathlib, sys, threading, time
import shm_pub_sub
from shm_pub_sub import ClosedError, Publisher, Subscriber

def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)

def waiting(thread):
    '''Whether a thread sleeps in a system call.'''
    call = pathlib.Path(f"/proc/self/task/{thread.native_id}/syscall").read_text()
    return call.split()[0] not in ("running", "-1")
"""


@pytest.fixture
def check(check_python: Check) -> Check:
    """check(code): what a program prints that begins with BEGIN, and must succeed."""
    return lambda code: check_python(BEGIN + code, timeout=40)


WAYS = {
    "recv": "sub.recv()",
    "iteration": "next(iter(sub))",
    "recv_sample": "sub.recv_sample()",
    "after": "sub.after(0)",
    "wait_for_publisher": "Subscriber('nobody', 0).wait_for_publisher()",
    "select": "shm_pub_sub.select([sub])",
}


@pytest.mark.parametrize("published", [True, False], ids=["publisher", "no publisher"])
@pytest.mark.parametrize("way", WAYS)
def test_waiting_daemon_threads_end_with_the_program(
    way: str, published: bool, check: Check
) -> None:
    printed = check(f"""
pub = Publisher("topic", 0) if {published} else None
subs = [Subscriber("topic", 0, history=0) for _ in range(3)]
def wait(sub):
    {WAYS[way]}
threads = [threading.Thread(target=wait, args=(sub,), daemon=True) for sub in subs]
for thread in threads:
    thread.start()
until(lambda: all(map(waiting, threads)))
print("end")
""")
    assert printed == "end\n"


def test_an_interpreter_waits_for_its_threads_and_they_for_values(start_python: Start) -> None:
    program = start_python(
        BEGIN
        + """
sub, pub = Subscriber("topic", 0), Publisher("topic", 0)
thread = threading.Thread(target=lambda: print(sub.recv(20), flush=True))
thread.start()
until(lambda: waiting(thread))
late = threading.Thread(target=lambda: (sys.stdin.readline(), pub.publish(7)), daemon=True)
late.start()
print("end of main", flush=True)
"""
    )
    assert program.line() == "end of main"
    assert program.communicate("\n", timeout=20)[0] == "7\n"
    assert program.returncode == 0


WAIT = """
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
sub = Subscriber("topic", 0)
print("ready", flush=True)
sub.recv()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_a_waiting_program(number: signal.Signals, start_python: Start) -> None:
    with shm_pub_sub.Publisher("topic", 0):
        program = start_python(BEGIN + WAIT)
        program.line()
        program.send_signal(number)
        assert program.wait(20) == -number


def test_signal_handlers_of_python_run_while_it_waits_and_the_wait_goes_on(check: Check) -> None:
    printed = check("""
import signal
pub = Publisher("topic", 0)
sub = Subscriber("topic", 0)
signal.signal(signal.SIGUSR1, lambda *_: print("handled"))
thread = threading.Thread(target=lambda: (
    until(lambda: waiting(threading.main_thread())), os.kill(os.getpid(), signal.SIGUSR1),
    time.sleep(0.01), pub.publish(3)))
thread.start()
start = time.monotonic()
print(sub.recv(20))
thread.join()
""")
    assert printed == "handled\n3\n"


ASLEEP = """
def asleep(thread):
    '''Whether a thread sleeps on the topic's wait word: its address is the mapping's.'''
    try:
        call = pathlib.Path(f"/proc/self/task/{thread.native_id}/syscall").read_text().split()
    except OSError:
        return False  # it has ended
    words = [f"0x{int(line.split('-')[0], 16):x}"
             for line in pathlib.Path("/proc/self/maps").read_text().splitlines()
             if "rw-s" in line and line.endswith("shm_pub_sub.topic")]
    # futex(2)'s number, on x86-64 and aarch64: munmap() begins with the same address.
    return len(call) > 1 and call[0] in ("202", "98") and call[1] in words
"""


@pytest.mark.parametrize("published", [True, False], ids=["publisher", "no publisher"])
@pytest.mark.parametrize("way", ["recv", "iteration", "recv_sample", "after"])
def test_close_from_another_thread_ends_a_wait_at_once(
    way: str, published: bool, check: Check
) -> None:
    printed = check(
        ASLEEP
        + f"""
pub = Publisher("topic", 0) if {published} else None
left = 0
for turn in range(21):
    sub = Subscriber("topic", 0, history=0)
    ends = []
    def wait():
        try:
            ends.append({WAYS[way].replace("next(iter(sub))", "next(iter(sub), 'end')")})
        except ClosedError:
            ends.append("end")
    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    # Without a file there is no word to sleep on: they look again every 20 ms.
    until(lambda: all(map(asleep if pub else waiting, threads)))
    sub.close()
    # A woken waiter sleeps there no longer, however long it takes until it runs. (The kernel may
    # show it asleep until the other processor has taken note.)
    left += sum(map(asleep, threads))
    for thread in threads:
        thread.join(20)
    assert ends == ["end"] * 3, ends
assert left < 21, left  # of 63
"""
    )
    assert printed == ""


def test_other_threads_run_while_one_waits(check: Check) -> None:
    check("""
import signal
pub = Publisher("topic", 0)
sub = Subscriber("topic", 0)
count = 0
def work():
    global count
    until(lambda: waiting(threading.main_thread()))
    for count in range(1, 200_001):
        pass
    pub.publish(count)
thread = threading.Thread(target=work)
thread.start()
assert sub.recv(20) == 200_000
thread.join()
""")


def test_threads_share_a_subscriber_and_each_value_goes_to_one_of_them(check: Check) -> None:
    check("""
N = 100_000
sub = Subscriber("topic", 0)
taken = [[] for _ in range(4)]
threads = [threading.Thread(target=lambda mine=mine: mine.extend(sub)) for mine in taken]
for thread in threads:
    thread.start()
with Publisher("topic", 0, N, retain=True) as pub:
    for number in range(1, N + 1):
        pub.publish(number)
    until(lambda: sub.lost + sum(map(len, taken)) >= N)
    sub.close()
    for thread in threads:
        thread.join(20)
assert sub.lost == 0
assert all(mine == sorted(mine) for mine in taken), "each of them in order"
assert sorted(sum(taken, [])) == list(range(1, N + 1)), "each once"
shm_pub_sub.remove("topic")
""")


FORK = """
import warnings
warnings.simplefilter("ignore")
N = 200
sub = Subscriber("topic", 0)
pub = Publisher("topic", 0, N)
got = []
thread = threading.Thread(target=lambda: [got.append(sub.recv(20)) for _ in range(N)])
thread.start()
until(lambda: waiting(thread))
"""


@pytest.fixture
def check_fork(check: Check) -> Check:
    """check_fork(code): the same behind FORK."""
    return lambda code: check(FORK + code)


def test_fork_during_a_wait_leaves_both_processes_waiting(check_fork: Check) -> None:
    check_fork("""
children = []
for number in range(1, N + 1):
    if number % 40 == 1:
        until(lambda: len(got) == number - 1 and waiting(thread))
        pid = os.fork()
        if pid == 0:
            # Its copy of the subscriber is at the place where the parent's was.
            place = len(got)
            own = Subscriber("topic", 0, history=N)
            rest = [sub.recv(20) for _ in range(N - place)]
            assert rest == list(range(place + 1, N + 1)), rest
            assert [own.recv(20) for _ in range(N)] == list(range(1, N + 1))
            sub.close()
            own.close()
            os._exit(0)
        children.append(pid)
    pub.publish(number)
thread.join(20)
assert got == list(range(1, N + 1))
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
""")


def test_a_child_closes_what_it_inherited_and_the_parent_waits_on(check_fork: Check) -> None:
    check_fork("""
pid = os.fork()
if pid == 0:
    sub.close()
    try:
        sub.recv()
    except ClosedError:
        os._exit(0)
    os._exit(1)
assert os.waitpid(pid, 0)[1] == 0
until(lambda: waiting(thread))  # the child's close may have woken it
assert not got
pub.publish_many(range(1, N + 1))
thread.join(20)
assert got == list(range(1, N + 1))
""")
