"""How late a loop wakes up: python keeping.py LOOP HERTZ [SETTING ...].

Reads how many deadlines to meet, one number per line; answers with the CPU seconds, how many more
deadlines passed unmet, and ns, one per deadline. It ends if the machine refuses a setting.
"""

import asyncio
import ctypes
import gc
import os
import resource
import subprocess
import sys
import threading
import time
from collections import deque

import shm_pub_sub
from shm_pub_sub._rate import Deadlines

SPIN = 200_000
"""ns before the deadline from which the spinning loop looks at the clock."""

ABSOLUTE, SLACK = 1, 29
"""TIMER_ABSTIME, and PR_SET_TIMERSLACK of prctl()."""

BUSY = "while True: pass"
libc = ctypes.CDLL(None, use_errno=True)
kept = []
"""What lives as long as the program."""


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("ns", ctypes.c_long)]


def with_rate(hz, n, body):
    """Return how many deadlines passed unmet, and how late it woke up for each of n, in ns."""
    rate, late = shm_pub_sub.Rate(hz), []
    for _ in range(n):
        body()
        rate.sleep()
        late.append(rate.late * 1e9)
    return rate.overruns, late


def in_asyncio(hz, n, body):
    async def main():
        rate, late = shm_pub_sub.Rate(hz), []
        for _ in range(n):
            body()
            await rate.asleep()
            late.append(rate.late * 1e9)
        return rate.overruns, late

    return asyncio.run(main())


def relative(hz, n, body):
    """Sleep for the period, as loops without deadlines do: each delay adds to the next."""
    period, start, late = 1 / hz, time.monotonic_ns(), []
    for number in range(1, n + 1):
        body()
        time.sleep(period)
        late.append(time.monotonic_ns() - start - int(number * 1e9 / hz))
    return 0, late


def until(sleep):
    """Return a loop with a Rate's deadlines that sleeps in another way."""

    def loop(hz, n, body):
        deadlines, overruns, late = Deadlines(hz=hz), 0, []
        for _ in range(n):
            body()
            number = deadlines.following(time.monotonic_ns())
            overruns += number - deadlines.number - 1
            deadlines.number, deadline = number, deadlines.at(number)
            sleep(deadline)
            late.append(time.monotonic_ns() - deadline)
        return overruns, late

    return loop


@until
def absolute(deadline):
    moment = Timespec(*divmod(deadline, 10**9))
    libc.clock_nanosleep(time.CLOCK_MONOTONIC, ABSOLUTE, ctypes.byref(moment), None)


@until
def spinning(deadline):
    if (left := deadline - SPIN - time.monotonic_ns()) > 0:
        time.sleep(left / 1e9)
    while time.monotonic_ns() < deadline:
        pass


LOOPS = {
    "rate": with_rate,
    "asyncio": in_asyncio,
    "relative": relative,
    "absolute": absolute,
    "spinning": spinning,
}


def compete():
    """Two busy processes per processor; none on this one's if it is pinned."""
    ours, all_of_them = os.sched_getaffinity(0), set(range(os.cpu_count() or 1))
    theirs = all_of_them - ours or all_of_them
    for _ in range(2 * len(theirs)):
        process = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.DEVNULL)
        os.sched_setaffinity(process.pid, theirs)
        kept.append(process)


def keep_awake():
    """Ask for wake-ups from idle states within 0 us, as long as the file is open."""
    file = os.open("/dev/cpu_dma_latency", os.O_WRONLY)
    os.write(file, bytes(4))
    kept.append(file)


def fill_heap():
    kept.append([[n] for n in range(500_000)])  # the collector ignores dicts of numbers


def spin_thread():
    def spin():
        while True:
            pass

    threading.Thread(target=spin, daemon=True).start()


SETTINGS = {
    "beside": compete,
    "nice": lambda: os.setpriority(os.PRIO_PROCESS, 0, -15),
    "fifo": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
    "pinned": lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}),
    "slack": lambda: libc.prctl(SLACK, ctypes.c_ulong(1), 0, 0, 0),
    "awake": keep_awake,
    "heap": fill_heap,
    "frozen": gc.freeze,
    "uncollected": gc.disable,
    "thread": spin_thread,
    "switching": lambda: sys.setswitchinterval(0.0002),
}


def main():
    loop, hz, settings = LOOPS[sys.argv[1]], float(sys.argv[2]), sys.argv[3:]
    for setting in settings:
        try:
            SETTINGS[setting]()
        except OSError as error:
            raise SystemExit(f"not permitted: {error.strerror}") from None
    made = deque(maxlen=1000)

    def body():
        if "heap" in settings:
            made.append([[] for _ in range(100)])

    print("ready", flush=True)
    try:
        for line in sys.stdin:
            before = resource.getrusage(resource.RUSAGE_SELF)
            overruns, late = loop(hz, int(line), body)
            after = resource.getrusage(resource.RUSAGE_SELF)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(used, overruns, *map(int, late), flush=True)
    finally:
        for process in kept:
            if isinstance(process, subprocess.Popen):
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
