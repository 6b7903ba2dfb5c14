"""A value there and back between two processes: python round_trip.py PEER WAY [CPU CPU]

WAY is "blocking" (each sleeps in receive() until the value comes) or "spinning" (each polls). Reads
milliseconds, one number per line, and answers with a line: how many wrong values came and were
skipped, and the times in ns.
"""

import os
import sys
import time

from harness.rows import load

from programs.pair import fork, settle

MOST = 50_000
"""Trips in one turn."""


def spinning(peer, topic, shared):
    """Return a function that waits for a value without sleeping."""
    if hasattr(peer, "poller"):
        poll = peer.poller(topic, shared)

        def receive():
            while (value := poll()) is None:
                pass
            return value

        return receive
    read, last = peer.reader(topic, shared), None

    def wait_for_another():
        nonlocal last
        while (value := read()) == last or value is None:
            pass
        last = value
        return value

    # The value of a new state, before anything was published.
    last = read()
    return wait_for_another


def connect(peer, way, shared, partner):
    out, back = ("there", "back") if partner.pid else ("back", "there")
    send = peer.publisher(out, shared)
    partner.meet()
    receive = spinning(peer, back, shared) if way == "spinning" else peer.receiver(back, shared)
    settle(peer, partner)
    return send, receive


def echo(send, receive):
    while (value := receive()) >= 0:
        send(value)


def ask(send, receive):
    clock, number = time.perf_counter_ns, 0.0
    for line in sys.stdin:
        times, wrong = [], 0
        end = clock() + int(line) * 1_000_000
        while len(times) < MOST:
            number += 1.0
            start = clock()
            send(number)
            while receive() != number:
                wrong += 1
            stop = clock()
            times.append(stop - start)
            if stop >= end:
                break
        print(wrong, *times, flush=True)
    send(-1.0)


def main():
    name, way, *processors = sys.argv[1:]
    peer = load(name)
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    partner = fork(processors)
    send, receive = connect(peer, way, shared, partner)
    if partner.pid:
        print("ready", flush=True)
        ask(send, receive)
        os.waitpid(partner.pid, 0)
    else:
        echo(send, receive)
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
