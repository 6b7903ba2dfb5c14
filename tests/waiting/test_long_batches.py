"""Reading while a batch goes round the ring again and again."""

import array

from shm_pub_sub import Subscriber
from support import remote
from support.peer import Peer

VALUES = 5_000_000


def test_a_reader_sees_long_batches_go_by(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0, 3)
    with Subscriber("topic", 0) as newest, Subscriber("topic", 0) as stream:
        last, received, published, seen = 0, 0, 0, set[int]()
        into = array.array("q", [0] * 8)
        while len(seen) < 50:  # one batch may fit into another process's turn on the processor
            peer.begin(remote.publish_many, "topic", published + 1, published + VALUES)
            published += VALUES
            while not peer.has_answered():
                for _ in range(1000):
                    value, _ok = newest.subscribe()
                    assert value >= last
                    last = value
                    seen.add(value)
                received += stream.drain(into=into)
            peer.answer()
        received += len(stream.drain())
        assert newest.subscribe() == (published, True)
        assert received + stream.lost == published
