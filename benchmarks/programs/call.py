"""What calls cost with both ends in one process: python call.py PEER.

Values go in bursts that fit into every queue; only the named calls are timed. The first line names
the figures. Then, for each number of milliseconds that it reads, it answers with a line of them in
ns per call, the loop around the call included.
"""

import sys
import time

from harness.rows import load
from harness.timing import timer

LOOPS = 100
"""Calls in one timing, if they fit into the queue."""

BURSTS = (1, 3, 10, 30, LOOPS)
SETTLING = (0.0, 0.001, 0.01, 0.1)
"""Seconds that published values may take to arrive."""

JOINING = 0.3
"""Seconds for ends that discover each other without saying when they have."""


def clock_ns():
    """Return what reading the clock twice adds to a timing."""
    clock = time.perf_counter_ns
    return min(-(clock() - clock()) for _ in range(100))


class Calls:
    def __init__(self, peer):
        self.peer = peer
        self.shared = peer.prepare() if hasattr(peer, "prepare") else None
        self.publish = peer.publisher("there", self.shared)
        self.silent = peer.publisher("silent", self.shared)
        self.read, self.poll = self.end("reader", "there"), self.end("poller", "there")
        self.receive = self.poll or self.end("receiver", "there")
        self.number, self.wait = 0.0, 0.0
        self.clock = clock_ns()
        if peer.REQUIREMENTS:
            time.sleep(JOINING)
        # A state keeps one value; only queues fill up.
        self.burst = self.fitting() if self.receive and peer.KIND != "state" else 1
        self.loops = self.burst if peer.KIND == "queue" else LOOPS
        self.timers = self.figures()

    def end(self, what, topic):
        make = getattr(self.peer, what, None)
        return make and make(topic, self.shared)

    def statement(self, what, call):
        """Return the statement that a program would write, and its names."""
        if not hasattr(self.peer, "statements"):
            function = {"publish": self.publish, "read": self.read, "poll": self.receive}[what]
            return call, {"call" if what == "publish" else what: function, "value": 1.5}
        if not hasattr(self, "inline"):
            self.inline = self.peer.statements("inline", self.shared)
        return self.inline[what][0], {**self.inline[what][1], "value": 1.5}

    def timed(self, statement, names, count):
        run = timer(statement, **names)
        return lambda: max(0.0, run(count) - self.clock / count)

    def next(self):
        self.number += 1.0
        return self.number

    def fill(self, count):
        """Publish count values, and let them arrive."""
        for _ in range(count):
            self.publish(self.next())
        if self.wait:
            time.sleep(self.wait)

    def empty(self, sent=0):
        """Take all values; without poll(), as many as were sent."""
        if self.poll:
            while self.poll() is not None:
                pass
        elif self.receive:
            for _ in range(sent):
                self.receive()
        if self.read:
            self.read()

    def fitting(self):
        """Return the largest burst that arrives whole, and find how long it takes.

        Without poll(), one: receive() would wait for a lost value."""
        fits = 0
        for burst in BURSTS if self.poll else BURSTS[:1]:
            if not self.arrives(burst):
                break
            fits = burst
        if not fits:
            raise SystemExit("a published value is not received")
        return fits

    def arrives(self, burst):
        wait = self.wait
        for self.wait in (seconds for seconds in SETTLING if seconds >= wait):
            self.fill(burst)
            taken = [self.receive() for _ in range(burst)]
            if taken[-1] == self.number and None not in taken:
                return True
            time.sleep(0.05)
            self.empty()
        self.wait = wait
        return False

    def figures(self):
        """Return the functions that measure, by figure."""
        found = {"publish": self.publishing()}
        if self.read:
            found |= {"read_new": self.reading(), "read_same": self.reading_again()}
            if miss := self.missing():
                found["read_miss"] = miss
        if self.receive and self.peer.KIND != "state":
            found["next"] = self.receiving()
            if self.poll:
                found["next_none"] = self.finding_none()
        return found

    def publishing(self):
        run = self.timed(*self.statement("publish", "call(value)"), self.loops)

        def measure():
            ns = run()
            time.sleep(self.wait)
            self.empty(self.loops)
            return ns

        return measure

    def at_once(self):
        """Whether the next read finds the published value."""
        found = True
        for _ in range(20):
            self.publish(value := self.next())
            found &= self.read() == value
            time.sleep(self.wait)
            self.empty(1)
        return found

    def reading(self):
        """A new value: with its publish, less a publish; each call alone if values take time."""
        if not self.at_once():
            return self.reading_alone
        publish, names = self.statement("publish", "call(value)")
        read, more = self.statement("read", "read()")
        both = self.timed(f"{publish}; {read}", {**names, **more}, self.loops)
        alone = self.timed(publish, names, self.loops)
        loop = self.timed("pass", {}, self.loops)

        def measure():
            ns = both()
            self.empty(self.loops)
            ns -= alone()
            self.empty(self.loops)
            return max(0.0, ns + loop())

        return measure

    def reading_alone(self):
        clock = time.perf_counter_ns
        self.publish(value := self.next())
        end = clock() + 1_000_000_000
        while clock() < end:
            time.sleep(max(self.wait, 0.0002))
            start = clock()
            found = self.read()
            ns = clock() - start - self.clock
            if found == value:
                self.empty(1)
                return ns
        raise SystemExit("a published value is not read")

    def reading_again(self):
        run = self.timed(*self.statement("read", "read()"), LOOPS)

        def measure():
            self.publish(1.5)
            time.sleep(self.wait)
            self.empty(1)
            return run()

        return measure

    def missing(self):
        """None if it cannot tell that nothing was published."""
        read = self.peer.reader("silent", self.shared)
        if read() is not None:
            return None
        statement, names = "read()", {"read": read}
        if hasattr(self.peer, "statements"):
            statement, names = self.peer.statements("mute", self.shared)["read"]
        return self.timed(statement, names, LOOPS)

    def receiving(self):
        # From the topic that fill() fills: statements have their own.
        run = self.timed("value = poll()", {"poll": self.receive}, self.burst)

        def measure():
            self.empty()
            self.fill(self.burst)
            return run()

        return measure

    def finding_none(self):
        run = self.timed("value = poll()", {"poll": self.poll}, LOOPS)

        def measure():
            self.empty()
            return run()

        return measure


def each(timers, milliseconds):
    """Return the median of each figure: all in turn, repeatedly."""
    end = time.perf_counter_ns() + milliseconds * 1_000_000
    times = {name: [] for name in timers}
    while not times["publish"] or time.perf_counter_ns() < end:
        for name, run in timers.items():
            times[name].append(run())
    return [sorted(ns)[len(ns) // 2] for ns in times.values()]


def main():
    calls = Calls(load(sys.argv[1]))
    print("ready", *calls.timers, flush=True)
    for line in sys.stdin:
        print(*each(calls.timers, int(line)), flush=True)


if __name__ == "__main__":
    main()
