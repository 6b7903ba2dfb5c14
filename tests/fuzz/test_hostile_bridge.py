"""A bridge that sends rounds of any contents: this one goes on, and publishes what it may."""

import itertools
import os
import random
from pathlib import Path
from typing import Any

from shm_pub_sub import topics
from shm_pub_sub._network.clock import Clock
from shm_pub_sub._network.incoming import Incoming
from shm_pub_sub._network.link import Link
from shm_pub_sub._network.messages import (
    Description,
    Round,
    codec_of,
    pack_round,
    pack_value,
    pack_values,
    unpack_request,
)
from shm_pub_sub._network.options import Options
from support.counts import dice
from support.wire import damaged

ROUNDS = 10 * int(os.environ.get("SHM_PUB_SUB_EXAMPLES") or 100)
EDGES = [0, 1, 2, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
NAMES = [*"abcd", "e/f", "*", "", "/", "..", "x" * 300, "bridge/laptop/rtt", "\0", "\n"]
RAWS: dict[str, list[Any]] = {
    "int": [0, -1, 2**63 - 1],
    "bool": [True, False],
    '{"kind":"text","max":9}': [b"", b"abc", "ü".encode()],
    '{"kind":"array","dtype":"<u1","shape":[null,2],"max":3}': [b"", b"abcd"],
}
DESCRIPTORS = [*RAWS, *RAWS, "nonsense", "", '{"kind":"text","max":9', "int\0"]
MOST = 3
"""Topics that this bridge receives at most."""


class Hostile:
    """Makes rounds, of which most make sense."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.ids, self.numbers = itertools.count(10), itertools.count(1)
        self.known: dict[int, Description] = {}

    def rarely(self) -> bool:
        return self.chance.random() < 0.03

    def number(self, usual: int) -> int:
        return self.chance.choice(EDGES) if self.rarely() else usual

    def description(self) -> Description:
        choice = self.chance.choice
        sizes = self.number(3), self.number(choice([0, 2])), self.number(choice([0, 1]))
        flags = choice([True, False]), choice([True, False])
        metadata = choice([{}, {"unit": "m"}, {"fields": {"x": {}}}])
        name, first = choice(NAMES), self.number(self.chance.randrange(3))
        return Description(name, first, choice(DESCRIPTORS), *flags, *sizes, metadata)

    def message(self, number: int, now_ns: int) -> bytes:
        """Return a value of a publisher, or several."""
        about, chance = self.known.get(number), self.chance
        descriptor = about.descriptor if about and not self.rarely() else chance.choice([*RAWS])
        if descriptor not in RAWS or self.rarely():
            return chance.randbytes(16)
        raws = chance.choices(RAWS[descriptor], k=chance.choice([1, 1, 2, 5]))
        last, time_ns = self.number(next(self.numbers)), self.number(now_ns)
        first = self.number(about.incarnation if about else 0)
        codec = codec_of(descriptor)
        if len(raws) == 1:
            return pack_value(codec, raws[0], last, time_ns, first)
        return pack_values(codec, raws, last, [time_ns] * len(raws), first)

    def id(self) -> int:
        known = [*self.known]
        return self.number(self.chance.choice(known)) if known else self.chance.randrange(9)

    def round(self, now_ns: int) -> Round:
        chance, ends, descriptions = self.chance, [], []
        if self.known and chance.random() < 0.3:
            ends.append((self.id(), self.number(chance.randrange(30))))
            self.known.pop(ends[0][0], None)
        for _ in range(chance.choice([0, 0, 1, 3])):
            each = self.number(next(self.ids))
            descriptions.append((each, self.description()))
            self.known[each] = descriptions[-1][1]
        updates = [
            (each, self.message(each, now_ns))
            for each in [self.id() for _ in range(chance.randrange(5) if self.known else 0)]
        ]
        arrived, replied = self.number(now_ns), self.number(now_ns)
        complete = chance.random() < 0.7
        return Round(0, 0, arrived, replied, complete, ends, descriptions, updates)


def incoming_of(folder: Path, clock: Clock, **options: Any) -> Incoming:
    where = {"connect": ("tcp/127.0.0.1:1",), "directory": folder, "max_topics": MOST}
    return Incoming(Options(name="laptop", **{"receive": "*", **where, **options}), clock)


def test_names_that_look_like_patterns_change_no_pattern(tmp_path: Path) -> None:
    incoming = incoming_of(
        tmp_path, Clock(), receive=["robot*", "a*"], exclude=["*secret*", "a[1]"]
    )
    for name in ("robot*", "*secret*", "a[1]"):
        assert incoming.chooses(name) == (name == "robot*")
    assert incoming.chooses("robot/speed")
    assert not incoming.chooses("robot/secret")
    assert not incoming.chooses("a1")
    assert incoming.chooses("a2")


def test_any_rounds_are_applied_or_refused(tmp_path: Path) -> None:
    chance = dice()
    hostile, clock = Hostile(chance), Clock()
    incoming = incoming_of(tmp_path, clock)
    link = Link("robot", incoming, itertools.count(1).__next__)
    applied = 0
    for _ in range(ROUNDS):
        request = unpack_request(link.request(clock.now_ns()))
        if request.round == 0:
            hostile.known.clear()
        found = hostile.round(clock.now_ns())
        answer = pack_round(found._replace(session=request.session, round=request.round))
        if hostile.rarely():
            answer = bytes(damaged(answer, chance))
        link.answer(answer, clock.now_ns())
        incoming.retry(clock.now_ns() + 10**10)
        applied += link.is_connected
        alive = [info for info in topics(directory=tmp_path) if info.alive]
        assert len(alive) == incoming.open <= MOST
        counts = incoming.received, incoming.skipped, incoming.lost, incoming.refused
        assert min(counts) >= 0
    assert applied > ROUNDS // 3
    assert incoming.received > ROUNDS // 20
    assert all(info.bridged for info in alive)
    link.close()
    assert (incoming.open, incoming.kept, incoming.waiting) == (0, 0, set())
    assert not [info for info in topics(directory=tmp_path) if info.alive]
