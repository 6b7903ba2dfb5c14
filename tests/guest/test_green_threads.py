"""gevent and eventlet: a wait holds up no other greenlet."""

import pytest
from support.programs import Run

from ._installed import need

PATCH = {
    "gevent": "import gevent.monkey; gevent.monkey.patch_all(); from gevent import sleep, spawn",
    "eventlet": "import eventlet; eventlet.monkey_patch(); from eventlet import sleep, spawn",
}
IMPORT = "import shm_pub_sub, shm_pub_sub._callback"
ORDERS = {"patched first": "{patch}\n{import_}\n", "imported first": "{import_}\n{patch}\n"}

BEGIN = """
import faulthandler, logging, sys, time, warnings
faulthandler.dump_traceback_later(60, exit=True)  # where all greenlets hang
warnings.simplefilter("ignore")  # of the patching, and of eventlet's own age
"""

CALLBACK = """
import threading

def until(condition):
    while not condition():
        sleep(0.001)

received, turns = [], []
publisher = shm_pub_sub.Publisher("topic", 0, 100)

def note(value):
    received.append((value, threading.get_native_id() == here))

def take_turns():
    while not publisher.closed:
        turns.append(1)
        # sleep(0) would let go of the GIL for a microsecond at a time, too short for the
        # callback's thread to wake up in: CPython then promises it no turn at all.
        sleep(0.001)

here = threading.get_native_id()
with shm_pub_sub.Subscriber("topic", 0, callback=note):
    spawn(take_turns)
    for value in range(20):
        publisher.publish(value)
        until(lambda: len(received) > value)
        before = len(turns)  # while the callback's thread waits, greenlets run
        until(lambda: len(turns) > before + 2)
assert received == [(value, False) for value in range(20)], received

# What it raises is logged, and does not end it. Under eventlet a log call outside the hub's thread
# can hang the main thread for good, at its end too: it takes the same lock.
class Notes(logging.Handler):
    def acquire(self):
        threads.add(threading.get_native_id())
        super().acquire()

    def emit(self, record):
        print(self.format(record), file=sys.stderr)

threads = set()
logging.getLogger().addHandler(Notes())

def fail(value):
    received.append(value)
    if value < 23:
        raise ValueError(value)

with shm_pub_sub.Subscriber("topic", 0, callback=fail):
    for value in range(20, 24):  # who has the last one has logged the others
        publisher.publish(value)
        until(lambda: value in received)
publisher.close()
assert "eventlet" not in sys.modules or threads <= {here}, threads
print("ended", flush=True)
"""

DESCRIPTOR = """
publisher, subscriber = shm_pub_sub.Publisher("topic", 0), shm_pub_sub.Subscriber("topic", 0)
turns, received = [], []

def take_turns():
    while len(received) < 5:
        turns.append(1)
        sleep(0.001)
        if len(turns) % 3 == 0:
            publisher.publish(len(turns))

def receive():
    while len(received) < 5:
        value = subscriber.try_recv()
        if value is None:
            WAIT
        else:
            received.append(value)

greenlets = spawn(receive), spawn(take_turns)
while len(received) < 5:
    sleep(0.001)
publisher.close()
print("ended")
"""

WAITS = {
    "gevent, select": (
        "gevent",
        "from gevent.select import select",
        "select([subscriber], [], [])",
    ),
    "gevent, wait_read": (
        "gevent",
        "from gevent.socket import wait_read",
        "wait_read(subscriber.fileno())",
    ),
    "gevent, patched select": ("gevent", "import select", "select.select([subscriber], [], [])"),
    "eventlet, select": (
        "eventlet",
        "from eventlet.green.select import select",
        "select([subscriber], [], [])",
    ),
    "eventlet, trampoline": (
        "eventlet",
        "from eventlet.hubs import trampoline",
        "trampoline(subscriber.fileno(), read=True)",
    ),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("hub", PATCH)
def test_a_callback_has_a_thread_of_the_systems(hub: str, order: str, run_python: Run) -> None:
    need(hub)
    program = BEGIN + ORDERS[order].format(patch=PATCH[hub], import_=IMPORT) + CALLBACK
    ended = run_python(program, timeout=90)
    assert (ended.returncode, ended.stdout) == (0, "ended\n"), ended.stderr
    assert ended.stderr.count("ValueError: 2") == 3


@pytest.mark.parametrize("wait", WAITS)
def test_greenlets_run_while_one_waits_for_the_descriptor(wait: str, run_python: Run) -> None:
    hub, import_, code = WAITS[wait]
    need(hub)
    program = f"{BEGIN}\n{PATCH[hub]}\n{IMPORT}\n{import_}\n" + DESCRIPTOR.replace(
        "WAIT\n", f"{code}\n"
    )
    ended = run_python(program, timeout=90)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")
