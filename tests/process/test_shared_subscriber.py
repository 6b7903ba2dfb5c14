"""A subscriber that threads share, and that two of them attach at the same time."""

import logging
import threading
from collections.abc import Iterator

import pytest
import shm_pub_sub
from shm_pub_sub._extension import load
from support import remote
from support.peer import NewPeer

DEADLINE = 30


class Gate(logging.Handler):
    """Delays one thread that is attaching until another has logged that it attached."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on, self.done = (threading.Event() for _ in range(3))
        self._ask = load().bind_Attach
        self.held_up: threading.Thread | None = None

    def attach(self, *topic: str) -> str:
        answer: str = self._ask(*topic)
        if threading.current_thread() is self.held_up:
            self.asked.set()
            assert self.go_on.wait(DEADLINE)
        return answer

    def emit(self, record: logging.LogRecord) -> None:
        if "attached" in record.getMessage():
            self.go_on.set()
            assert self.done.wait(DEADLINE)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(load(), "bind_Attach", gate.attach)
    logger = logging.getLogger("shm_pub_sub")
    logger.addHandler(gate)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield gate
    logger.setLevel(level)
    logger.removeHandler(gate)


def test_what_a_slow_thread_found_replaces_nothing_newer(new_peer: NewPeer, gate: Gate) -> None:
    """The slow one has opened a dead publisher's file, the fast one its successor's."""
    subscriber: shm_pub_sub.Subscriber[int] | None = None
    for value in (1, 2):
        peer = new_peer()
        peer.call(remote.make_publisher, "topic", 0)
        peer.call(remote.publish, "topic", value)
        subscriber = subscriber or shm_pub_sub.Subscriber("topic", -1)
        peer.kill()
    assert subscriber is not None
    found: list[tuple[int, bool]] = []

    def read() -> None:
        found.append(subscriber.subscribe())
        gate.done.set()

    gate.held_up = threading.Thread(target=read)
    gate.held_up.start()
    assert gate.asked.wait(DEADLINE)
    with shm_pub_sub.Publisher("topic", 0, 7) as publisher:
        publisher.publish(3)
        assert subscriber.subscribe() == (3, True)
        gate.held_up.join()
        assert found == [(3, True)]
        assert subscriber.subscribe() == (3, True)
        assert subscriber.buffer_num == 7
    subscriber.close()
