"""The sending side without threads, topics and messages, by a clock that the test moves."""

from typing import NamedTuple

from shm_pub_sub._network.messages import Request
from shm_pub_sub._network.sending import SILENCE, Sending

LEASE = 2.0


class Asked(NamedTuple):
    arrived_ns: int


def test_receivers_that_are_there_are_not_forgotten_while_an_answer_takes_its_time() -> None:
    now = 0
    sending = Sending(lambda: now, 1, lease=LEASE)
    sending.there = {"slow"}

    def ask(name: str, number: int) -> bool:
        request = Request(1, number, now, name, ("*",), ()) if number == 0 else None
        query = Asked(now)
        refused = sending.request(request or Request(1, number, now, name, None, None), query)
        return not refused

    for name in "slow", "gone":
        assert ask(name, 0)
    now += round(LEASE * 1e9)
    assert len([*sending.answers()]) == 2
    now += round((SILENCE + 1) * LEASE * 1e9)
    sending.forget_silent()
    assert {*sending.sessions} == {"slow"}
    assert ask("slow", 1)
    assert not ask("gone", 1)
