"""Publishing as fast as possible against spinning readers in other processes."""

import time
from collections.abc import Callable

import pytest
import shm_pub_sub
from support.peer import NewPeer, Peer
from support.waiting import until

from . import _spinning
from ._mirrored import MIRRORED

MILLION = 1_000_000
ENOUGH = 2_000
"""Different values that each reader must have seen, to show that it did spin meanwhile.

On a quiet machine that is nothing beside a million; on a busy one, where both hardly ever run at
once, it takes some seconds.
"""


@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("buffer_num", [1, 3, 10])
def test_a_spinning_reader_sees_nothing_torn_and_nothing_backwards(
    peer: Peer, kind: type, buffer_num: int, record_property: Callable[[str, object], None]
) -> None:
    peer.begin(_spinning.spin, "topic", kind)
    seen = shm_pub_sub.Subscriber("topic/seen", 0)
    newest = shm_pub_sub.Subscriber("topic/last", 0)
    until(lambda: seen.subscribe() == (0, True), "the reader spins")
    with shm_pub_sub.Publisher("topic", MIRRORED[kind].default, buffer_num) as publisher:
        start = time.monotonic()
        written = _spinning.write_until(publisher, MIRRORED[kind], MILLION, seen, ENOUGH)
        record_property("seconds", time.monotonic() - start)
        until(lambda: newest.subscribe() == (written, True), "the reader sees the last value")
    distinct, last, reads = peer.answer()
    assert last == written
    assert distinct >= ENOUGH
    for name, figure in {"written": written, "distinct": distinct, "reads": reads}.items():
        record_property(name, figure)


def test_two_readers_spin_on_one_topic(new_peer: NewPeer) -> None:
    peers = [new_peer() for _ in range(2)]
    for peer in peers:
        peer.call(_spinning.open_spinner, "topic")
    with shm_pub_sub.Publisher("topic", 0, 2) as publisher:
        for peer in peers:
            peer.begin(_spinning.spin_until, ENOUGH)
        number = 0
        end = time.monotonic() + _spinning.SECONDS
        while not all(peer.has_answered() for peer in peers):
            for k in range(number + 1, number + 1001):
                publisher.publish(MIRRORED[int].value(k))
            number += 1000
            assert time.monotonic() < end
        for peer in peers:
            assert 0 < peer.answer() <= number


@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("buffer_num", [1, 3])
def test_a_read_after_a_publish_returns_that_value(kind: type, buffer_num: int) -> None:
    default = kind(-1)
    with shm_pub_sub.Publisher("topic", default, buffer_num) as publisher:
        publish, read = publisher.publish, shm_pub_sub.Subscriber("topic", default).subscribe
        wrong = 0
        for number in range(MILLION):
            publish(number)
            wrong += read() != (number, True)
        assert wrong == 0
