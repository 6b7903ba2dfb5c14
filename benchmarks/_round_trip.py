"""Two processes that send a value there and back.

    python _round_trip.py MODULE [PROCESSOR PROCESSOR]      one for each process

MODULE is one of peers/. Like futex_floor.c, it reads how many trips to make, one number a line, and
answers with a line of that many times in ns.
"""

import ctypes
import importlib
import os
import signal
import sys
import time

SETTLING = 0.3
"""Seconds for a peer whose receivers join by themselves; it tells nobody when they have."""


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def meet(mine, theirs):
    """Wait until the other process is as far."""
    os.write(mine, b".")
    if not os.read(theirs, 1):
        os._exit(1)


def connect(peer, shared, first, mine, theirs):
    out, back = ("there", "back") if first else ("back", "there")
    send = peer.sender(out, shared)
    meet(mine, theirs)
    receive = peer.receiver(back, shared)
    meet(mine, theirs)
    if peer.REQUIREMENTS:
        time.sleep(SETTLING)
    return send, receive


def echo(peer, shared, mine, theirs):
    die_with_parent()
    send, receive = connect(peer, shared, False, mine, theirs)
    while True:
        value = receive()
        if value < 0:
            return
        send(value)


def ask(peer, shared, mine, theirs):
    send, receive = connect(peer, shared, True, mine, theirs)
    print("ready", flush=True)
    clock = time.perf_counter_ns
    for line in sys.stdin:
        times = []
        for number in range(int(line)):
            value = float(number)
            start = clock()
            send(value)
            back = receive()
            times.append(clock() - start)
            if back != value:
                raise SystemExit(f"sent {value}, received {back}")
        print(*times, flush=True)
    send(-1.0)


def main():
    peer = importlib.import_module(f"peers.{sys.argv[1]}")
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    here, there = os.pipe(), os.pipe()
    pid = os.fork()
    if processors := sys.argv[2:]:
        os.sched_setaffinity(0, {int(processors[0 if pid else 1])})
    if pid:
        os.close(here[1])
        os.close(there[0])
        ask(peer, shared, there[1], here[0])
        os.waitpid(pid, 0)
    else:
        os.close(there[1])
        os.close(here[0])
        echo(peer, shared, here[1], there[0])


if __name__ == "__main__":
    main()
