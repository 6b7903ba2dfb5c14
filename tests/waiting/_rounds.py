"""What Peers do in tests of align(): they publish sets, one round at a time."""

import random
import time
from typing import Any

from shm_pub_sub import Publisher, Subscriber, align

CAMERA_BYTES = 200_000


def publish_rounds(topics: list[str], acknowledged: str, count: int, seed: int) -> None:
    """Publish one value of each topic, in any order, whenever the last set was acknowledged."""
    chance = random.Random(seed)
    publishers = [Publisher(topic, 0, 8, mode=0o644) for topic in topics]
    with Subscriber(acknowledged, 0) as answers:
        for number in range(1, count + 1):
            for publisher in chance.sample(publishers, len(publishers)):
                publisher.publish(number)
                if chance.random() < 0.3:
                    time.sleep(chance.random() / 5000)
            while answers.recv(30) != number:
                pass
    for publisher in publishers:
        publisher.close()


def take_rounds(topics: list[str], acknowledge: str, count: int) -> float:
    """Take a set for each round and acknowledge it; return the seconds that all took."""
    subscribers = [Subscriber(topic, 0) for topic in topics]
    start = time.monotonic()
    with Publisher(acknowledge, 0, mode=0o644) as answers:
        aligned = align(subscribers, tolerance=60)
        for number in range(1, count + 1):
            found: tuple[Any, ...] = aligned.recv(30)
            assert [sample.value for sample in found] == [number] * len(topics)
            answers.publish(number)
    assert aligned.dropped == (0,) * len(topics)
    return time.monotonic() - start


def publish_frames(topic: str, done: str) -> int:
    """Publish frames without a pause, all of whose bytes are its number's last one."""
    number = 0
    with (
        Publisher(topic, b"", 8, max_size=CAMERA_BYTES, mode=0o644) as publisher,
        Subscriber(done, 0) as end,
    ):
        while not end.subscribe()[1]:
            number += 1
            publisher.publish(bytes([number % 256]) * CAMERA_BYTES)
    return number


def take_frames(topics: list[str], copy: bool, count: int) -> int:
    """Take sets of whole frames; return how many views had to be copies."""
    subscribers = [Subscriber(topic, b"", copy=copy) for topic in topics]
    newest = [0] * len(topics)
    aligned = align(subscribers, tolerance=60)
    for _ in range(count):
        found: tuple[Any, ...] = aligned.recv(30)
        for place, sample in enumerate(found):
            assert len(sample.value) == CAMERA_BYTES
            assert bytes(sample.value) == bytes([sample.sequence % 256]) * CAMERA_BYTES
            assert sample.time_ns > newest[place]
            newest[place] = sample.time_ns
        del found, sample
    return sum(subscriber.copied for subscriber in subscribers)
