"""One way, as fast as it goes: python stream.py PEER [PROCESSOR PROCESSOR]

Publishes 1.0, 2.0, 3.0 ... for each number of milliseconds that it reads, and answers with the
counts of the publisher and the receiver. A negative value marks the end; it is repeated until
the receiver has seen it, because it may be lost like any other.
"""

import itertools
import os
import sys
import time

from harness.rows import load

from programs.pair import fork, settle

FIGURES = (
    "seconds",
    "published",
    "publishing",
    "received",
    "lost",
    "backwards",
    "doubled",
    "wrong",
)
"""seconds: until the end was received; publishing: seconds until the last value was published;
lost: gaps that the receiver saw; wrong: values never published."""

PATIENCE = 6.0
"""Seconds to drain a queue."""

CHECK = 100
"""Values between two reads of the clock."""


class Counts:
    """What a receiver counts in consecutive numbers."""

    def __init__(self):
        self.last = 0.0
        self.received = self.lost = self.backwards = self.doubled = self.wrong = 0

    def odd(self, value, state):
        """Count a value that is not the expected one."""
        if value == self.last:
            self.doubled += not state  # a state is read repeatedly
            self.received += not state
        elif not value.is_integer() or value <= 0.0:
            self.wrong += 1
        elif value < self.last:
            self.received += 1
            self.backwards += 1
        else:
            self.received += 1
            self.lost += int(value - self.last) - 1
            self.last = value

    def line(self):
        counts = (self.received, self.lost, self.backwards, self.doubled, self.wrong, self.last)
        return " ".join(map(str, counts)).encode()


def receiving(peer, topic, shared):
    """Return how every value is received, and whether that reads only the latest."""
    for what in ("receiver", "poller"):
        if hasattr(peer, what):
            # A state's poller compares with the previous value; it cannot see repeats.
            return getattr(peer, what)(topic, shared), False
    return peer.reader(topic, shared), True


def count_until(receive, end, state):
    """Count values until the end, which is negative; ends of earlier turns may come again."""
    counts = Counts()
    while True:
        value = receive()
        if value is None:
            continue
        if value == counts.last + 1.0:
            counts.last = value
            counts.received += 1
        elif value == end:
            return counts
        elif value >= 0.0 or not value.is_integer():
            counts.odd(value, state)


def receive_all(peer, shared, partner):
    partner.meet()
    receive, state = receiving(peer, "there", shared)
    settle(peer, partner)
    while True:
        end = float(partner.hear())
        partner.tell()
        partner.tell(count_until(receive, end, state).line())


def publish_for(publish, milliseconds):
    value, clock = 0.0, time.monotonic_ns
    start = clock()
    end = start + milliseconds * 1_000_000
    while clock() < end:
        for _ in itertools.repeat(None, CHECK):
            value += 1.0
            publish(value)
    return int(value), (clock() - start) / 1e9


def turn(publish, partner, end, milliseconds):
    partner.tell(b"%d" % end)
    partner.hear()
    start = time.monotonic()
    published, publishing = publish_for(publish, milliseconds)
    while not partner.hears(0.001):
        publish(end)
        if time.monotonic() - start > PATIENCE + milliseconds / 1000:
            raise SystemExit(f"values still missing {PATIENCE:.0f} s after the last was published")
    seconds = time.monotonic() - start
    received, lost, backwards, doubled, wrong, last = map(float, partner.hear().split())
    lost += max(0.0, published - last)  # the last ones
    if last > published:  # never published, and it hides losses
        wrong, lost = wrong + 1, max(0.0, published - received)
    return seconds, published, publishing, received, lost, backwards, doubled, wrong


def publish_all(peer, shared, partner):
    publish = peer.publisher("there", shared)
    partner.meet()
    settle(peer, partner)
    print("ready", *FIGURES, flush=True)
    for number, line in enumerate(sys.stdin, 1):
        print(*turn(publish, partner, float(-number), int(line)), flush=True)


def main():
    name, *processors = sys.argv[1:]
    peer = load(name)
    shared = peer.prepare() if hasattr(peer, "prepare") else None
    partner = fork(processors)
    if not partner.pid:
        try:
            receive_all(peer, shared, partner)
        finally:
            os._exit(0)  # does not wait for its messages
    publish_all(peer, shared, partner)
    if hasattr(peer, "close"):
        peer.close()


if __name__ == "__main__":
    main()
