"""Many topics in one process, each with a publisher and a reader: their cost, and reading them.

    python topics.py MODULE TOPICS SECONDS            one line of JSON
    python topics.py MODULE TOPICS SECONDS --readers  only the readers, of existing topics

MODULE is one of peers/. It makes as many topics as it can in SECONDS.
"""

import contextlib
import functools
import json
import mmap
import os
import resource
import struct
import subprocess
import sys
import threading
import time

from harness.rows import OURS, load

from programs import process

READS = 10_000
"""That are timed together, or as many as take PASS ns."""
PASS = 3e6
PASSES = 15
CLOSING = 2.0
"""Seconds."""


def limit_descriptors(spare):
    """Allow as many as possible, except some that measuring needs."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most - spare, most))


def make(function, shared, count, seconds):
    """Return count of them, or as many as fit into so many seconds, and why no more."""
    made, stopped = [], ""
    start, cpu = time.perf_counter(), time.process_time()
    try:
        for number in range(count):
            made.append(function(f"t{number}", shared))
            if time.perf_counter() - start > seconds:
                stopped = f"{seconds:g} s" if len(made) < count else ""
                break
    except Exception as error:
        stopped = f"{type(error).__name__}: {error}"[:200]
    took = {"s": time.perf_counter() - start, "cpu s": time.process_time() - cpu}
    return made, {"made": len(made), "stopped": stopped, **took}


def await_values(readers, seconds=2.0):
    """It reports whether the last one gets its value: some readers join in the background."""
    end = time.monotonic() + seconds
    while (value := readers[-1]()) is None and time.monotonic() < end:
        time.sleep(0.001)
    return value == 1.5


def cycle(calls, reads):
    """Return ns per call of going through calls repeatedly."""
    calls = calls * -(-100 // len(calls))  # the loop around them costs the same for few and many
    repeats = range(-(-reads // len(calls)))
    start = time.perf_counter_ns()
    for _ in repeats:
        for call in calls:
            call()
    return (time.perf_counter_ns() - start) / (len(repeats) * len(calls))


def read_costs(readers):
    """Return ns per read, the least of the passes: all in turn, and one again and again.

    "pages" reads as many floats that have a page each: what all cost more than one are misses.
    """
    start = time.perf_counter_ns()
    for _ in range(10):
        readers[0]()
    each = (time.perf_counter_ns() - start) / 10
    if each > 1e6:
        return {}  # a read that waits
    reads = min(READS, int(PASS / each))
    rows = {"": readers, "pages ": in_pages(len(readers))}
    found = {f"{row}{what}": [] for row in rows for what in ("all", "one")}
    for turn in range(PASSES + 1):
        for row, calls in rows.items():
            # As many of one as of all, so that the loop costs the same.
            for what, these in (("all", calls), ("one", calls[:1] * len(calls))):
                ns = cycle(these, reads)
                if turn:
                    found[f"{row}{what}"].append(ns)
    return {what: min(times) for what, times in found.items()}


def in_pages(count):
    """As in shared memory with a file each: all at the same place of their page."""
    memory = mmap.mmap(-1, 8192 * count)
    unpack = struct.Struct("d").unpack_from
    return [functools.partial(unpack, memory, 8192 * number) for number in range(count)]


def elsewhere(name, count, seconds):
    """Return what the readers take in another process."""
    command = [sys.executable, __file__, name, str(count), str(seconds), "--readers"]
    with contextlib.suppress(subprocess.TimeoutExpired):
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=seconds + 10
        )
        return json.loads(ended.stdout.splitlines()[-1]) if ended.returncode == 0 else None
    return None


def taken(before):
    now = usage()
    return {what: now[what] - before[what] for what in now}


def usage():
    held, mapped = process.shared()
    descriptors = process.descriptors()
    return {"shared": held, "mapped": mapped, "descriptors": descriptors, **process.status()}


def main():
    name, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    peer = load(name)
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    read = getattr(peer, "reader", None) or getattr(peer, "poller", None)
    if read is None:
        raise SystemExit("cannot read without waiting")
    if "--readers" in sys.argv:
        warm = read("first", shared)
        readers, found = make(read, shared, count, seconds)
        if readers:
            found["ok"] = readers[0]() is not None and readers[-1]() is not None
        del warm
        print(json.dumps(found), flush=True)
        return
    # The runtime that the first topic starts does not count.
    publisher = getattr(peer, "small_publisher", peer.publisher)
    warm = [publisher("first", shared)]
    limit_descriptors(spare=50)  # after the first topic: Go's runtime raises its own limit
    before = usage()
    publishers, found = make(publisher, shared, count, seconds)
    readers, found_readers = make(read, shared, len(publishers), seconds)
    limit_descriptors(spare=0)
    result = {"publishers": found, "readers": found_readers, "taken": taken(before)}
    for publish in publishers:
        publish(1.5)
    if readers:
        result["ok"] = await_values(readers)
        result["ns"] = read_costs(readers)
    if name == OURS:
        result["elsewhere"] = elsewhere(name, len(publishers), seconds)
    result["close s"] = closing(peer, result, publishers, readers, warm)
    answer(result)


answering = threading.Lock()


def answer(result):
    """Print it and exit, once: some libraries take long after closing."""
    answering.acquire()
    print(json.dumps(result), flush=True)
    os._exit(0)


def closing(peer, result, *kept):
    """Return seconds; after CLOSING of them the process exits with the result so far."""
    timer = threading.Timer(CLOSING, answer, [result])
    timer.daemon = True
    timer.start()
    start = time.perf_counter()
    for things in kept:
        things.clear()
    if hasattr(peer, "close"):
        peer.close()
    took = time.perf_counter() - start
    timer.cancel()
    return took


if __name__ == "__main__":
    main()
