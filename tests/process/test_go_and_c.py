"""The protocol exists twice, in Go and in C: every pairing of writer and reader."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shm_pub_sub
from support.go import GoPublisher, GoSubscriber
from support.peer import NewPeer, Peer
from support.values import DEFAULTS, EDGES, bits
from support.waiting import until

from . import _remote_go
from ._mirrored import MIRRORED
from ._spinning import check_reads

WRITERS: dict[str, Any] = {"Go": GoPublisher, "C": shm_pub_sub.Publisher}
ENOUGH = 500
"""Different values that a reader must see while another process writes."""

READERS: dict[str, Any] = {"Go": GoSubscriber, "C": shm_pub_sub.Subscriber}

each_type = pytest.mark.parametrize("kind", [bool, int, float])
each_writer = pytest.mark.parametrize("writer", WRITERS)
each_reader = pytest.mark.parametrize("reader", READERS)
each_depth = pytest.mark.parametrize("buffer_num", [1, 2, 3, 10])


@pytest.fixture
def opened() -> Iterator[Callable[[Any], Any]]:
    """opened(x): x, which is closed at the end of the test."""
    things: list[Any] = []

    def note(thing: Any) -> Any:
        things.append(thing)
        return thing

    yield note
    for thing in reversed(things):
        thing.close()


@each_type
@each_writer
@each_reader
def test_reader_in_the_writers_process(
    kind: type, writer: str, reader: str, opened: Callable[[Any], Any]
) -> None:
    default = DEFAULTS[kind]
    early = opened(READERS[reader]("topic", default))
    publisher = opened(WRITERS[writer]("topic", default))
    assert early.subscribe() == (default, False)
    for value in EDGES[kind]:
        publisher.publish(value)
        late = READERS[reader]("topic", default)
        for subscriber in (early, late):
            found, ok = subscriber.subscribe()
            assert (bits(found), ok) == (bits(value), True)
        late.close()
    publisher.close()
    assert early.subscribe() == (default, False)


@each_type
@each_writer
@each_reader
def test_reader_in_another_process(peer: Peer, kind: type, writer: str, reader: str) -> None:
    default = DEFAULTS[kind]
    peer.call(_remote_go.open_subscriber, reader, default)
    publisher = WRITERS[writer]("topic", default)
    for value in EDGES[kind]:
        publisher.publish(value)
        found, ok = peer.call(_remote_go.subscribe)
        assert (bits(found), ok) == (bits(value), True)
    publisher.close()
    assert peer.call(_remote_go.subscribe) == (default, False)
    peer.call(_remote_go.close)


@each_writer
@each_reader
@each_depth
def test_slots_are_used_again_and_again(
    writer: str, reader: str, buffer_num: int, opened: Callable[[Any], Any]
) -> None:
    publisher = opened(WRITERS[writer]("topic", 0, buffer_num))
    subscriber = opened(READERS[reader]("topic", 0))
    for value in range(5 * (buffer_num + 1)):
        publisher.publish(value)
        assert subscriber.subscribe() == (value, True)
    # A reader that missed several rounds.
    for value in range(1000, 1000 + 7 * (buffer_num + 1)):
        publisher.publish(value)
    assert subscriber.subscribe() == (value, True)


@pytest.mark.parametrize("kind", MIRRORED)
@pytest.mark.parametrize("buffer_num", [1, 3])
@each_writer
@each_reader
def test_reader_spins_while_another_process_writes(
    peer: Peer, writer: str, reader: str, buffer_num: int, kind: type
) -> None:
    peer.call(_remote_go.open_publisher, writer, MIRRORED[kind].default, buffer_num)
    subscriber = READERS[reader]("topic", MIRRORED[kind].default)
    with shm_pub_sub.Publisher("seen", 0) as progress:
        peer.begin(_remote_go.publish_until_seen, kind, ENOUGH)
        last, seen = 0, 0
        while not peer.has_answered():
            for _ in range(1000):
                number = check_reads(subscriber, MIRRORED[kind], last)
                if number is not None and number != last:
                    last, seen = number, seen + 1
                    progress.publish(seen)
        written = peer.answer()
    assert check_reads(subscriber, MIRRORED[kind], last) == written
    subscriber.close()
    peer.call(_remote_go.close)


@each_writer
@each_reader
def test_reader_follows_from_a_killed_writer_to_the_next(
    new_peer: NewPeer, opened: Callable[[Any], Any], writer: str, reader: str
) -> None:
    subscriber = opened(READERS[reader]("topic", -1))
    for next_writer in (*WRITERS, writer):
        peer = new_peer()
        peer.call(_remote_go.open_publisher, writer, 0, 3)
        peer.call(_remote_go.publish, 1)
        assert subscriber.subscribe() == (1, True)
        peer.kill()
        until(lambda: subscriber.subscribe() == (-1, False), "the death is noticed")
        publisher = WRITERS[next_writer]("topic", 0, 10)
        publisher.publish(2)
        assert subscriber.subscribe() == (2, True)
        publisher.close()
        assert subscriber.subscribe() == (-1, False)


@each_type
@each_reader
@each_writer
def test_retained_value_is_read_after_the_writers_end(
    peer: Peer, opened: Callable[[Any], Any], kind: type, writer: str, reader: str
) -> None:
    default, value = DEFAULTS[kind], EDGES[kind][-1]
    peer.call(_remote_go.open_publisher, writer, default, 3, True)
    early = opened(READERS[reader]("topic", default))
    peer.call(_remote_go.publish, value)
    peer.call(_remote_go.close)
    for subscriber in (early, opened(READERS[reader]("topic", default))):
        assert subscriber.subscribe() == (value, True)
    shm_pub_sub.remove("topic")
    assert early.subscribe() == (default, False)


@each_writer
def test_go_and_c_refuse_each_others_topics(writer: str, opened: Callable[[Any], Any]) -> None:
    opened(WRITERS[writer]("topic", 0))
    with pytest.raises(shm_pub_sub.ExistsError):
        shm_pub_sub.Publisher("topic", 0)
    with pytest.raises(RuntimeError, match=r"^exists\n"):
        GoPublisher("topic", 0)
    with pytest.raises(TypeError, match="float"):
        shm_pub_sub.Subscriber("topic", 0.0)
    with pytest.raises(RuntimeError, match=r"^type\n.*float"):
        GoSubscriber("topic", 0.0)


def test_no_go_object_is_left(opened: Callable[[Any], Any]) -> None:
    from shm_pub_sub import _extension  # noqa: PLC0415

    before = _extension.load().NumHandles()
    with GoPublisher("topic", 0) as publisher, GoSubscriber("topic", 0) as subscriber:
        publisher.publish(1)
        assert subscriber.subscribe() == (1, True)
    assert _extension.load().NumHandles() == before
