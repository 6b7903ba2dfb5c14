"""What a Peer does with publishers and subscribers, by the names of their topics."""

import array
from typing import Any

import shm_pub_sub

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


def make_subscriber(topic: str, default: Any, max_age: float | None = None) -> None:
    subscribers[topic] = shm_pub_sub.Subscriber(topic, default, max_age=max_age)


def subscribe(topic: str) -> tuple[Any, bool]:
    return subscribers[topic].subscribe()


def publisher_alive(topic: str) -> bool:
    return subscribers[topic].publisher_alive
