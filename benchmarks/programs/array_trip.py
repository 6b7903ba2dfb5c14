"""An array there and back, both processes polling: python array_trip.py PEER SIZE BUFFERS [CPU CPU]

The other process publishes the array that it received. Both read by a view, if the library has it.
Reads milliseconds, one number a line, and answers with a line: how many wrong arrays came and were
skipped, and the times in ns.
"""

import os
import sys
import time

from harness.rows import load

from programs.arrays import example, is_number, number, prepare
from programs.pair import fork, settle
from programs.round_trip import MOST


def spinning(peer, topic, shared, like):
    """Return a function that waits for an array without sleeping."""
    if hasattr(peer, "array_viewer"):
        get = peer.array_viewer(topic, shared, like)
    else:
        poll, into = peer.array_poller(topic, shared, like), like.copy()

        def get():
            return poll(into)

    def receive():
        while (array := get()) is None:
            pass
        return array

    return receive


def echo(publish, receive):
    while True:
        array = receive()
        last = array[0] < 0
        publish(array)
        del array
        if last:
            return


def trip(publish, receive, array, value):
    """Return ns, and how many other arrays came."""
    clock, wrong = time.perf_counter_ns, 0
    number(array, value)
    start = clock()
    publish(array)
    got = receive()
    stop = clock()
    while not is_number(got, value):
        got = None  # the memory of a view is wanted again
        got = receive()
        stop = clock()
        wrong += 1
    return stop - start, wrong


def ask(publish, receive, array):
    value = 0.0
    for line in sys.stdin:
        times, wrongs = [], 0
        end = time.perf_counter_ns() + int(line) * 1_000_000
        while not times or (time.perf_counter_ns() < end and len(times) < MOST):
            value += 1.0
            ns, wrong = trip(publish, receive, array, value)
            times.append(ns)
            wrongs += wrong
        print(wrongs, *times, flush=True)
    trip(publish, receive, array, -1.0)


def main():
    name, size, buffers, *processors = sys.argv[1:]
    peer, like = load(name), example(int(size))
    shared = prepare(peer, like, int(buffers))
    partner = fork(processors)
    out, back = ("there", "back") if partner.pid else ("back", "there")
    publish = peer.array_publisher(out, shared, like)
    partner.meet()
    receive = spinning(peer, back, shared, like)
    settle(peer, partner)
    if partner.pid:
        print("ready", flush=True)
        ask(publish, receive, like)
        os.waitpid(partner.pid, 0)
    else:
        echo(publish, receive)
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
