"""The interpreter ends at a random moment, while daemon threads use everything at once."""

import os
import signal
import sys
from pathlib import Path

import pytest
from support.counts import dice
from support.programs import Run

EXITS = int(os.environ.get("SHM_PUB_SUB_EXITS") or 16)
"""Programs to start."""

CPYTHONS = EXITS // 8 if sys.version_info < (3, 12) else 0
"""Programs of which CPython's own crash is accepted. Before 3.12 a thread that waits for the GIL
may touch the interpreter when it has been freed (take_gil). On a busy machine, daemon threads that
only call os.stat() crash as often. faulthandler has ended by then and writes nothing."""

PROGRAM = """
import contextlib, faulthandler, gc, random, sys, threading, time, weakref
import shm_pub_sub
from shm_pub_sub import Publisher, ShmError, Subscriber

faulthandler.enable()
dice = random.Random(int(sys.argv[1]))
publisher = Publisher("shared", 0)
subscriber = Subscriber("shared", -1)

class Cycle:
    def __init__(self, held):
        self.itself, self.held = self, held

def publish():
    publisher.publish(1)

def subscribe():
    subscriber.subscribe()

def make():
    with Publisher(f"made/{threading.get_ident()}", 0) as made:
        made.publish(1)
        Subscriber(made.name, -1).subscribe()

def drop():
    Publisher(f"dropped/{threading.get_ident()}", 0).publish(1)

def replace():
    Publisher("replaced", 0, dice.randint(1, 50), replace=True).publish(1)

def collect():
    Cycle((Publisher(f"cycle/{threading.get_ident()}", 0), Subscriber("shared", -1)))
    gc.collect()

def publish_and_subscribe(_):
    with contextlib.suppress(ShmError):  # the main thread may come here when it has closed all
        publish()
        subscribe()

def call_back():
    held = Cycle(Publisher(f"watched/{threading.get_ident()}", 0))
    kept = weakref.ref(held.held, publish_and_subscribe)
    del held
    gc.collect()

def look():
    shm_pub_sub.topics()
    repr(subscriber)

def forever(work):
    while True:
        with contextlib.suppress(ShmError):
            work()

others = dice.choices([make, drop, replace, collect, call_back, look], k=4)
for work in [publish, subscribe, *others]:
    threading.Thread(target=forever, args=(work,), daemon=True).start()
sys.setswitchinterval(dice.choice([1e-6, 1e-4, 5e-3]))
time.sleep(dice.uniform(0, 0.1))
if dice.random() < 0.5:
    sys.exit(0)
"""


@pytest.mark.timeout(60 + 10 * EXITS)
def test_every_end_is_a_clean_one(run_python: Run, shm_dir: Path) -> None:
    random, crashed = dice(), 0
    for _ in range(EXITS):
        seed = random.randrange(2**32)
        print(f"program {seed}", file=sys.stderr)
        ended = run_python(PROGRAM, seed, timeout=60)
        crashed += ended.returncode == -signal.SIGSEGV
        assert ended.returncode in (0, -signal.SIGSEGV)
        assert ended.stderr == ""
        assert list(shm_dir.iterdir()) == []
    assert crashed <= CPYTHONS
