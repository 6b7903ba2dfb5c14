"""What publishing costs with N subscribers: python subscribers.py PEER N idle|blocked

Each subscriber is a process. "idle": it has found the topic, and then neither reads nor waits.
"blocked": it waits in receive(), and each value is published alone, while all wait. For each
number of milliseconds that it reads, it answers with ns per value, and CPU ns per value of the
publisher's process with all its threads.
"""

import os
import signal
import sys
import time

from harness.rows import load
from harness.timing import timer

from programs.pair import die_with_parent, fork

LOOP = 100
PAUSE = 0.001
"""Seconds until every waiter has read the value and is asleep again."""


def subscribe(peer, shared, way):
    """Return a function that takes a value, and its name."""
    wanted = ("receiver",) if way == "blocked" else ("reader", "poller", "receiver")
    what = next(name for name in wanted if hasattr(peer, name))
    return getattr(peer, what)("there", shared), what


def subscriber(peer, shared, way, partner):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    partner.hear()  # there is a publisher
    take, what = subscribe(peer, shared, way)
    if what != "receiver":
        take()  # so that one-time work is done
    partner.tell()
    while way == "blocked":
        take()
    while True:
        signal.pause()


def loops(publish, milliseconds):
    run, times = timer("publish(value)", publish=publish, value=1.5), []
    end = time.perf_counter_ns() + milliseconds * 1_000_000
    count, cpu = 0, time.process_time_ns()
    while not times or time.perf_counter_ns() < end:
        times.append(run(LOOP))
        count += LOOP
    return sorted(times)[len(times) // 2], (time.process_time_ns() - cpu) / count


def singles(publish, milliseconds):
    clock, times, value = time.perf_counter_ns, [], 0.0
    end = clock() + milliseconds * 1_000_000
    cpu = time.process_time_ns()
    while not times or clock() < end:
        time.sleep(PAUSE)
        value += 1.0
        start = clock()
        publish(value)
        times.append(clock() - start)
    return sorted(times)[len(times) // 2], (time.process_time_ns() - cpu) / len(times)


def main():
    name, number, way = sys.argv[1:]
    os.environ["BENCHMARK_SUBSCRIBERS"] = number
    peer = load(name)
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    partners = []
    for _ in range(int(number)):
        partner = fork(())
        if not partner.pid:
            die_with_parent()
            subscriber(peer, shared, way, partner)
        partners.append(partner)
    publish = peer.publisher("there", shared)
    publish(0.5)
    for partner in partners:
        partner.tell()
    for partner in partners:
        partner.hear()
    if peer.REQUIREMENTS:
        time.sleep(1.0)  # until they have found each other
    print("ready", "ns", "cpu", flush=True)
    for line in sys.stdin:
        print(*(loops if way == "idle" else singles)(publish, int(line)), flush=True)
    for partner in partners:
        os.kill(partner.pid, signal.SIGTERM)
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
