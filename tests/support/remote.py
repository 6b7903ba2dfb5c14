"""What a Peer does with publishers and subscribers, by the names of their topics."""

import array
import time
from collections import deque
from typing import Any

import shm_pub_sub

from .go import GoPublisher

BATCH = 997

publishers: dict[str, shm_pub_sub.Publisher[Any]] = {}
subscribers: dict[str, shm_pub_sub.Subscriber[Any]] = {}


def make_publisher(
    topic: str, default: Any, buffer_num: int = 3, retain: bool = False, replace: bool = False
) -> None:
    publishers[topic] = shm_pub_sub.Publisher(
        topic, default, buffer_num, retain=retain, replace=replace
    )


def publish(topic: str, *values: Any) -> None:
    for value in values:
        publishers[topic].publish(value)


def publish_many(topic: str, first: int, last: int) -> None:
    """All from first to last, in one batch."""
    publishers[topic].publish_many(array.array("q", range(first, last + 1)))


def close_publisher(topic: str) -> None:
    publishers.pop(topic).close()


def make_subscriber(topic: str, default: Any, history: int = 1) -> None:
    subscribers[topic] = shm_pub_sub.Subscriber(topic, default, history=history)


def close_subscriber(topic: str) -> None:
    subscribers.pop(topic).close()


def subscribe(topic: str) -> tuple[Any, bool]:
    return subscribers[topic].subscribe()


def publisher_alive(topic: str) -> bool:
    return subscribers[topic].publisher_alive


def publish_numbers(way: str, topic: str, buffer_num: int, last: int) -> None:
    """Publishes 1 to last as fast as it goes, and stays open."""
    make: Any = GoPublisher if way == "Go" else shm_pub_sub.Publisher
    publishers[topic] = publisher = make(topic, 0, buffer_num)
    if way == "C, in batches":
        for first in range(1, last + 1, BATCH):
            publisher.publish_many(range(first, min(first + BATCH, last + 1)))
    else:
        deque(map(publisher.publish, range(1, last + 1)), maxlen=0)


def receive_up_to(topic: str, last: int, timeout: float) -> tuple[int, int, int]:
    """Receives numbers that were published from 1 on, checks that they are in order and each gap
    is what `lost` says. Returns how many were received, lost, and how many gaps there were."""
    sub = subscribers[topic]
    receive = sub.recv
    number = received = gaps = lost = 0
    while number < last:
        value = receive(timeout)
        received += 1
        if value != number + 1:
            assert value > number, f"{value} after {number}"
            gaps += 1
            lost += value - number - 1
            assert sub.lost == lost, f"{sub.lost} lost, of {lost} up to {value}"
        number = value
    assert number == last
    assert sub.try_recv() is None
    return received, sub.lost, gaps


def receive(topic: str, count: int, timeout: float = 20.0) -> list[tuple[Any, int]]:
    """Receives so many values; returns each with when it was there, CLOCK_MONOTONIC ns."""
    found = []
    for _ in range(count):
        value = subscribers[topic].recv(timeout)
        found.append((value, time.monotonic_ns()))
    return found
