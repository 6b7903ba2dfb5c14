"""One array at a time from one process to another: python array_message.py PEER SIZE [CPU CPU]

Reads milliseconds, one number a line, and answers with a line of ns: "publish", "copy" (the
reader's own array) and, if the library has it, "view". The first two are the calling thread's
processor time, since they may wait for the other process; a view never does, and that clock takes
longer than one. A subscriber looks for each array before it is published: a pipe needs it to.
"""

import os
import statistics
import sys
import time

from harness.rows import load

from programs.arrays import example, is_number, number, prepare
from programs.pair import fork, settle

PATIENCE = 1.0
"""Seconds until an array is taken for lost."""

CLOCKS = {
    "publish": time.thread_time_ns,
    "copy": time.thread_time_ns,
    "view": time.perf_counter_ns,
}
TOPICS = {"copy": "there", "view": "back"}


def clock_ns(clock):
    """Return what reading a clock twice adds."""
    return statistics.median(-(clock() - clock()) for _ in range(100))


def take(get, value, clock):
    """Return ns of taking the array with that number and of dropping it; negative if it is lost."""
    late = time.monotonic() + PATIENCE
    while True:
        start = clock()
        got = get()
        stop = clock()
        if got is not None and is_number(got, value):
            begin = clock()
            got = None
            return stop - start + clock() - begin
        got = None  # the memory of a view is wanted again
        if time.monotonic() > late:
            return -1


def answer(partner, readers):
    """Take what the other process announces, until it ends."""
    lost = {kind: 2 * clock_ns(CLOCKS[kind]) for kind in readers}
    while words := partner.hear().split():
        kind = words[0].decode()
        ns = take(readers[kind], float(words[1]), CLOCKS[kind])
        partner.tell(b"%d" % (max(0, ns - lost[kind]) if ns >= 0 else ns))


def message(partner, kind, publish, array):
    """Publish an array; return ns of both calls, or None if it is lost."""
    partner.tell(f"{kind} {array[0]}".encode())
    clock = CLOCKS["publish"]
    start = clock()
    publish(array)
    stop = clock()
    taken = int(partner.hear())
    return None if taken < 0 else (stop - start, taken)


def ask(partner, publishers, array):
    lost, value = clock_ns(CLOCKS["publish"]), 0.0
    for line in sys.stdin:
        times = {"publish": [], **{kind: [] for kind in publishers}}
        end = time.perf_counter_ns() + int(line) * 1_000_000
        while not all(times.values()) or time.perf_counter_ns() < end:
            for kind, publish in publishers.items():
                value += 1.0
                number(array, value)
                if ns := message(partner, kind, publish, array):
                    times["publish"].append(max(0, ns[0] - lost))
                    times[kind].append(ns[1])
        print(*map(statistics.median, times.values()), flush=True)
    partner.tell()


def main():
    name, size, *processors = sys.argv[1:]
    peer, like = load(name), example(int(size))
    shared = prepare(peer, like)
    partner = fork(processors)
    makers = {"copy": "array_poller", "view": "array_viewer"}
    kinds = [kind for kind, maker in makers.items() if hasattr(peer, maker)]
    if partner.pid:
        publishers = {kind: peer.array_publisher(TOPICS[kind], shared, like) for kind in kinds}
        partner.meet()
        settle(peer, partner)
        print("ready publish", *kinds, flush=True)
        ask(partner, publishers, like)
        os.waitpid(partner.pid, 0)
    else:
        partner.meet()
        readers = {kind: getattr(peer, makers[kind])(TOPICS[kind], shared, like) for kind in kinds}
        if "copy" in readers:
            poll, into = readers["copy"], like.copy()
            readers["copy"] = lambda: poll(into)
        settle(peer, partner)
        answer(partner, readers)
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
