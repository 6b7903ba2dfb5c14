"""SIGINT at random moments of waiting: each raises KeyboardInterrupt soon, and no value is lost.

The loops that receive are C's, by deque.extend(): between two byte codes an interrupt may come
after a value was received and before the program has kept it, which is the program's affair.
"""

import signal
import threading
import time
from random import Random

import pytest
import shm_pub_sub
from support.counts import INTERRUPTS, dice
from support.programs import Start

from ._lateness import Control, Figures

PROMISED = 0.2
"""Seconds from Ctrl-C to KeyboardInterrupt in the main thread."""

ALLOWANCE = 1.0
"""Seconds more for the few that meet a busy machine."""

PROGRAM = """
# logging, which the library imports when it first needs it: CPython ends a program by SIGINT that
# was ever interrupted in an eval(), as there are in what logging imports, caught or not.
import itertools, logging, signal, sys, time
from collections import deque
from functools import partial
import shm_pub_sub
signal.signal(signal.SIGINT, signal.default_int_handler)
sub = shm_pub_sub.Subscriber("topic", 0)
received = deque()

def recv():
    received.extend(iter(sub.recv, -1))
    received.append(-1)

def timed():
    received.extend(iter(partial(sub.recv, 30), -1))
    received.append(-1)

def iterate():
    received.extend(itertools.takewhile((-1).__ne__, sub))
    received.append(-1)

def select():
    while -1 not in received:
        shm_pub_sub.select([sub])
        received.extend(iter(sub.try_recv, None))

caught = interrupts = 0
print("ready", flush=True)
while True:
    try:
        print(interrupts, caught, flush=True)
        globals()[sys.argv[1]]()
        break
    except KeyboardInterrupt:
        caught = time.monotonic_ns()
        interrupts += 1
numbers = list(received)
assert numbers.pop() == -1
assert all(a < b for a, b in zip(numbers, numbers[1:])), "out of order"
print("received", len(numbers), sub.lost, flush=True)
sub.close()
"""


class Publishing(threading.Thread):
    """Publishes numbers from 1 on, in bursts of any length, unless it is silent; then -1."""

    def __init__(self, random: Random, silent: bool) -> None:
        super().__init__()
        self.last = 0
        self._random, self._silent = random, silent
        self._told = threading.Event()

    def run(self) -> None:
        random = self._random
        with shm_pub_sub.Publisher("topic", 0, 10, retain=True) as publisher:
            while not self._silent and not self._told.is_set():
                for _ in range(random.randint(1, 15)):
                    self.last += 1
                    publisher.publish(self.last)
                self._told.wait(random.choice([0.0, 0.0, 0.0002, 0.003]))
            self._told.wait()
            publisher.publish(-1)

    def finish(self) -> None:
        self._told.set()
        self.join()


@pytest.mark.timeout(120 + INTERRUPTS)
@pytest.mark.parametrize("way", ["recv", "timed", "iterate", "select"])
@pytest.mark.parametrize("state", ["values come", "nothing comes", "no publisher"])
def test_every_ctrl_c_arrives_soon_and_costs_no_value(
    way: str, state: str, start_python: Start
) -> None:
    random, figures = dice(), Figures()
    control = Control(figures)
    program = start_python(PROGRAM, way)
    assert program.line() == "ready"
    publishing = Publishing(Random(random.getrandbits(32)), silent=state != "values come")
    if state != "no publisher":
        publishing.start()
    sent, took = 0, []
    for number in range(INTERRUPTS):
        interrupts, caught = map(int, program.line().split())
        assert interrupts == number
        if sent:
            took.append((caught - sent) / 1e9 - figures.stalled(sent, caught))
        time.sleep(random.choice([0.0, random.uniform(0.0, 0.0002), random.uniform(0.0, 0.02)]))
        sent = time.monotonic_ns()
        program.send_signal(signal.SIGINT)
    assert program.line().startswith(f"{INTERRUPTS} ")
    if state == "no publisher":
        publishing.start()
    publishing.finish()
    _, received, lost = program.line().split()
    assert program.wait(20) == 0
    control.stop()
    took.sort()
    print(f"{INTERRUPTS} interrupts, the slowest {took[-1]:.4f} s; {received} and {lost} lost")
    assert took[len(took) * 9 // 10] < PROMISED, "seconds until KeyboardInterrupt"
    assert took[-1] < PROMISED + ALLOWANCE
    assert int(received) + int(lost) == publishing.last
    shm_pub_sub.remove("topic")
