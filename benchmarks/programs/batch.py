"""What a value costs in batches, with both ends in one process: python batch.py PEER SIZE

For each number of milliseconds that it reads, it answers with ns per value, in batches and in
single calls.
"""

import sys
import time

import peers

from programs.call import JOINING, each

SETTLING = (0.0, 0.001, 0.01, 0.1)
"""Seconds that a batch may take to arrive."""


PATIENCE = 2_000_000_000  # ns

ROOM, SINGLE = 10, 1000
"""Single calls: how many per burst, and in all."""


class Batches:
    def __init__(self, peer, size):
        self.values = [float(number) for number in range(1, size + 1)]
        shared = peer.prepare() if hasattr(peer, "prepare") else None
        self.publish_many = peer.batch_publisher("there", shared)
        self.publish = peer.publisher("back", shared)
        self.drain = peer.batch_receiver("there", shared)
        self.poll = peer.poller("back", shared) if hasattr(peer, "poller") else None
        if peer.REQUIREMENTS:
            time.sleep(JOINING)
        self.wait = self.settling()
        self.timers = {"publish": self.many, "drain": self.draining, "through": self.through}
        if self.poll:
            self.timers |= {"publish_one": self.single, "poll": self.polling}

    def settling(self):
        """Return how long a whole batch takes to arrive."""
        for wait in SETTLING:
            self.publish_many(self.values)
            time.sleep(wait)
            if self.drain() == self.values:
                return wait
            time.sleep(0.1)
            self.drain()
        raise SystemExit("the batch drained is not the one published")

    def timed(self, call, *arguments):
        start = time.perf_counter_ns()
        call(*arguments)
        return (time.perf_counter_ns() - start) / len(self.values)

    def many(self):
        self.drain()
        ns = self.timed(self.publish_many, self.values)
        time.sleep(self.wait)
        return ns

    def draining(self):
        """After many()."""
        return self.timed(self.drain)

    def through(self):
        """From before publish_many() until all is drained: work of other threads counts too."""
        self.drain()
        left, drain = len(self.values), self.drain
        start = time.perf_counter_ns()
        self.publish_many(self.values)
        while left > 0:
            if there := len(drain()):
                left -= there
                continue
            time.sleep(0)  # lets its threads run, which may need the GIL
            if time.perf_counter_ns() - start > PATIENCE:
                raise SystemExit("not all of a batch is there after 2 s")
        return (time.perf_counter_ns() - start) / len(self.values)

    def parts(self):
        values = self.values[:SINGLE]
        return [values[start : start + ROOM] for start in range(0, len(values), ROOM)]

    def single(self):
        """One at a time, in bursts that fit into a queue and are drained in between."""
        publish, total = self.publish, 0
        for part in self.parts():
            begin = time.perf_counter_ns()
            for value in part:
                publish(value)
            total += time.perf_counter_ns() - begin
            time.sleep(self.wait)
            self.empty()
        return total / len(self.values[:SINGLE])

    def polling(self):
        poll, total = self.poll, 0
        for part in self.parts():
            for value in part:
                self.publish(value)
            time.sleep(self.wait)
            begin = time.perf_counter_ns()
            for _ in part:
                poll()
            total += time.perf_counter_ns() - begin
            self.empty()
        return total / len(self.values[:SINGLE])

    def empty(self):
        while self.poll() is not None:
            pass


def main():
    name, size = sys.argv[1], int(sys.argv[2])
    peers.BATCH = size  # before the adapter reads it
    from harness.rows import load  # noqa: PLC0415

    batches = Batches(load(name), size)
    print("ready", *batches.timers, flush=True)
    for line in sys.stdin:
        print(*each(batches.timers, int(line)), flush=True)


if __name__ == "__main__":
    main()
