"""Several bridges, in one process: both ways, rings, prefixes, one name on two machines, clocks."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub import Publisher, Subscriber, topics
from shm_pub_sub._network import clock
from shm_pub_sub.network import Bridge
from support.waiting import until


class Place:
    """A machine's topics, and where its bridge listens."""

    def __init__(self, name: str, directory: Path, endpoint: str, made: ExitStack) -> None:
        directory.mkdir()
        self.name, self.directory, self.endpoint, self._made = name, directory, endpoint, made

    def bridge(self, **options: Any) -> Bridge:
        made = Bridge(name=self.name, directory=self.directory, **options)
        return self._made.enter_context(made)

    def publisher(self, topic: str, default: Any = 0, **options: Any) -> "Publisher[Any]":
        made = Publisher(topic, default, directory=self.directory, **options)
        return self._made.enter_context(made)

    def subscriber(self, topic: str, default: Any = 0) -> "Subscriber[Any]":
        return self._made.enter_context(Subscriber(topic, default, directory=self.directory))

    def names(self) -> set[str]:
        """The topics that are there, but for its bridge's own."""
        found = topics(directory=self.directory)
        return {
            topic.name for topic in found if topic.alive and not topic.name.startswith("bridge/")
        }


@pytest.fixture
def places(shm_dir: Path, tmp_path: Path) -> Iterator[Callable[[str], list[Place]]]:
    """places("abc"): a place for each letter."""
    made: list[Place] = []
    with ExitStack() as stack:

        def make(names: str) -> list[Place]:
            for name in names:
                endpoint = f"unixsock-stream/{tmp_path}/{name}"
                made.append(Place(name, shm_dir / name, endpoint, stack))
            return made

        yield make
    for place in made:
        if not any(place.directory.iterdir()):  # shm_dir reports what is left
            place.directory.rmdir()


def wait_for(subscriber: "Subscriber[Any]", value: Any) -> None:
    until(lambda: subscriber.subscribe() == (value, True), str(value))


def test_both_ways_with_prefixes(places: Any) -> None:
    """What was received is not sent back."""
    a, b = places("ab")
    both = {"send": "*", "receive": "*", "prefix": "{source}/"}
    bridges = [a.bridge(listen=a.endpoint, **both), b.bridge(connect=a.endpoint, **both)]
    of_a, of_b = a.publisher("speed"), b.publisher("speed")
    at_a, at_b = a.subscriber("b/speed"), b.subscriber("a/speed")
    for value in 1, 2:
        of_a.publish(value)
        of_b.publish(10 * value)
        wait_for(at_a, 10 * value)
        wait_for(at_b, value)
    assert a.names() == {"speed", "b/speed"}
    assert b.names() == {"speed", "a/speed"}
    assert [bridge.received for bridge in bridges] == [2, 2]
    assert [bridge.sent for bridge in bridges] == [2, 2]
    of_a.close()
    until(lambda: not at_b.subscribe()[1])
    wait_for(at_a, 20)


def test_a_ring_of_three(places: Any) -> None:
    """Each hears each topic once, from the one that publishes it."""
    ring = places("abc")
    bridges = [
        place.bridge(listen=place.endpoint, connect=ring[n - 1].endpoint, send="*", receive="*")
        for n, place in enumerate(ring)
    ]
    publishers = [place.publisher(place.name) for place in ring]
    heard = [
        (publisher, [place.subscriber(name) for place in ring])
        for publisher, name in zip(publishers, "abc", strict=True)
    ]
    for value in 1, 2, 3:
        for publisher, everywhere in heard:
            publisher.publish(value)
            for subscriber in everywhere:
                wait_for(subscriber, value)
    assert [place.names() for place in ring] == [{"a", "b", "c"}] * 3
    for bridge in bridges:
        assert (bridge.received, bridge.sent, bridge.refused) == (6, 6, 0)


def test_both_machines_publish_one_name(places: Any) -> None:
    """The local publisher goes first; the other machine's takes over at its end."""
    a, b = places("ab")
    here, there = a.publisher("speed"), b.publisher("speed")
    here.publish(1)
    there.publish(2)
    at_a, at_b = a.subscriber("speed"), b.subscriber("speed")
    bridge = a.bridge(listen=a.endpoint, send="*", receive="*")
    other = b.bridge(connect=a.endpoint, send="*", receive="*")
    until(lambda: bridge.refused >= 1 and other.refused >= 1)
    there.publish(3)
    until(lambda: bridge.refused >= 2)
    assert (at_a.subscribe(), at_b.subscribe()) == ((1, True), (3, True))
    here.close()
    wait_for(at_a, 3)  # tried again, once a second
    there.publish(4)
    wait_for(at_a, 4)
    wait_for(at_b, 4)
    assert other.received == 0


def test_max_topics(places: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A topic beyond them is refused, and comes when another one has ended."""
    a, b = places("ab")
    publishers = [a.publisher(f"topic/{number}") for number in range(3)]
    a.bridge(listen=a.endpoint, send="*")
    bridge = b.bridge(connect=a.endpoint, receive="*", max_topics=2)
    for publisher in publishers:
        publisher.publish(7)
    until(lambda: bridge.received == 2 and bridge.refused >= 1)
    there = b.names()
    assert len(there) == 2
    assert "there are 2 received topics, the most allowed" in caplog.text
    (beyond,) = {f"topic/{number}" for number in range(3)} - there
    publishers[int(min(there)[-1])].close()
    wait_for(b.subscriber(beyond), 7)
    assert len(b.names()) == 2


def test_the_wall_clock_is_stepped(places: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an hour, forwards and backwards, while bridges run and between their starts."""
    hour = 3600 * 10**9
    step = 0
    stepped = SimpleNamespace(
        time_ns=lambda: time.time_ns() + step * hour, monotonic_ns=time.monotonic_ns
    )
    monkeypatch.setattr(clock, "time", stepped)
    a, b = places("ab")
    publisher, subscriber = a.publisher("speed"), b.subscriber("speed")
    received = b.bridge(connect=a.endpoint, receive="*")
    numbers = itertools.count(1)
    last = 0
    for first in 0, 1, -1:
        step = first
        sends = a.bridge(listen=a.endpoint, send="*")
        for moved in 0, 1, -1:
            step = first + moved
            publisher.publish(number := next(numbers))
            wait_for(subscriber, number)
            sample = subscriber.sample()
            assert sample is not None
            assert last < sample.time_ns < time.monotonic_ns()
            assert time.monotonic_ns() - sample.time_ns < 10 * 10**9
            last = sample.time_ns
        sends.close()
        until(lambda: not subscriber.subscribe()[1])
    assert received.refused == 0
