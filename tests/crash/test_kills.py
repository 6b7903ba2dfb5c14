"""kill -9 of publishing processes at random moments, each followed by the next publisher."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.counts import KILLS, dice
from support.go import GoSubscriber
from support.peer import Peer
from support.waiting import until

from . import _victims

SECONDS = 20.0
"""Seconds until a new publisher's value counts as missing."""

Record = Callable[[str, object], None]


class Reader:
    """Reads and checks that generations and numbers only ever grow, and belong together."""

    def __init__(self, subscriber: Any) -> None:
        self._subscriber = subscriber
        self._last = 0
        self.reads = 0
        self.false_reads = 0

    def read(self) -> int:
        """Returns the generation read; 0 if nothing is published."""
        value, ok = self._subscriber.subscribe()
        self.reads += 1
        if not ok:
            assert value == -1
            self.false_reads += 1
            return 0
        assert value >= self._last, f"backwards: {self._last:#x}, then {value:#x}"
        assert value & 0xFFFF_FFFF, f"never published: {value:#x}"
        self._last = value
        return value >> 32

    def read_until(self, generation: int) -> float:
        """Reads until the generation's first value, and returns for how many seconds it did."""
        start = time.monotonic()
        while (found := self.read()) != generation:
            assert found < generation, f"{found} comes after {generation}"
            if time.monotonic() - start > SECONDS:
                pytest.fail(f"no value of publisher {generation} within {SECONDS} s")
        return time.monotonic() - start


@pytest.mark.timeout(60 + KILLS // 5)
def test_new_publishers_are_read_after_kills(
    peer: Peer, shm_dir: Path, record_property: Record
) -> None:
    random = dice()
    peer.call(_victims.warm_up)
    readers = [Reader(shm_pub_sub.Subscriber("topic", -1)), Reader(GoSubscriber("topic", -1))]
    slowest, began = 0.0, time.monotonic()
    for generation in range(1, KILLS + 1):
        buffer_num = random.choice([1, 2, 3, 10, 1000])
        pid = peer.call(_victims.publish_forever, "topic", 0, buffer_num, generation)
        slowest = max(slowest, *(reader.read_until(generation) for reader in readers))
        kill_at = time.monotonic() + random.uniform(0, 0.005)
        while time.monotonic() < kill_at:
            assert [reader.read() for reader in readers] == [generation] * 2
        peer.call(_victims.kill, pid)
        # It may look alive for a moment, with its last value and no other.
        assert all(reader.read() in (generation, 0) for reader in readers)
        assert [path.name for path in shm_dir.iterdir()] == ["shm_pub_sub.topic"]
    figures = {
        "kills": KILLS,
        "seconds": round(time.monotonic() - began, 2),
        "reads": [reader.reads for reader in readers],
        "slowest first value, s": round(slowest, 4),
    }
    print(figures)
    for name, figure in figures.items():
        record_property(name, figure)
    assert peer.output == ""
    shm_pub_sub.remove("topic")
    assert [reader.read() for reader in readers] == [0, 0]


@pytest.mark.timeout(60 + KILLS // 5)
def test_a_kill_at_any_moment_of_a_start_stops_nobody(peer: Peer, shm_dir: Path) -> None:
    """Also before there is a publisher, and in the middle of a take-over."""
    random = dice()
    peer.call(_victims.warm_up)
    reader = Reader(shm_pub_sub.Subscriber("topic", -1))
    generations = count(1)
    for _ in range(KILLS // 2):
        for _ in range(random.randint(1, 3)):
            generation = next(generations)
            pid = peer.call(_victims.publish_forever, "topic", 0, 3, generation)
            kill_at = time.monotonic() + random.uniform(0, 0.012)
            while time.monotonic() < kill_at:
                assert reader.read() <= generation
            peer.call(_victims.kill, pid)
            left = sorted(path.name for path in shm_dir.iterdir())
            # Between link and rename of a take-over it has two names.
            assert left in ([], ["shm_pub_sub.topic"], ["shm_pub_sub#topic", "shm_pub_sub.topic"])
        # All are dead: the next one must get the topic at once.
        with shm_pub_sub.Publisher("topic", 0, random.randint(1, 10)) as publisher:
            generation = next(generations)
            publisher.publish(generation << 32 | 1)
            # At once, except after a kill between unlink and link: then like any other death.
            reader.read_until(generation)
        assert reader.read() == 0
        assert not [*shm_dir.iterdir()]
    assert peer.output == ""


@pytest.mark.timeout(60 + KILLS // 5)
def test_publishers_of_other_types_in_between_do_no_harm(peer: Peer) -> None:
    random = dice()
    peer.call(_victims.warm_up)
    reader = Reader(shm_pub_sub.Subscriber("topic", -1))
    for generation in range(1, KILLS // 4 + 1):
        kind = random.choice([1, 2])
        pid = peer.call(_victims.publish_forever, "topic", kind, random.choice([1, 50]), generation)
        other = type(_victims.DEFAULTS[kind]).__name__
        with pytest.raises(TypeError, match=f"int.*{other}|{other}.*int"):
            reader.read_until(generation)
        peer.call(_victims.kill, pid)
        pid = peer.call(_victims.publish_forever, "topic", 0, random.choice([1, 50]), generation)
        until(lambda g=generation: reads(reader, g), "the next one of the subscriber's type")
        peer.call(_victims.kill, pid)
    assert peer.output == ""
    shm_pub_sub.remove("topic")


def reads(reader: Reader, generation: int) -> bool:
    try:
        return reader.read() == generation
    except TypeError:
        return False  # the dead one's, until the new one is there


@pytest.mark.timeout(60 + KILLS // 5)
def test_a_kill_at_any_moment_of_creation_and_close_stops_nobody(peer: Peer, shm_dir: Path) -> None:
    random = dice()
    peer.call(_victims.warm_up)
    slowest, delayed, seen = 0.0, 0, 0
    for turn in range(KILLS):
        topic = f"topic/{random.randint(1, 3)}"
        pid = peer.call(_victims.publish_and_close_forever, topic, random.getrandbits(32))
        subscriber = shm_pub_sub.Subscriber(topic, -1)
        if turn % 2:  # in its first steps, or in the middle of its work; on any machine
            until(lambda s=subscriber: s.subscribe() == (1, True), "its first value", 20)
            seen += 1
        kill_at = time.monotonic() + random.uniform(0.0, 0.015)
        while time.monotonic() < kill_at:
            found = subscriber.subscribe()
            assert found in ((-1, False), (1, True))
            seen += found[1]
        peer.call(_victims.kill, pid)
        with shm_pub_sub.Publisher(topic, 0) as publisher:
            publisher.publish(2)
            # At once, save after a kill in the middle of close(), between unlink and the notice to
            # subscribers: then like any other death.
            late = until(lambda s=subscriber: s.subscribe() == (2, True), "the next publisher", 5)
            slowest, delayed = max(slowest, late), delayed + (late > 0.01)
        assert subscriber.subscribe() == (-1, False)
        assert list(shm_dir.iterdir()) == []
    print(f"{delayed} of {KILLS} shown late, {slowest:.4f} s at worst; {seen} values read")
    assert seen > 0
    assert peer.output == ""
