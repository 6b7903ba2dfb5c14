"""Several waiters, publishers that restart: no wake-up is missed or late."""

from collections.abc import Callable

import pytest
from crash import _victims
from support.counts import WAITS, dice
from support.peer import NewPeer

from . import _ping_pong
from ._lateness import Figures

WAITERS = 3
GENERATION = 500
"""Values of one publisher."""

Record = Callable[[str, object], None]


@pytest.mark.timeout(120 + WAITS // 2000)
def test_no_wake_up_is_missed_across_restarts(new_peer: NewPeer, record_property: Record) -> None:
    random = dice()
    publishers, waiters = new_peer(), [new_peer() for _ in range(WAITERS)]
    publishers.call(_victims.warm_up)
    # Two waits for each answer, except answers that came before the wait.
    generations = max(4, WAITS // (WAITERS * GENERATION))
    last = generations * GENERATION
    answers = [f"answers/{n}" for n in range(WAITERS)]
    for waiter, topic in zip(waiters, answers, strict=True):
        waiter.begin(_ping_pong.answer, "topic", topic, last, topic == answers[-1])
    figures = Figures()
    for first in range(1, last, GENERATION):
        values, size = range(first, first + GENERATION), random.choice([1, 2, 3, 10, 1000])
        kill = values[-1] < last and random.random() < 0.5
        arguments = random.random() < 0.5, "topic", answers, values, size, kill
        figures.add(publishers.call(_ping_pong.publish_generation, *arguments, timeout=120))
    for waiter in waiters:
        found, lost = waiter.answer(60)
        assert lost == 0
        figures.add(found)
    missed = figures.unexplained()
    record_property("waits", figures.waits)
    record_property("restarts", generations - 1)
    record_property("latest, s", round(figures.worst, 4))
    print(f"{figures.waits} waits, the latest {figures.worst:.4f} s; {len(figures.late)} late,")
    print(f"{len(figures.stalls)} stalls of the machine, not explained: {missed}")
    assert missed == [], "missed, or late by most of a slice"
    assert figures.waits > WAITS // 2, "they hardly ever had to wait"
    assert publishers.output == ""
