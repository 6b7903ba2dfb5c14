"""Random scripts of what happens to one topic, and how to make one that fails shorter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

Step = tuple[str | int, ...]
"""Its name, and:

publisher SIDE KIND DEPTH RETAIN   takes the place of the one that there is
publish COUNT                      values that were not published before; more than 1 is a batch
close, kill, remove                the publisher; the topic that has none
subscriber NUMBER HISTORY          takes the place of the one of that number
take, sample, newest, newest_sample, look, fileno NUMBER
drain NUMBER LIMIT                 0 for none

A step that is not possible where it stands does nothing: so any part of a script is one.
"""

SUBSCRIBERS = 2


def _publisher(rng: random.Random) -> Step:
    kind = "float" if rng.random() < 0.06 else "int"
    return "publisher", rng.choice(["C", "Go"]), kind, rng.randint(1, 4), rng.random() < 0.6


def _drain(rng: random.Random) -> Step:
    return "drain", rng.randrange(SUBSCRIBERS), rng.choice([0, 0, 1, 2, 5])


STEPS: list[tuple[int, Callable[[random.Random], Step]]] = [
    (9, _publisher),
    (9, lambda rng: ("publish", 1)),
    (4, lambda rng: ("publish", rng.randint(2, 6))),
    (6, lambda rng: ("close",)),
    (2, lambda rng: ("kill",)),
    (1, lambda rng: ("remove",)),
    (3, lambda rng: ("subscriber", rng.randrange(SUBSCRIBERS), rng.randint(0, 5))),
    (12, lambda rng: ("take", rng.randrange(SUBSCRIBERS))),
    (3, lambda rng: ("sample", rng.randrange(SUBSCRIBERS))),
    (8, lambda rng: ("newest", rng.randrange(SUBSCRIBERS))),
    (2, lambda rng: ("newest_sample", rng.randrange(SUBSCRIBERS))),
    (8, _drain),
    (2, lambda rng: ("look", rng.randrange(SUBSCRIBERS))),
    (1, lambda rng: ("fileno", rng.randrange(SUBSCRIBERS))),
]


def random_script(rng: random.Random) -> list[Step]:
    weights, makers = zip(*STEPS, strict=True)
    script: list[Step] = [("subscriber", n, rng.randint(0, 3)) for n in range(rng.randint(0, 2))]
    script += [make(rng) for make in rng.choices(makers, weights, k=rng.randint(5, 40))]
    return script


def shortened(
    script: list[Step], fails: Callable[[list[Step]], bool], seconds: float
) -> list[Step]:
    """Leave out steps while it fails without them, for some seconds at most."""
    end = time.monotonic() + seconds
    size = len(script) // 2
    while size >= 1:
        at, before = 0, len(script)
        while at < len(script):
            if time.monotonic() > end:
                return script
            part = script[:at] + script[at + size :]
            if fails(part):
                script = part
            else:
                at += size
        size = size // 2 if size > 1 else int(len(script) < before)
    return script
