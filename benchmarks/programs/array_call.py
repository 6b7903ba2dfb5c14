"""What publishing and reading arrays and text costs, beside memcpy: python array_call.py FOLDER

Both ends are in this process, ours and its floor in turn. The first line names the figures:
KIND:VARIANT, and KIND:VARIANT:floor for what it is compared with. Then, for each number of
milliseconds that it reads, it answers with a line of them in ns of processor time.
"""

import itertools
import mmap
import statistics
import sys
import time
from array import array
from pathlib import Path

import floors
import numpy as np
import shm_pub_sub
from harness.timing import timer

SIZES = (64, 4096, 65536, 1 << 20, 6 << 20)
"""Bytes."""

BUFFERS = 3
PAGE = mmap.PAGESIZE
STRETCH = 300_000
"""ns that one timing takes, about: in most of them no other program runs."""

MOST = 500
"""Calls in one timing."""

BYTES = 20
"""Copied in a ns, about."""

CLOCK = time.thread_time_ns
ELEMENTWISE = 10
"""How much longer it takes than rows, about."""

FIRST = 8
"""Arrays published by each new publisher, of which the first is one figure."""


def clock_ns():
    return min(-(CLOCK() - CLOCK()) for _ in range(100))


class Places:
    """Private, populated memory laid out as a topic's: what memcpy writes to, or reads from."""

    def __init__(self, addresses, size):
        base = min(addresses) // PAGE * PAGE
        self.offsets = [address - base for address in addresses]
        self.memory = mmap.mmap(-1, max(self.offsets) + size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.memory[:] = bytes(len(self.memory))  # touch every page
        self.starts = array("q", self.offsets)

    def at(self, index, size):
        begin = self.offsets[index]
        return memoryview(self.memory)[begin : begin + size]


class Topic:
    """A publisher of arrays like one, and where it puts them."""

    def __init__(self, name, like):
        self.like, self.name = like, name
        self.publisher = shm_pub_sub.Publisher(name, like, BUFFERS)
        self.views = shm_pub_sub.Subscriber(name, like, copy=False)
        self.places = Places(self.addresses(), like.nbytes)

    def addresses(self):
        """Return where the arrays that are published in turn lie, in that order."""
        found = []
        for _ in range(4 * BUFFERS):
            self.publisher.publish(self.like)
            view, _ = self.views.subscribe()
            address = view.ctypes.data
            del view
            if address in found:
                break
            found.append(address)
        if len(found) > 1:
            return found
        # A copy: they are kept in the slots.
        return [16 + number * (16 + self.like.nbytes) for number in range(BUFFERS + 1)]

    def subscriber(self):
        return shm_pub_sub.Subscriber(self.name, self.like)


class Figures:
    """Functions that measure, by figure."""

    def __init__(self, folder):
        payload = floors.extension("payload", folder)
        self.copies, self.copy_rows = payload.copies, payload.copy_rows
        self.copy_groups = payload.copy_groups
        self.clock = clock_ns()
        self.timers = {}

    def add(self, figure, run, nbytes):
        # By the size, not by what it takes: ours and its floor are called equally often.
        n = max(1, min(MOST, STRETCH * BYTES // (nbytes + 1)))

        def measure():
            run(BUFFERS + 1)  # the caches hold the arrays of the figure before
            return max(0.0, run(n) - self.clock / n)

        self.timers[figure] = measure

    def statement(self, figure, nbytes, statement, **names):
        self.add(figure, timer(statement, CLOCK, **names), nbytes)

    def memcpy(self, figure, target, source, starts, copies=None):
        copies, done = copies or self.copies, 0

        def run(n):
            nonlocal done
            first, done = done % len(starts), done + n
            return copies(target, source, starts, first, n)

        self.add(f"{figure}:floor", run, memoryview(source).nbytes)


def contiguous(figures):
    for size in SIZES:
        like = np.random.default_rng(size).random(size // 8)
        topic = Topic(f"contiguous{size}", like)
        places, into = topic.places, np.empty_like(like)
        subscriber = topic.subscriber()
        figures.statement(f"publish:{size}", size, "p(a)", p=topic.publisher.publish, a=like)
        figures.memcpy(f"publish:{size}", places.memory, like, places.starts)
        figures.statement(f"into:{size}", size, "s(into=a)", s=subscriber.subscribe, a=into)
        figures.memcpy(f"into:{size}", into, places.at(0, size), array("q", [0]))
        figures.statement(f"read:{size}", size, "v, ok = s()", s=subscriber.subscribe)
        figures.statement(f"view:{size}", 0, "v, ok = s()", s=topic.views.subscribe)
        figures.statement(f"loan:{size}", 0, "with loan(): pass", loan=topic.publisher.loan)


def strided(figures):
    """Rows with padding behind them, beside memcpy of each; others, beside numpy's own copy."""
    rng = np.random.default_rng(15)
    padded = {
        "1080x1920x3": rng.integers(0, 255, (1080, 2048, 3), np.uint8)[:, :1920],
        "480x640": rng.integers(0, 255, (480, 704), np.uint8)[:, :640],
    }
    for name, frame in padded.items():
        like = np.ascontiguousarray(frame)
        topic = Topic(f"padded{name}", like)
        figures.statement(f"padded:{name}", like.nbytes, "p(a)", p=topic.publisher.publish, a=frame)
        places, rows = topic.places, figures.copy_rows
        figures.memcpy(f"padded:{name}", places.memory, frame, places.starts, rows)
    rgba = rng.integers(0, 255, (480, 640, 4), np.uint8)
    rgb = np.ascontiguousarray(rgba[:, :, :3])
    frames = {
        "flipped": (rgb[:, ::-1], ELEMENTWISE),
        "upside-down": (rgb[::-1], 1),
        "rgba": (rgba[:, :, :3], ELEMENTWISE),
    }
    for name, (frame, longer) in frames.items():
        topic, nbytes = Topic(name, rgb), longer * rgb.nbytes
        places = [
            topic.places.at(number, rgb.nbytes) for number in range(len(topic.places.offsets))
        ]
        targets = [np.frombuffer(place, np.uint8).reshape(rgb.shape) for place in places]
        figures.statement(f"strided:{name}", nbytes, "p(a)", p=topic.publisher.publish, a=frame)
        names = {"copy": np.copyto, "next": itertools.cycle(targets).__next__, "a": frame}
        figures.statement(f"strided:{name}:floor", nbytes, "copy(next(), a)", **names)


def text(figures):
    value = "0123456789" * 100
    publisher = shm_pub_sub.Publisher("text", "", BUFFERS)
    subscriber = shm_pub_sub.Subscriber("text", "")
    figures.statement("text-publish:1000", 1000, "p(v)", p=publisher.publish, v=value)
    figures.statement("text-read:1000", 1000, "v, ok = s()", s=subscriber.subscribe, keep=publisher)


class New:
    """The first array of a new publisher, and the later ones, in whichever order they are asked."""

    def __init__(self):
        self.like = np.zeros(SIZES[-1] // 8)
        self.times = {"first": [], "later": []}

    def publish(self):
        with shm_pub_sub.Publisher("new", self.like, BUFFERS) as publisher:
            run = timer("p(a)", CLOCK, p=publisher.publish, a=self.like)
            first, *later = (run(1) for _ in range(FIRST))
        self.times["first"].append(first)
        self.times["later"].append(statistics.median(later))

    def next(self, which):
        if not self.times[which]:
            self.publish()
        return self.times[which].pop()


def there_and_back(timers, milliseconds):
    """Return the median of each figure: all in turn, then all in reverse, repeatedly.

    The caches hold for the second of two what the first has read.
    """
    end = time.perf_counter_ns() + milliseconds * 1_000_000
    times = {figure: [] for figure in timers}
    while not all(times.values()) or time.perf_counter_ns() < end:
        for figure in (*timers, *reversed(timers)):
            times[figure].append(timers[figure]())
    return [statistics.median(ns) for ns in times.values()]


def main():
    figures = Figures(Path(sys.argv[1]))
    contiguous(figures)
    strided(figures)
    text(figures)
    new = New()
    first = f"first:{SIZES[-1]}"
    timers = figures.timers | {
        first: lambda: new.next("first"),
        f"{first}:floor": lambda: new.next("later"),
    }
    print("ready", *timers, flush=True)
    for line in sys.stdin:
        print(*there_and_back(timers, int(line)), flush=True)


if __name__ == "__main__":
    main()
