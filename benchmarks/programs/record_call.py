"""What publishing and reading records costs, beside memcpy, struct and pickle.

    python record_call.py FOLDER

As array_call.py: both ends are in this process, and figures are ns of processor time.
"""

import pickle
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shm_pub_sub

from programs.array_call import BUFFERS, Figures, Places, there_and_back

FIELDS = "qdddd"
SMALL = struct.calcsize(FIELDS)


@dataclass(slots=True)
class Slots:
    stamp: int = 0
    ax: float = 0.0
    ay: float = 0.0
    az: float = 0.0
    celsius: float = 0.0


@dataclass
class Plain:
    stamp: int = 0
    ax: float = 0.0
    ay: float = 0.0
    az: float = 0.0
    celsius: float = 0.0


class Tuple(NamedTuple):
    stamp: int = 0
    ax: float = 0.0
    ay: float = 0.0
    az: float = 0.0
    celsius: float = 0.0


VALUES = (1_700_000_000_000_000_000, 0.25, -0.5, 9.81, 31.5)
"""The int is no small one, which Python keeps."""


class Observation:
    """A dict of arrays, where its topic puts it, and the same as pieces for memcpy."""

    def __init__(self):
        rng = np.random.default_rng(16)
        self.value = {
            "rgb": rng.integers(0, 255, (480, 640, 3), np.uint8),
            "depth": rng.integers(0, 6000, (480, 640), np.uint16),
            "joints": rng.random(14),
            "stamp": 1.5,
        }
        self.publisher = shm_pub_sub.Publisher("observation", self.value, BUFFERS)
        self.views = shm_pub_sub.Subscriber("observation", self.value, copy=False)
        self.reader = shm_pub_sub.Subscriber("observation", self.value)
        self.into = {key: np.empty_like(part) for key, part in self.value.items()}
        self.parts, self.targets = self.pieces(self.value), self.pieces(self.into)
        self.into["stamp"] = 0.0
        self.size = sum(part.nbytes for part in self.parts)
        self.places = Places(self.addresses(), self.size)

    def pieces(self, record):
        return [np.asarray(part).reshape(-1).view(np.uint8) for part in record.values()]

    def addresses(self):
        """Return where the records that are published in turn begin, in that order."""
        found = []
        for _ in range(4 * BUFFERS):
            self.publisher.publish(self.value)
            view, _ = self.views.subscribe()
            address = view["rgb"].ctypes.data
            del view
            if address in found:
                break
            found.append(address)
        return found

    def place(self, number):
        """Return the memory of each part in one of the places: the arrays leave no gaps."""
        whole, end = self.places.at(number, self.size), 0
        for part in self.parts:
            begin, end = end, end + part.nbytes
            yield whole[begin:end]

    def written(self):
        """Return (target, source) for what publishing copies, and how many are a record."""
        numbers = range(len(self.places.offsets))
        pairs = [pair for n in numbers for pair in zip(self.place(n), self.parts, strict=True)]
        return tuple(pairs), len(self.parts)

    def read(self):
        return tuple(zip(self.targets, self.place(0), strict=True)), len(self.parts)


class Pieces:
    """Figures of memcpy: groups of pieces in turn."""

    def __init__(self, figures):
        self.figures = figures

    def add(self, figure, nbytes, pairs, group):
        done = 0

        def run(n):
            nonlocal done
            first, done = done % (len(pairs) // group), done + n
            return self.figures.copy_groups(pairs, group, first, n)

        self.figures.add(f"{figure}:floor", run, nbytes)


def small(figures, name, value):
    """A record of five fields; struct packs it into private memory, and makes it of that again."""
    publisher = shm_pub_sub.Publisher(name, value, BUFFERS)
    subscriber = shm_pub_sub.Subscriber(name, value)
    packer, memory = struct.Struct(FIELDS), bytearray(SMALL)
    fields = "*r" if isinstance(value, tuple) else "r.stamp, r.ax, r.ay, r.az, r.celsius"
    names = {"pack": packer.pack_into, "unpack": packer.unpack_from, "m": memory, "r": value}
    names |= {"cls": type(value), "dumps": pickle.dumps, "loads": pickle.loads}

    def add(figure, statement, **more):
        figures.statement(figure, SMALL, statement, **names, **more)

    add(f"publish:{name}", "p(r)", p=publisher.publish)
    add(f"publish:{name}:floor", f"pack(m, 0, {fields})")
    add(f"pickle:{name}", "dumps(r, 5)")
    add(f"read:{name}", "v, ok = s()", s=subscriber.subscribe)
    add(f"read:{name}:floor", "cls(*unpack(m))")
    add(f"unpickle:{name}", "loads(b)", b=pickle.dumps(value, 5))


def observation(figures):
    seen = Observation()
    pieces, size = Pieces(figures), seen.size
    pickled = pickle.dumps(seen.value, 5)
    figures.statement("publish:dict", size, "p(v)", p=seen.publisher.publish, v=seen.value)
    pieces.add("publish:dict", size, *seen.written())
    figures.statement("into:dict", size, "s(into=d)", s=seen.reader.subscribe, d=seen.into)
    pieces.add("into:dict", size, *seen.read())
    figures.statement("read:dict", size, "v, ok = s()", s=seen.reader.subscribe)
    figures.statement("view:dict", 0, "v, ok = s()", s=seen.views.subscribe)
    figures.statement("pickle:dict", size, "dumps(v, 5)", dumps=pickle.dumps, v=seen.value)
    figures.statement("unpickle:dict", size, "loads(b)", loads=pickle.loads, b=pickled)


def main():
    figures = Figures(Path(sys.argv[1]))
    small(figures, "slots", Slots(*VALUES))
    small(figures, "plain", Plain(*VALUES))
    small(figures, "tuple", Tuple(*VALUES))
    observation(figures)
    print("ready", *figures.timers, flush=True)
    for line in sys.stdin:
        print(*there_and_back(figures.timers, int(line)), flush=True)


if __name__ == "__main__":
    main()
