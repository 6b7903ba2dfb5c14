"""Receivers that ask for anything, in any order: the sender goes on, and serves the others."""

import os
import random
from typing import Any

from shm_pub_sub import Publisher
from shm_pub_sub._network.clock import Clock
from shm_pub_sub._network.messages import Request, pack_request, unpack_round
from shm_pub_sub._network.options import is_name
from shm_pub_sub._network.sender import Sender
from support.counts import dice
from support.wire import damaged

from ._asking import Asking, Query, options

REQUESTS = 30 * int(os.environ.get("SHM_PUB_SUB_EXAMPLES") or 100)
EDGES = [0, 1, 2, 2**32, 2**63, 2**64 - 1]
NAMES = ["evil", "evil", "", "*", "a/b", "\0", "x" * 1000]
PATTERNS = ["*", "topic/1", "[", "[!", "**[a-", "\0", "?" * 200, "*a" * 100, "topic/*", "none"]


def request(chance: random.Random, now_ns: int) -> bytes:
    """Return a request, of which many are the next ones of their session."""
    number = chance.choice([*range(9), *EDGES])
    words: Any = tuple(chance.choices(PATTERNS, k=chance.randrange(4)))
    first = number == 0 or chance.random() < 0.1
    session, name = chance.choice([1, 1, 1, 2, 2**64 - 1]), chance.choice(NAMES)
    asked = Request(session, number, chance.choice([now_ns, *EDGES]), name, None, None)
    if first and chance.random() < 0.9:
        asked = asked._replace(patterns=words, excluded=tuple(chance.choices(PATTERNS, k=2)))
    found = pack_request(asked)
    return bytes(damaged(found, chance)) if chance.random() < 0.2 else found


def answers(query: Query) -> int:
    """Return whether a request got an answer, before its end."""
    found = [query.replies.get_nowait() for _ in range(query.replies.qsize())]
    *answered, end = found
    assert end is None
    for each in answered:
        assert each is not None
        unpack_round(each[0])
    assert len(answered) <= 1
    return len(answered)


def test_a_good_receiver_is_served_beside_hostile_ones() -> None:
    chance, clock = dice(), Clock()
    sender = Sender(options(lease=20.0), clock, "robot")
    sender.start()
    queries: list[Query] = []
    try:
        good = Asking(sender)
        with Publisher("topic/1", 0) as one, Publisher("topic/2", 0):
            for value in range(1, REQUESTS + 1):
                payload = request(chance, clock.now_ns())
                queries.append(Query(payload, "round", clock.now_ns()))
                sender.on_request(queries[-1])
                if value % 10 == 0:
                    one.publish(value)
                    while value not in good.of("topic/1"):
                        assert good.round() is not None
            assert {"laptop", "evil"} <= {*sender.receivers}
            assert all(map(is_name, sender.receivers))
    finally:
        sender.stop()
        sender.join(10.0)
    assert not sender.is_alive()
    assert sender.error is None
    assert sum(map(answers, queries)) > REQUESTS // 100
