"""Random histories of topics, links and receivers: what comes is right, and complete."""

from __future__ import annotations

import os
from random import Random

import pytest
from shm_pub_sub._network import incoming
from support.counts import dice

from ._world import MS, Receiving, SendingSide, World

HISTORIES = int(os.environ.get("SHM_PUB_SUB_NETWORK_HISTORIES") or 60)
"""Random histories of each kind."""
NAMES = [f"topic/{number}" for number in range(4)]
EVERY = NAMES[:2]


def act(world: World, side: SendingSide) -> None:
    """One thing that a program at the sender does."""
    name = world.dice.choice(NAMES)
    topic = side.topics.get(name)
    what = world.dice.random()
    if topic is None or topic.life is None:
        if topic is not None and what < 0.2:
            side.remove(name)
        elif what < 0.6:
            kind = world.dice.choice(["int", "float"])
            side.begin(name, kind, name in EVERY, world.dice.random() < 0.3)
    elif what < 0.08:
        side.end(name)
    else:
        side.publish(name)


def history(rolls: Random, loss: float, restarts: bool) -> tuple[SendingSide, list[Receiving]]:
    """Let things happen, and then let all links work until nothing is under way."""
    world = World(rolls)
    side = SendingSide(world)
    delays = [rolls.choice([MS // 10, MS, 20 * MS]) for _ in range(2)]
    receivers = [
        Receiving(world, side, f"laptop{number}", delay, loss)
        for number, delay in enumerate(delays)
    ]
    world.run(200 * MS)  # they are there before any topic
    for _ in range(rolls.randrange(10, 300)):
        world.run(world.now + rolls.randrange(rolls.choice([MS // 10, 10 * MS, 100 * MS])))
        act(world, side)
        if restarts and rolls.random() < 0.02:
            rolls.choice(receivers).restart()
    for receiving in receivers:
        receiving.loss = 0.0
    world.run(world.now + 10_000 * MS)
    return side, receivers


def check_end(side: SendingSide, receiving: Receiving) -> None:
    """All topics are here that are there, each with its newest value; and no others."""
    there = {name: topic for name, topic in side.topics.items() if topic.life is not None}
    found = receiving.log.open
    assert found.keys() >= there.keys()
    for name, topic in there.items():
        assert found[name].k == topic.k
        assert (found[name].numbers or [0])[-1] == topic.n
    for name in found.keys() - there.keys():
        assert name in side.topics, "back from the dead"
        assert found[name].is_retained


def check_counts(side: SendingSide, receiving: Receiving) -> None:
    """Nothing is counted twice, or not at all, of the publishers that were heard of."""
    counted = receiving.incoming
    assert counted.refused == 0
    published = sum(side.published[k] for k in receiving.log.heard)
    assert counted.received + counted.skipped + counted.lost == published
    assert counted.lost == 0


def check_times(side: SendingSide, receiving: Receiving) -> None:
    """Values have the times of their publication, as well as two clocks can be compared."""
    for k, n, at in receiving.log.times:
        assert abs(at - side.times[k, n]) <= receiving.delay


@pytest.fixture(autouse=True)
def fake_publishers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "raw_publisher", None)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("loss", [0.0, 0.05, 0.3])
def test_all_histories_end_well(loss: float, restarts: bool) -> None:
    rolls = dice()
    for _ in range(HISTORIES):
        seed = rolls.randrange(2**32)
        print("history", seed)
        side, receivers = history(Random(seed), loss, restarts)
        for receiving in receivers:
            check_end(side, receiving)
            if not loss and not restarts:
                check_counts(side, receiving)
                check_times(side, receiving)
            assert receiving.incoming.kept == 0
