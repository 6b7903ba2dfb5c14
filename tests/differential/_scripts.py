"""Random scripts of what happens to one topic, and how to make one that fails shorter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from ._kinds import MAX_SIZE

Step = tuple[str | int, ...]
"""Its name, and:

values KIND                        before any other: what subscribers read; without it int
publisher SIDE OTHER DEPTH RETAIN VIEWS LOANS MOST   takes the place of the one that there is
publish COUNT                      values that were not published before; more than 1 is a batch
publish_at DELTA                   one value, so many ns later than the one before
lend                               a value, which is published or dropped by
return NUMBER HOW                  the oldest loan, if 0
close, kill, remove                the publisher; the topic that has none
subscriber NUMBER HISTORY COPY     takes the place of the one of that number
take, take_into, sample, newest, newest_sample, look, fileno NUMBER
drain NUMBER LIMIT                 0 for none
last NUMBER COUNT                  Python's only
at, after, since NUMBER WHICH DELTA  timeout 0; DELTA ns from that kept value, 0 the newest
view NUMBER                        the newest value, which is kept until
give_back NUMBER                   the oldest view, if 0

A step that is not possible where it stands does nothing: so any part of a script is one.
"""

SUBSCRIBERS = 2


def _publisher(rng: random.Random) -> Step:
    return (
        "publisher",
        rng.choice(["C", "Go"]),
        rng.random() < 0.06,
        rng.randint(1, 4),
        rng.random() < 0.6,
        rng.randint(0, 3),
        rng.randint(1, 2),
        rng.choice([MAX_SIZE, MAX_SIZE, 40]),
    )


def _drain(rng: random.Random) -> Step:
    return "drain", rng.randrange(SUBSCRIBERS), rng.choice([0, 0, 1, 2, 5])


def _by_time(rng: random.Random) -> Step:
    what = rng.choice(["at", "after", "since"])
    return what, rng.randrange(SUBSCRIBERS), rng.randrange(5), rng.choice([-1, 0, 0, 1])


def _subscriber(rng: random.Random) -> Step:
    copy = rng.random() < 0.5
    return "subscriber", rng.randrange(SUBSCRIBERS), rng.randint(0, 5), copy


STEPS: list[tuple[int, Callable[[random.Random], Step]]] = [
    (9, _publisher),
    (9, lambda rng: ("publish", 1)),
    (4, lambda rng: ("publish", rng.randint(2, 6))),
    (5, lambda rng: ("publish_at", rng.choice([-1, 0, 0, 1, 2]))),
    (6, lambda rng: ("close",)),
    (2, lambda rng: ("kill",)),
    (1, lambda rng: ("remove",)),
    (3, _subscriber),
    (12, lambda rng: ("take", rng.randrange(SUBSCRIBERS))),
    (3, lambda rng: ("sample", rng.randrange(SUBSCRIBERS))),
    (8, lambda rng: ("newest", rng.randrange(SUBSCRIBERS))),
    (2, lambda rng: ("newest_sample", rng.randrange(SUBSCRIBERS))),
    (8, _drain),
    (12, _by_time),
    (2, lambda rng: ("look", rng.randrange(SUBSCRIBERS))),
    (1, lambda rng: ("fileno", rng.randrange(SUBSCRIBERS))),
]

PAYLOADS: list[tuple[int, Callable[[random.Random], Step]]] = [
    *STEPS,
    (8, lambda rng: ("publish", 1)),
    (7, lambda rng: ("lend",)),
    (6, lambda rng: ("return", rng.randrange(3), rng.choice(["publish", "publish", "drop"]))),
    (3, lambda rng: ("take_into", rng.randrange(SUBSCRIBERS))),
    (4, lambda rng: ("last", rng.randrange(SUBSCRIBERS), rng.randint(1, 5))),
    (10, lambda rng: ("view", rng.randrange(SUBSCRIBERS))),
    (7, lambda rng: ("give_back", rng.randrange(4))),
]
"""Of values that are no scalars."""


def random_script(rng: random.Random, kind: str) -> list[Step]:
    """One whose subscribers read a kind of _kinds."""
    weights, makers = zip(*(STEPS if kind == "int" else PAYLOADS), strict=True)
    script: list[Step] = [("values", kind)]
    script += [
        ("subscriber", n, rng.randint(0, 3), rng.random() < 0.5) for n in range(rng.randint(0, 2))
    ]
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
